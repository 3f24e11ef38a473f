/// Somebody's own alerts: where they go and what they are about, as the hub holds it.
import type { Id } from '../protocol';
import { words } from '../problem';
import { alertsApi, type Alert, type AlertOptions, type AlertSubscription, type ContactPoint } from './api';

export class Alerts {
  options = $state.raw<AlertOptions>();
  points = $state.raw<ContactPoint[]>([]);
  wishes = $state.raw<AlertSubscription[]>([]);
  /** Why nothing can be shown. */
  failure = $state('');
  ready = $state(false);

  async load(): Promise<void> {
    this.failure = '';
    try {
      const [options, points, wishes] = await Promise.all([
        alertsApi.options(),
        alertsApi.points(),
        alertsApi.wishes(),
      ]);
      this.options = options;
      this.points = points.items;
      this.wishes = wishes.items;
      this.ready = true;
    } catch (error) {
      this.failure = words(error);
    }
  }

  /** Looks for what became of codes that are waited for. */
  async look(): Promise<void> {
    const { items } = await alertsApi.points().catch(() => ({ items: this.points }));
    this.points = items;
  }

  get awaits(): boolean {
    return this.points.some((point) => !point.verified);
  }

  /** Where alerts can go now. */
  get open(): ContactPoint[] {
    return this.points.filter((point) => point.verified && !point.stopped);
  }

  of(point: Id): AlertSubscription[] {
    return this.wishes.filter(({ contact_point }) => contact_point === point);
  }

  keep(point: ContactPoint): void {
    const known = this.points.some(({ id }) => id === point.id);
    this.points = known
      ? this.points.map((one) => (one.id === point.id ? point : one))
      : [...this.points, point];
  }

  async remove(point: ContactPoint): Promise<void> {
    await alertsApi.removePoint(point.id);
    this.points = this.points.filter(({ id }) => id !== point.id);
    this.wishes = this.wishes.filter(({ contact_point }) => contact_point !== point.id);
  }

  /** Other events; none of them: the wish is gone. */
  async choose(wish: AlertSubscription, events: Alert[]): Promise<void> {
    if (events.length === 0) return this.drop(wish);
    const changed = await alertsApi.changeWish(wish.id, events);
    this.wishes = this.wishes.map((one) => (one.id === wish.id ? changed : one));
  }

  async wish(point: Id, events: Alert[], scope: { customer?: Id; job?: Id } = {}): Promise<void> {
    const made = await alertsApi.addWish({ contact_point: point, events, ...scope });
    this.wishes = [...this.wishes, made];
  }

  async drop(wish: AlertSubscription): Promise<void> {
    await alertsApi.removeWish(wish.id);
    this.wishes = this.wishes.filter(({ id }) => id !== wish.id);
  }
}
