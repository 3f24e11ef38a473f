/// Every HTTP call the apps make, typed. Live changes come over the socket instead; see live.svelte.ts.
import { newKey, request, type Request } from './http';
import type {
  Address,
  Asset,
  Caller,
  CallerKind,
  Command,
  Customer,
  EditJob,
  Id,
  Instant,
  InvoicePaper,
  Job,
  JobEvent,
  JobStatus,
  Login,
  NewJob,
  NewLink,
  Page,
  Portal,
  ProblemBody,
  SharedLink,
  Template,
  Times,
  Versioned,
} from './protocol';

export interface JobFilter {
  q?: string;
  status?: JobStatus[];
  template?: Id;
  customer?: Id;
  worker?: Id;
  from?: Instant;
  to?: Instant;
  sort?: string;
  after?: string | null;
  limit?: number;
}

export interface Settings {
  /** Reasons a worker may give for declining. */
  reasons: string[];
}

type Auth = Pick<Request, 'token' | 'signal'>;

export const api = {
  login: (body: { email: string; password: string; tenant?: string; kind?: CallerKind }) =>
    request<Login>('POST', '/api/login', { body }),
  logout: () => request<undefined>('POST', '/api/logout'),
  me: async (auth: Auth = {}) => (await request<{ caller: Caller }>('GET', '/api/me', auth)).caller,
  switchTo: (tenant: string, kind: CallerKind) =>
    request<{ caller: Caller }>('POST', '/api/switch', { body: { tenant, kind } }),
  portal: (slug: string) => request<Portal>('GET', `/api/portals/${encodeURIComponent(slug)}`),

  jobs: (filter: JobFilter = {}, auth: Auth = {}) =>
    request<Page<Job>>('GET', '/api/jobs', { query: { ...filter }, ...auth }),
  job: (id: Id, auth: Auth = {}) => request<Job>('GET', `/api/jobs/${id}`, auth),
  createJob: (body: NewJob, key = newKey()) => request<{ jobs: Job[] }>('POST', '/api/jobs', { body, key }),
  editJob: (id: Id, body: EditJob, key = newKey()) => request<Job>('PATCH', `/api/jobs/${id}`, { body, key }),
  earlierJobs: (id: Id) => request<Page<Job>>('GET', `/api/jobs/${id}/earlier`),
  deleteJob: (id: Id) => request<undefined>('DELETE', `/api/jobs/${id}`),
  command: (id: Id, body: Command & Versioned, key = newKey()) =>
    request<{ job: Job | null; seq: number }>('POST', `/api/jobs/${id}/commands`, { body, key }),
  publish: (jobs: Id[]) =>
    request<{ results: { id: Id; job?: Job; seq?: number; problem?: ProblemBody }[] }>(
      'POST',
      '/api/jobs/publish',
      { body: { jobs } },
    ),
  jobEvents: (id: Id, auth: Auth = {}) =>
    request<Page<JobEvent>>('GET', `/api/jobs/${id}/events`, { query: { limit: 200 }, ...auth }),

  invoice: (id: Id) => request<InvoicePaper>('GET', `/api/jobs/${id}/invoice`),
  invoicePdf: (id: Id, paper: 'a4' | 'letter') => `/api/jobs/${id}/invoice.pdf?paper=${paper}`,
  links: (job: Id) => request<Page<SharedLink>>('GET', `/api/jobs/${job}/links`),
  share: (job: Id, days: number) => request<NewLink>('POST', `/api/jobs/${job}/links`, { body: { days } }),
  endLink: (job: Id, link: Id) => request<undefined>('DELETE', `/api/jobs/${job}/links/${link}`),

  templates: () => request<Page<Template>>('GET', '/api/templates', { query: { limit: 200 } }),
  customers: (q?: string, auth: Auth = {}) =>
    request<Page<Customer>>('GET', '/api/customers', { query: { q, limit: 200 }, ...auth }),
  assets: (customer?: Id, after?: string | null) =>
    request<Page<Asset>>('GET', '/api/assets', { query: { customer, after, limit: 200 } }),
  asset: (id: Id) => request<Asset>('GET', `/api/assets/${id}`),
  /** Jobs at an asset, newest first. */
  assetJobs: (id: Id) => request<Page<Job>>('GET', `/api/assets/${id}/jobs`),
  times: (template: Id, from: string, days: number) =>
    request<Times>('GET', '/api/times', { query: { template, from, days } }),
  addresses: (q: string, signal?: AbortSignal) =>
    request<{ items: Address[] }>('GET', '/api/addresses', { query: { q }, signal }),
  declineReasons: () => request<Settings>('GET', '/api/settings/decline-reasons'),
};
