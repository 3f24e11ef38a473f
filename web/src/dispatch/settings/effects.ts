/// What a permission comes to, in words: who can do what, and which level says so.
import type { Choice, PermissionLevel, PermissionName } from './api';
import type { Permissions } from '../../lib/protocol';

/** In the order in which the page shows them. */
export const GROUPS: { name: string; permissions: PermissionName[] }[] = [
  { name: 'Jobs', permissions: ['view_jobs', 'create', 'edit', 'cancel', 'delete', 'outside_hours'] },
  { name: 'Live', permissions: ['live_status', 'see_map', 'see_worker'] },
  { name: 'Invoices and alerts', permissions: ['invoice', 'alerts_email', 'alerts_sms'] },
];

export const NAMES: Record<PermissionName, string> = {
  view_jobs: 'View jobs',
  create: 'Create jobs',
  edit: 'Edit jobs',
  cancel: 'Cancel jobs',
  delete: 'Delete jobs',
  live_status: 'Live status',
  see_map: 'Map',
  see_worker: 'Worker',
  invoice: 'Invoices',
  alerts_email: 'Alerts by e-mail',
  alerts_sms: 'Alerts by SMS',
  outside_hours: 'Book outside business hours',
};

/** What somebody can or cannot do for `whose` jobs. */
const EFFECTS: Record<PermissionName, [can: (whose: string) => string, cannot: (whose: string) => string]> = {
  view_jobs: [(of) => `Can see all jobs of ${of}`, (of) => `Sees no job of ${of}, not even own ones`],
  create: [(of) => `Can order jobs for ${of}`, (of) => `Cannot order jobs for ${of}`],
  edit: [
    () => 'Can change a job until work starts or the worker is on the way',
    () => 'Cannot change a job once it is sent',
  ],
  cancel: [
    () => 'Can call a job off until work starts or the worker is on the way',
    () => 'Cannot call a job off, has to phone',
  ],
  delete: [
    () => 'Can remove a job for good until work starts or the worker is on the way',
    () => 'Cannot remove a job',
  ],
  live_status: [
    () => 'Sees the status, finished steps and times as they happen',
    () => 'Sees neither the status nor what has been done',
  ],
  see_map: [() => 'Sees jobs on a map', () => 'Sees no map'],
  see_worker: [
    () => 'Sees the worker’s first name, and where they are on the way',
    () => 'Does not learn who comes, or where they are',
  ],
  invoice: [() => 'Can read, print and download invoices', () => 'Sees no invoice and no price'],
  alerts_email: [() => 'Can be told by e-mail', () => 'Cannot set alerts by e-mail'],
  alerts_sms: [() => 'Can be told by SMS', () => 'Cannot set alerts by SMS'],
  outside_hours: [() => 'May ask for any time', () => 'Chooses from free times inside business hours'],
};

/** Without these the permission comes to nothing. */
const NEEDS: Partial<Record<PermissionName, PermissionName[]>> = {
  edit: ['view_jobs'],
  cancel: ['view_jobs'],
  delete: ['view_jobs'],
  live_status: ['view_jobs'],
  see_map: ['view_jobs'],
  see_worker: ['view_jobs'],
  invoice: ['view_jobs'],
  alerts_email: ['view_jobs'],
  alerts_sms: ['view_jobs'],
  outside_hours: ['create'],
};

export type Level = 'company' | 'customer' | 'portal_user';

export interface Effect {
  allowed: boolean;
  /** "Can see all jobs of Harbour Café" */
  text: string;
  /** "denied here, allowed by the company" */
  source: string;
  /** Why it comes to nothing, if it does. */
  idle: string | undefined;
}

/** What a choice on a level below the company comes to. */
export function effectOf(
  permission: PermissionName,
  level: PermissionLevel,
  choices: PermissionLevel['own'],
  whose: string,
): Effect {
  const choice = choices[permission];
  const inherited = level.inherited[permission];
  const above = inherited ? 'allowed' : 'denied';
  const by = level.customer && level.customer[permission] !== 'inherit' ? 'the customer' : 'the company';
  const allowed = resolved(choice, inherited);
  const here = allowed ? 'allowed' : 'denied';
  const source =
    choice === 'inherit'
      ? `${above} by ${by}`
      : allowed === inherited
        ? `${here} here, as by ${by}`
        : `${here} here, ${above} by ${by}`;
  return {
    ...said(permission, allowed, whose),
    source,
    idle: idle(permission, allowed, holding(level, choices)),
  };
}

/** What a default of the company comes to. */
export function effectOfDefault(permission: PermissionName, permissions: Permissions): Effect {
  const allowed = permissions[permission];
  const source = `${allowed ? 'allowed' : 'denied'} by the company`;
  return {
    ...said(permission, allowed, 'their customers'),
    source,
    idle: idle(permission, allowed, permissions),
  };
}

function said(
  permission: PermissionName,
  allowed: boolean,
  whose: string,
): { allowed: boolean; text: string } {
  const [can, cannot] = EFFECTS[permission];
  return { allowed, text: (allowed ? can : cannot)(whose) };
}

const resolved = (choice: Choice, inherited: boolean): boolean =>
  choice === 'inherit' ? inherited : choice === 'allow';

/** What would hold with these choices. */
function holding(level: PermissionLevel, choices: PermissionLevel['own']): Permissions {
  const set = { ...level.inherited, templates: choices.templates ?? level.inherited.templates };
  for (const { permissions } of GROUPS)
    for (const name of permissions) set[name] = resolved(choices[name], level.inherited[name]);
  return set;
}

function idle(permission: PermissionName, allowed: boolean, set: Permissions): string | undefined {
  const missing = allowed ? NEEDS[permission]?.find((need) => !set[need]) : undefined;
  return missing && `Comes to nothing without “${NAMES[missing]}”`;
}
