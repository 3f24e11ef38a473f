/// All settings of the company as this visit edits them. Drafts live as long as the desk does: walking away loses nothing.
import { api } from '../../lib/api';
import type { Caller, Customer, Id, Template } from '../../lib/protocol';
import {
  settingsApi,
  type AlertDraft,
  type BrandingSettings,
  type CompanySettings,
  type DeclineReasons,
  type DispatchSettings,
  type InvoiceSettings,
  type PermissionLevel,
  type PortalSettings,
  type PortalUser,
} from './api';
import { blankDefinition, definitionOf, sent, type Definition } from './definition';
import { Section } from './section.svelte';
import { visibilityChange, type VisibilityDraft } from './visibility';

export class Settings {
  readonly caller: Caller;
  readonly mayEdit: boolean;
  templates = $state.raw<Template[]>([]);
  /** Job types that are put away. */
  archived = $state.raw<Template[]>([]);
  customers = $state.raw<Customer[]>([]);
  people = $state.raw<PortalUser[]>([]);

  #company: Section<CompanySettings> | undefined;
  #portal: Section<PortalSettings> | undefined;
  #branding: Section<BrandingSettings> | undefined;
  #dispatch: Section<DispatchSettings> | undefined;
  #alerts: Section<AlertDraft> | undefined;
  #invoices: Section<InvoiceSettings> | undefined;
  #reasons: Section<DeclineReasons> | undefined;
  // Found again by what they are about; nothing drawn depends on which there are.
  #levels = new Map<string, Section<PermissionLevel>>();
  #types = new Map<Id, Section<Definition>>();
  #newType: Section<Definition> | undefined;
  #visibility = new Map<Id, Section<VisibilityDraft>>();
  #sections = $state.raw<{ page: string; section: { dirty: boolean } }[]>([]);

  constructor(caller: Caller) {
    this.caller = caller;
    this.mayEdit = caller.admin;
  }

  get company(): Section<CompanySettings> {
    const { read, write } = settingsApi.company;
    return (this.#company ??= this.#open('company', new Section(read, write)));
  }

  /** Also what the pages "Permissions" and "Portal button" are about. */
  get portal(): Section<PortalSettings> {
    const { read, write } = settingsApi.portal;
    return (this.#portal ??= this.#open(
      'portal',
      new Section(read, write, () => void this.#branding?.load()),
    ));
  }

  get branding(): Section<BrandingSettings> {
    const { read, write } = settingsApi.branding;
    return (this.#branding ??= this.#open(
      'branding',
      new Section(read, write, () => void this.#portal?.load()),
    ));
  }

  get alerts(): Section<AlertDraft> {
    const { read, write } = settingsApi.alerts;
    return (this.#alerts ??= this.#open('alerts', new Section(read, write)));
  }

  get dispatch(): Section<DispatchSettings> {
    const { read, write } = settingsApi.dispatch;
    return (this.#dispatch ??= this.#open('dispatch', new Section(read, write)));
  }

  get invoices(): Section<InvoiceSettings> {
    const { read, write } = settingsApi.invoices;
    return (this.#invoices ??= this.#open('invoices', new Section(read, write)));
  }

  get reasons(): Section<DeclineReasons> {
    const { read, write } = settingsApi.reasons;
    return (this.#reasons ??= this.#open('reasons', new Section(read, write)));
  }

  level(customer: Id, user: Id | null): Section<PermissionLevel> {
    const key = `${customer} ${user ?? ''}`;
    const known = this.#levels.get(key);
    if (known) return known;
    const section = new Section(
      () => settingsApi.permissions(customer, user),
      (draft) => settingsApi.setPermissions(draft.own, draft.version, customer, user),
    );
    this.#levels.set(key, section);
    return this.#open('permissions', section);
  }

  visibility(template: Id): Section<VisibilityDraft> {
    const known = this.#visibility.get(template);
    if (known) return known;
    const draft = ({ version, ...template }: Template): VisibilityDraft => ({
      version: version ?? '',
      template,
    });
    const section: Section<VisibilityDraft> = new Section(
      async () => draft(await settingsApi.template(template)),
      async (now) => draft(await settingsApi.setVisibility(template, visibilityChange(section.saved!, now))),
    );
    this.#visibility.set(template, section);
    return this.#open('templates', section);
  }

  type(template: Id): Section<Definition> {
    const known = this.#types.get(template);
    if (known) return known;
    const section = new Section(
      async () => definitionOf(await settingsApi.template(template)),
      async (draft) => definitionOf(await settingsApi.setTemplate(template, sent(draft))),
      () => {
        void this.#visibility.get(template)?.load();
        void this.loadLists();
      },
    );
    this.#types.set(template, section);
    return this.#open('types', section);
  }

  /** One that does not exist yet; `onmade` hears its id. */
  newType(onmade: (id: Id) => void): Section<Definition> {
    if (this.#newType) return this.#newType;
    const section = new Section<Definition>(
      async () => blankDefinition(),
      async (draft) => {
        const made = await settingsApi.makeTemplate(sent(draft));
        this.#newType = undefined;
        onmade(made.id);
        return definitionOf(made);
      },
    );
    this.#newType = section;
    return this.#open('types', section);
  }

  async putAway(template: Id): Promise<void> {
    await settingsApi.putAway(template);
  }

  async takeBack(template: Template): Promise<void> {
    await settingsApi.setTemplate(template.id, sent(definitionOf(template)));
  }

  /** Who and what permissions are about. */
  async loadLists(): Promise<void> {
    const [templates, customers, people] = await Promise.all([
      settingsApi.templates(),
      api.customers(),
      settingsApi.portalUsers(),
    ]);
    this.templates = templates.items.filter(({ archived }) => !archived);
    this.archived = templates.items.filter(({ archived }) => archived);
    this.customers = customers.items;
    this.people = people.items;
  }

  isDirty(page?: string): boolean {
    return this.#sections.some((one) => (page === undefined || one.page === page) && one.section.dirty);
  }

  #open<T extends { dirty: boolean }>(page: string, section: T): T {
    // A page asks for its section while it is drawn, where nothing that is drawn may change.
    queueMicrotask(() => (this.#sections = [...this.#sections, { page, section }]));
    return section;
  }
}
