/// Getting in, over HTTP: invitations, sign-ups, new passwords, own sessions, and the people that dispatchers let in.
import type { Availability } from '../gen/Availability';
import type { Caller } from '../gen/Caller';
import type { Customer } from '../gen/Customer';
import type { CustomerBody } from '../gen/CustomerBody';
import type { Dispatcher } from '../gen/Dispatcher';
import type { Invitation } from '../gen/Invitation';
import type { List } from '../gen/List';
import type { LoginSession } from '../gen/LoginSession';
import type { Mail } from '../gen/Mail';
import type { Membership } from '../gen/Membership';
import type { PasswordSet } from '../gen/PasswordSet';
import type { PersonBody } from '../gen/PersonBody';
import type { PortalUser } from '../gen/PortalUser';
import type { SignupBody } from '../gen/SignupBody';
import type { Verified } from '../gen/Verified';
import type { Worker } from '../gen/Worker';
import { request } from './http';
import type { Address, Asset, Id, Instant } from './protocol';

export type {
  CustomerBody,
  Dispatcher,
  Invitation,
  Mail,
  Membership,
  PersonBody,
  PortalUser,
  SignupBody,
  Verified,
  Worker,
};
export type { InvitationState } from '../gen/InvitationState';

/** Instants arrive as milliseconds. */
export type Session = Omit<LoginSession, 'created_at' | 'seen_at'> & {
  created_at: Instant;
  seen_at: Instant;
};

/** The lists of people who are let in. */
export type PeopleKind = 'portal-users' | 'workers' | 'dispatchers';
export interface PeopleOf {
  'portal-users': PortalUser;
  workers: Worker;
  dispatchers: Dispatcher;
}

/** What making and changing an asset takes. */
export interface AssetBody {
  customer?: Id;
  type?: string;
  name?: string;
  serial?: string | null;
  address?: Partial<Address> | null;
  photo?: Id | null;
}

const path = (token: string) => encodeURIComponent(token);

export const entering = {
  invitation: (token: string) => request<Invitation>('GET', `/api/invitations/${path(token)}`),
  accept: async (token: string, password?: string) =>
    (await request<{ caller: Caller }>('POST', `/api/invitations/${path(token)}`, { body: { password } }))
      .caller,
  signUp: (body: SignupBody) => request<undefined>('POST', '/api/signup', { body }),
  verify: (token: string) => request<Verified>('POST', '/api/signup/verify', { body: { token } }),
  forgot: (email: string, tenant?: string) =>
    request<undefined>('POST', '/api/password/forgot', { body: { email, tenant } }),
  reset: (token: string, password: string) =>
    request<PasswordSet>('POST', '/api/password/reset', { body: { token, password } }),
  changePassword: (current: string, next: string) =>
    request<undefined>('POST', '/api/password/change', { body: { current, new: next } }),
  sessions: () => request<List<Session>>('GET', '/api/sessions'),
  signOutEverywhere: () => request<undefined>('DELETE', '/api/sessions'),
  memberships: () => request<List<Membership>>('GET', '/api/memberships'),

  savePerson: <K extends PeopleKind>(kind: K, id: Id | undefined, body: PersonBody) =>
    request<PeopleOf[K]>(id ? 'PATCH' : 'POST', `/api/${kind}${id ? `/${id}` : ''}`, { body }),
  saveCustomer: (id: Id | undefined, body: CustomerBody) =>
    request<Customer>(id ? 'PATCH' : 'POST', `/api/customers${id ? `/${id}` : ''}`, { body }),
  worker: (id: Id) => request<Worker>('GET', `/api/workers/${id}`),
  setAvailability: (id: Id, body: Availability) =>
    request<Worker>('PUT', `/api/workers/${id}/availability`, { body }),
  saveAsset: (id: Id | undefined, body: AssetBody) =>
    request<Asset>(id ? 'PATCH' : 'POST', `/api/assets${id ? `/${id}` : ''}`, { body }),
  archive: (list: PeopleKind | 'customers' | 'assets' | 'price-list', id: Id) =>
    request<undefined>('DELETE', `/api/${list}/${id}`),
  invite: (kind: PeopleKind, id: Id) => request<unknown>('POST', `/api/${kind}/${id}/invitation`),
  withdraw: (kind: PeopleKind, id: Id) => request<undefined>('DELETE', `/api/${kind}/${id}/invitation`),
  mails: (state: string, after?: string | null) =>
    request<List<Mail>>('GET', '/api/mail', { query: { state, after, limit: 50 } }),
  resend: (id: Id) => request<undefined>('POST', `/api/mail/${id}/resend`),
};
