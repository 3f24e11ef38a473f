import { describe, expect, it } from 'vitest';
import { Formatter } from '../lib/format';
import type { Job, JobStatus, ScheduleWorker } from '../lib/protocol';
import {
  awaySpans,
  barOf,
  inverse,
  loads,
  matches,
  moveCommand,
  offSpans,
  toPlace,
  UNASSIGNED,
  unpublished,
  viewStart,
  warnings,
  workingSpans,
} from './schedule';

const HOUR = 3_600_000;
const format = new Formatter('Europe/Helsinki', 'en-GB');
const nine = format.instant('2026-11-23T09:00');

function job(members: Partial<Job> = {}): Job {
  return {
    id: 'j',
    number: 'J-1',
    version: 1,
    status: 'unassigned',
    worker: null,
    requested_start: null,
    scheduled_start: null,
    scheduled_end: null,
    duration_min: 60,
    source: 'dispatcher',
    is_new: false,
    customer: { id: 'c', name: 'Bakery' },
    template: { id: 't', name: 'Blocked drain', colour: '' },
    steps: [],
    ...members,
  } as Job;
}

const placed = (status: JobStatus, members: Partial<Job> = {}) =>
  job({
    status,
    worker: { id: 'w', name: 'Worker' },
    scheduled_start: nine,
    scheduled_end: nine + HOUR,
    ...members,
  });

describe('a job stands on the timeline', () => {
  it('on its worker’s row at the planned time', () => {
    expect(barOf(placed('assigned'))).toMatchObject({ row: 'w', start: nine, end: nine + HOUR });
  });
  it('without a worker at the requested time, for its planned duration', () => {
    expect(barOf(job({ requested_start: nine }))).toMatchObject({
      row: UNASSIGNED,
      start: nine,
      end: nine + HOUR,
    });
  });
  it('not at all without either', () => {
    expect(barOf(job())).toBeUndefined();
    expect(barOf(job({ status: 'cancelled', requested_start: nine }))).toBeUndefined();
  });
});

it('puts new portal jobs first, then by requested time, then those without one', () => {
  const jobs = [
    job({ id: 'none' }),
    job({ id: 'late', requested_start: nine + HOUR }),
    job({ id: 'early', requested_start: nine }),
    job({ id: 'new', requested_start: nine + 2 * HOUR, is_new: true, source: 'portal' }),
    placed('assigned', { id: 'placed' }),
  ];
  expect(toPlace(jobs).map(({ id }) => id)).toEqual(['new', 'early', 'late', 'none']);
});

it('finds jobs by number, customer, type and address', () => {
  const found = job({
    steps: [{ name: 'Arrive', address: { text: 'Kaivokatu 1', latitude: null, longitude: null } }] as never,
  });
  for (const text of ['j-1', 'bakery', 'drain', 'kaivo', 'arrive', ''])
    expect(matches(found, text)).toBe(true);
  expect(matches(found, 'hotel')).toBe(false);
});

describe('moving', () => {
  it.each<[JobStatus, string | undefined]>([
    ['unassigned', 'allocate'],
    ['allocated', 'allocate'],
    ['pending', 'reschedule'],
    ['assigned', 'reschedule'],
    ['started', 'reschedule'],
    ['completed', undefined],
    ['cancelled', undefined],
  ])('a job that is %s to a row is %s', (status, command) => {
    expect(moveCommand(placed(status), 'w2', nine, nine + HOUR)?.do).toBe(command);
  });

  it.each<[JobStatus, string | undefined]>([
    ['unassigned', undefined],
    ['allocated', 'unallocate'],
    ['pending', 'unallocate'],
    ['assigned', 'unallocate'],
    ['started', undefined],
    ['completed', undefined],
  ])('a job that is %s back to the unassigned row is %s', (status, command) => {
    expect(moveCommand(placed(status), UNASSIGNED, nine, nine)?.do).toBe(command);
  });

  it('is taken back to where it was', () => {
    const back = { worker: 'w', start: nine, end: nine + HOUR };
    expect(inverse({ do: 'allocate', worker: 'w2', start: 0 }, job())).toEqual({ do: 'unallocate' });
    expect(inverse({ do: 'allocate', worker: 'w2', start: 0 }, placed('allocated'))).toEqual({
      do: 'allocate',
      ...back,
    });
    expect(inverse({ do: 'reschedule', start: 0 }, placed('assigned'))).toEqual({
      do: 'reschedule',
      ...back,
    });
    expect(inverse({ do: 'unallocate' }, placed('assigned'))).toEqual({ do: 'allocate', ...back });
    expect(inverse({ do: 'mark_seen' }, placed('assigned'))).toBeUndefined();
  });
});

