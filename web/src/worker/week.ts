/// A worker's week: each day's hours or why they are away, and its jobs. Plain functions.
import type { Formatter } from '../lib/format';
import type { Instant, ScheduleWorker } from '../lib/protocol';
import type { Expected } from './outbox';

export interface WeekDay {
  start: Instant;
  date: string;
  today: boolean;
  /** Minutes from midnight; none on a day off. */
  hours: [number, number] | null;
  /** Why they are away, if that was planned. */
  away: string | null;
  jobs: Expected[];
}

/** The seven days from Monday on of the week that holds an instant. */
export function weekOf(
  at: Instant,
  now: Instant,
  row: Pick<ScheduleWorker, 'hours' | 'absences'> | undefined,
  jobs: Expected[],
  format: Formatter,
): WeekDay[] {
  const day = format.startOfDay(at);
  const monday = format.addDays(day, 1 - format.weekday(day));
  const today = format.localDate(now);
  return Array.from({ length: 7 }, (_, index) => {
    const start = format.addDays(monday, index);
    const date = format.localDate(start);
    const absence = row?.absences.find(({ from, to }) => from <= date && date <= to);
    return {
      start,
      date,
      today: date === today,
      hours: absence ? null : (row?.hours[index] ?? null),
      away: absence ? absence.note : null,
      jobs: jobs.filter(({ job }) => {
        const when = job.actual_start ?? job.scheduled_start;
        return when !== null && format.localDate(when) === date;
      }),
    };
  });
}
