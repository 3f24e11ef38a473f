/// Which app is whose.
import type { Caller } from './protocol';

export function homeOf({ kind, tenant }: Pick<Caller, 'kind' | 'tenant'>): string {
  if (kind === 'portal_user') return `/p/${encodeURIComponent(tenant.slug)}`;
  return kind === 'worker' ? '/worker' : '/dispatch';
}