describe('warnings', () => {
  const bars = [barOf(placed('assigned', { id: 'other', number: 'J-2' }))!];
  const spans = [{ start: nine - HOUR, end: nine + 7 * HOUR }];
  const at = (start: number) => ({ job: job(), row: 'w', start, end: start + HOUR });

  it('name the job that it overlaps, and none that only touches', () => {
    expect(warnings(at(nine + HOUR / 2), bars, spans, 0)).toMatchObject([
      { is: 'overlap', with: { number: 'J-2' } },
    ]);
    expect(warnings(at(nine + HOUR), bars, spans, 0)).toEqual([]);
  });
  it('name an asset that is needed elsewhere at the same time', () => {
    const asset = { id: 'a', type: 'Boiler', name: 'Boiler 3' };
    const elsewhere = barOf(
      placed('assigned', { id: 'other', number: 'J-3', asset, worker: { id: 'w2', name: 'Other' } }),
    )!;
    const mine = { ...at(nine), job: job({ asset }) };
    expect(warnings(mine, [elsewhere], undefined, 0)).toMatchObject([
      { is: 'asset', with: { number: 'J-3' } },
    ]);
    expect(
      warnings({ ...mine, start: nine + HOUR, end: nine + 2 * HOUR }, [elsewhere], undefined, 0),
    ).toEqual([]);
  });
  it('count the drive to and from the neighbours of a row', () => {
    const stop = (latitude: number) =>
      [{ name: '', address: { text: '', latitude, longitude: 24.94 } }] as never;
    const before = barOf(placed('assigned', { id: 'before', number: 'J-4', steps: stop(60.17) }))!;
    const far = { job: job({ steps: stop(60.3) }), row: 'w', start: nine + HOUR, end: nine + 2 * HOUR };
    expect(warnings(far, [before], undefined, 0)).toMatchObject([
      { is: 'travel', with: { number: 'J-4' }, needed_min: 38, free_min: 0 },
    ]);
    const later = { ...far, start: nine + 2 * HOUR, end: nine + 3 * HOUR };
    expect(warnings(later, [before], undefined, 0)).toEqual([]);
    expect(warnings({ ...far, row: 'w2' }, [before], undefined, 0)).toEqual([]);
  });
  it('say outside hours and past', () => {
    const list = warnings(at(nine - 2 * HOUR), bars, spans, nine);
    expect(list.map(({ is }) => is)).toEqual(['outside_hours', 'past']);
  });
});

it('adds up loads inside the range and leaves out the cancelled', () => {
  const bars = [
    placed('assigned'),
    placed('started', { scheduled_start: nine + HOUR, scheduled_end: nine + 3 * HOUR }),
    placed('cancelled'),
  ].map((one) => barOf(one)!);
  expect(loads(bars, nine, nine + 2 * HOUR).get('w')).toBe(120);
});

it('counts as unpublished what is allocated and in view', () => {
  const bars = [placed('allocated'), placed('pending')].map((one) => barOf(one)!);
  expect(unpublished(bars, nine, nine + 1)).toHaveLength(1);
  expect(unpublished(bars, nine + HOUR, nine + 2 * HOUR)).toHaveLength(0);
});

it('draws working hours in the tenant’s zone and the rest of the day darker', () => {
  const worker = {
    id: 'w',
    name: 'W',
    on_duty: true,
    absences: [],
    hours: [[480, 960], null, null, null, null, null, null],
  } as ScheduleWorker;
  const monday = format.startOfDay(nine);
  const spans = workingSpans(worker, [monday, format.addDays(monday, 1)], format);
  expect(spans).toEqual([{ start: nine - HOUR, end: nine + 7 * HOUR }]);
  const to = format.addDays(monday, 2);
  expect(offSpans(spans, [monday], to)).toEqual([
    { start: monday, end: nine - HOUR },
    { start: nine + 7 * HOUR, end: to },
  ]);
});

it('works until midnight where the hours say so, also when the clocks change', () => {
  const worker = { hours: Array(7).fill([0, 1440]), absences: [] } as unknown as ScheduleWorker;
  const day = format.instant('2026-10-25');
  expect(workingSpans(worker, [day], format)).toEqual([{ start: day, end: day + 25 * HOUR }]);
});

it('shows days away as one block and leaves no working hours on them', () => {
  const worker = {
    id: 'w',
    name: 'W',
    on_duty: true,
    hours: Array(7).fill([480, 960]) as ScheduleWorker['hours'],
    absences: [{ from: '2026-11-24', to: '2026-11-25', note: 'Course' }],
  } as ScheduleWorker;
  const days = [0, 1, 2, 3, 4].map((day) => format.addDays(format.instant('2026-11-23'), day));
  const holidays = new Set(['2026-11-27']);
  expect(awaySpans(worker, days, format, holidays)).toEqual([
    { start: days[1], end: days[3], why: 'Course' },
    { start: days[4], end: format.addDays(days[4]!, 1), why: 'Holiday' },
  ]);
  expect(workingSpans(worker, days, format, holidays).map(({ start }) => format.localDate(start))).toEqual([
    '2026-11-23',
    '2026-11-26',
  ]);
});

it('begins weeks on Monday', () => {
  const sunday = format.instant('2026-11-29T12:00');
  expect(viewStart(sunday, 'week', format)).toBe(format.instant('2026-11-23'));
  expect(viewStart(sunday, 'day', format)).toBe(format.instant('2026-11-29'));
});
