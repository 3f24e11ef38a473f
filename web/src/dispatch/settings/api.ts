/// What settings pages ask of the hub.
import { request } from '../../lib/http';
import type { Id, Page, Permissions, Rule, Template } from '../../lib/protocol';
import type { Alert } from '../../gen/Alert';
import type { AlertPreview } from '../../gen/AlertPreview';
import type { AlertSettings } from '../../gen/AlertSettings';
import type { AlertText } from '../../gen/AlertText';
import type { BrandingSettings } from '../../gen/BrandingSettings';
import type { CompanySettings } from '../../gen/CompanySettings';
import type { DeclineReasons } from '../../gen/DeclineReasons';
import type { DispatchSettings } from '../../gen/DispatchSettings';
import type { InvoiceSettings } from '../../gen/InvoiceSettings';
import type { PermissionChoices } from '../../gen/PermissionChoices';
import type { PermissionLevel } from '../../gen/PermissionLevel';
import type { PortalSettings } from '../../gen/PortalSettings';
import type { PortalUser } from '../../gen/PortalUser';

export type { Choice } from '../../gen/Choice';
export type { BrandingSettings, CompanySettings, DeclineReasons, PermissionChoices, PermissionLevel };
export type { DispatchSettings, InvoiceSettings, PortalSettings, PortalUser };

/** Every alert has words. */
export type AlertDraft = Omit<AlertSettings, 'texts' | 'built_in'> & {
  texts: Record<Alert, AlertText>;
  built_in: Record<Alert, AlertText>;
};

/** The permissions that are allowed or denied; templates are a set. */
export type PermissionName = Exclude<keyof Permissions, 'templates'>;

/** Cells of a template's matrix. */
export interface VisibilityChange {
  version?: string | undefined;
  parts: Record<string, Rule | number>;
  steps: { index: number; portal?: Rule; fields: Record<string, Rule> }[];
  fields: Record<string, Rule>;
}

const section = <T>(name: string) => ({
  read: () => request<T>('GET', `/api/settings/${name}`),
  write: (body: Partial<T>) => request<T>('PUT', `/api/settings/${name}`, { body }),
});

const levelOf = (customer: Id, user?: Id | null) =>
  user
    ? `/api/portal-users/${user}/customers/${customer}/permissions`
    : `/api/customers/${customer}/permissions`;

export const settingsApi = {
  company: section<CompanySettings>('company'),
  portal: section<PortalSettings>('portal'),
  branding: section<BrandingSettings>('branding'),
  dispatch: section<DispatchSettings>('dispatch'),
  alerts: section<AlertDraft>('alerts'),
  previewAlert: (event: Alert, text: AlertText) =>
    request<AlertPreview>('POST', '/api/settings/alerts/preview', { body: { event, text } }),
  invoices: section<InvoiceSettings>('invoices'),
  reasons: section<DeclineReasons>('decline-reasons'),
  permissions: (customer: Id, user?: Id | null) => request<PermissionLevel>('GET', levelOf(customer, user)),
  setPermissions: (own: PermissionChoices, version: string, customer: Id, user?: Id | null) =>
    request<PermissionLevel>('PUT', levelOf(customer, user), { body: { own, version } }),
  portalUsers: () => request<Page<PortalUser>>('GET', '/api/portal-users', { query: { limit: 200 } }),
  template: (id: Id) => request<Template>('GET', `/api/templates/${id}`),
  makeTemplate: (body: object) => request<Template>('POST', '/api/templates', { body }),
  setTemplate: (id: Id, body: object) => request<Template>('PUT', `/api/templates/${id}`, { body }),
  putAway: (id: Id) => request<undefined>('DELETE', `/api/templates/${id}`),
  templates: () =>
    request<Page<Template>>('GET', '/api/templates', { query: { archived: true, limit: 200 } }),
  setVisibility: (id: Id, body: VisibilityChange) =>
    request<Template>('PATCH', `/api/templates/${id}`, { body }),
};
