import { describe, expect, it } from 'vitest';
import type { PermissionLevel } from './api';
import { effectOf, effectOfDefault, GROUPS } from './effects';

const names = GROUPS.flatMap(({ permissions }) => permissions);
const all = <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));
const choices = (some: object = {}) =>
  ({ ...all('inherit'), templates: null, ...some }) as PermissionLevel['own'];
const level = (customer: PermissionLevel['customer'] = null, denied: string[] = []): PermissionLevel => {
  const inherited = {
    ...all(true),
    templates: null,
    ...Object.fromEntries(denied.map((name) => [name, false])),
  };
  return { version: '', own: choices(), customer, inherited, effective: inherited } as PermissionLevel;
};

describe('effects in words', () => {
  it('say who can do what, and which level says so', () => {
    const of = 'Harbour Café';
    const sees = (choice: string, at = level()) =>
      effectOf('view_jobs', at, choices({ view_jobs: choice }), of);
    expect(sees('inherit')).toMatchObject({
      allowed: true,
      text: 'Can see all jobs of Harbour Café',
      source: 'allowed by the company',
    });
    expect(sees('deny')).toMatchObject({ allowed: false, source: 'denied here, allowed by the company' });
    expect(sees('allow')).toMatchObject({ allowed: true, source: 'allowed here, as by the company' });
    const byCustomer = level(choices({ view_jobs: 'deny' }), ['view_jobs']);
    expect(sees('inherit', byCustomer)).toMatchObject({ allowed: false, source: 'denied by the customer' });
    expect(sees('allow', byCustomer)).toMatchObject({ source: 'allowed here, denied by the customer' });
  });

  it('tell what comes to nothing', () => {
    const at = level();
    expect(effectOf('see_map', at, choices({ view_jobs: 'deny' }), 'x').idle).toContain('View jobs');
    expect(effectOf('see_map', at, choices(), 'x').idle).toBeUndefined();
    expect(effectOfDefault('outside_hours', { ...at.inherited, create: false }).idle).toContain(
      'Create jobs',
    );
  });
});
