/// Free start times by day, as plain values.
import type { Formatter } from '../lib/format';
import type { FreeTime, Instant } from '../lib/protocol';

export interface Day {
  /** "YYYY-MM-DD" in the company's zone. */
  date: string;
  /** "Tuesday 24 November". */
  title: string;
  times: FreeTime[];
}

/** The times in their days, in order. */
export function byDay(times: FreeTime[], format: Formatter): Day[] {
  const days: Day[] = [];
  for (const time of times) {
    const date = format.localDate(time.start);
    if (days.at(-1)?.date !== date) days.push({ date, title: format.longDay(time.start), times: [] });
    days.at(-1)!.times.push(time);
  }
  return days;
}

/** A time as a draft keeps it: an instant, as the hub wants it. */
export const asWish = (at: Instant): string => new Date(at).toISOString();

/** The instant that a draft keeps; nothing for a local time of a form without a list. */
export function wished(draft: string): Instant | undefined {
  return /Z$/.test(draft) ? Date.parse(draft) : undefined;
}
