/// Dates, numbers and money in words, through `Intl`, in the tenant's time zone.
import { texts } from './messages';
import type { Instant } from './protocol';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY_MS = 24 * HOUR;

/** The viewer's language decides the words, the tenant's zone the hours. */
export class Formatter {
  readonly timeZone: string;
  #locale: string | undefined;
  #made = new Map<string, Intl.DateTimeFormat>();

  constructor(timeZone: string, locale?: string) {
    this.timeZone = timeZone;
    this.#locale = locale;
  }

  time = (at: Instant): string => this.#format(at, { hour: '2-digit', minute: '2-digit' });
  date = (at: Instant): string => this.#format(at, { day: 'numeric', month: 'short', year: 'numeric' });
  day = (at: Instant): string => this.#format(at, { weekday: 'short', day: 'numeric', month: 'short' });
  longDay = (at: Instant): string => this.#format(at, { weekday: 'long', day: 'numeric', month: 'long' });
  dateTime = (at: Instant): string => `${this.day(at)} ${this.time(at)}`;
  span = (start: Instant, end: Instant): string => `${this.time(start)}–${this.time(end)}`;

  /** "14:30" today, "Tue 24 Nov 14:30" on other days. */
  brief(at: Instant, now: Instant): string {
    return this.localDate(at) === this.localDate(now) ? this.time(at) : this.dateTime(at);
  }

  /** The zone's name, when it is not the viewer's own. */
  foreignZone(): string | undefined {
    const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    return own === this.timeZone ? undefined : this.timeZone.replace('_', ' ');
  }

  /** "YYYY-MM-DD" in the tenant's zone. */
  localDate(at: Instant): string {
    const { year, month, day } = this.#parts(at);
    return `${year}-${month}-${day}`;
  }

  /** "YYYY-MM-DDTHH:MM" in the tenant's zone, as a date-time input wants it. */
  localDateTime(at: Instant): string {
    const { hour, minute } = this.#parts(at);
    return `${this.localDate(at)}T${hour}:${minute}`;
  }

  /** The instant of a local time "YYYY-MM-DD[THH:MM]"; of two, the first; in a gap, the time after it. */
  instant(local: string): Instant {
    const [date, time = '00:00'] = local.split('T');
    const wall = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}Z`);
    const guess = wall - this.#offset(wall);
    const candidates = [guess, wall - this.#offset(guess - HOUR), wall - this.#offset(guess + HOUR)];
    const hits = candidates.filter((at) => at + this.#offset(at) === wall);
    return hits.length > 0 ? Math.min(...hits) : Math.max(...candidates);
  }

  /** Local midnight of the day that holds `at`. */
  startOfDay(at: Instant): Instant {
    return this.instant(this.localDate(at));
  }

  /** Local midnight `days` later, whatever the clocks do meanwhile. */
  addDays(at: Instant, days: number): Instant {
    const [year, month, day] = this.localDate(at).split('-').map(Number);
    return this.instant(new Date(Date.UTC(year!, month! - 1, day! + days)).toISOString().slice(0, 10));
  }

  /** 1 = Monday … 7 = Sunday. */
  weekday(at: Instant): number {
    const day = new Date(`${this.localDate(at)}T12:00:00Z`).getUTCDay();
    return day === 0 ? 7 : day;
  }

  /** The zone's distance from UTC at an instant: "+02:00". */
  offset(at: Instant): string {
    const minutes = this.#offset(at) / MINUTE;
    const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, '0');
    return `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
  }

  /** Milliseconds that the zone's clock is ahead of UTC. */
  #offset(at: Instant): number {
    const { year, month, day, hour, minute } = this.#parts(at);
    const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
    return wall - Math.floor(at / MINUTE) * MINUTE;
  }

  #parts(at: Instant): Record<'year' | 'month' | 'day' | 'hour' | 'minute', string> {
    const format = this.#maker('parts', 'en-CA', {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value])) as never;
  }

  #format(at: Instant, options: Intl.DateTimeFormatOptions): string {
    return this.#maker(JSON.stringify(options), this.#locale, { hourCycle: 'h23', ...options }).format(at);
  }

  #maker(key: string, locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    let made = this.#made.get(key);
    if (!made) {
      made = new Intl.DateTimeFormat(locale, { ...options, timeZone: this.timeZone });
      this.#made.set(key, made);
    }
    return made;
  }
}

/** How old something is: "just now", "40 s ago", "3 min ago", "2 h ago", "5 d ago". */
export function age(at: Instant | null | undefined, now: Instant): string {
  if (at === null || at === undefined) return texts.never;
  const past = Math.max(0, now - at);
  if (past < 10_000) return texts.just_now;
  if (past < 90_000) return `${Math.round(past / 1000)} s ago`;
  if (past < 90 * MINUTE) return `${Math.round(past / MINUTE)} min ago`;
  if (past < 36 * HOUR) return `${Math.round(past / HOUR)} h ago`;
  return `${Math.round(past / DAY_MS)} d ago`;
}

/** "45 min", "1 h 30". */
export function duration(minutes: number): string {
  const whole = Math.round(minutes);
  if (whole < 60) return `${whole} min`;
  const rest = whole % 60;
  return rest === 0 ? `${whole / 60} h` : `${Math.floor(whole / 60)} h ${String(rest).padStart(2, '0')}`;
}

/** "5.3 h", for loads. */
export function hours(minutes: number): string {
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(minutes / 60)} h`;
}

/** "80 m", "1.4 km". */
export function distance(metres: number): string {
  if (metres < 1000) return `${Math.round(metres / 10) * 10} m`;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(metres / 1000)} km`;
}

/** "W3" for "Worker 3", "AK" for "Aino Korhonen". */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0]?.[0] ?? '?';
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : '';
  return (first + last).toUpperCase();
}
