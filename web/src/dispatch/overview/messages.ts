/// What the day overview says.

export const o = {
  title: 'Day overview',
  day: 'Day',
  before: 'The day before',
  after: 'The day after',
  csv: 'CSV',

  late: 'Late',
  late_hint: 'Planned to have begun, or to have ended, more than five minutes ago',
  unpublished: 'Unpublished',
  unpublished_hint: 'On a worker’s row, and the worker does not know of it yet',
  declined: 'Declined',
  declined_hint: 'To be placed again, because a worker said no',
  first_time: 'Done the first time',
  first_time_hint: (first: number, of: number) =>
    of === 0
      ? 'No job that was begun on this day is completed yet'
      : `${first} of ${of} jobs begun on this day were completed without a second day`,

  by_status: 'Jobs by status',
  jobs: (count: number) => (count === 1 ? '1 job' : `${count} jobs`),
  nothing: 'No job has its date on this day.',
  by_hour: 'Jobs by hour',
  planned: 'Planned',
  completed: 'Completed',
  hour: (time: string, planned: number, completed: number) =>
    `${time}: ${planned} planned to begin, ${completed} completed`,
  by_hour_sum: (hours: { planned: number; completed: number }[]) => {
    const sum = (of: 'planned' | 'completed') => hours.reduce((total, hour) => total + hour[of], 0);
    return `Jobs by hour: ${sum('planned')} planned, ${sum('completed')} completed`;
  },
  utilisation: 'Utilisation',
  available: 'Working hours',
  worked: 'Worked',
  nobody: 'There are no workers yet.',
  load: (available: string, planned: string, worked: string) =>
    `${planned} planned and ${worked} worked of ${available}`,
};
