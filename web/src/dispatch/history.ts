/// A job's history in words: what each event changed, with both values.
import type { Changed } from '../gen/Changed';
import type { Formatter } from '../lib/format';
import { duration } from '../lib/format';
import { texts } from '../lib/messages';
import type { JobEvent } from '../lib/protocol';
import { t } from './messages';

export interface Line {
  label: string;
  before: string;
  after: string;
}

const NOTHING = '–';

/** The changed members of an event. An end that moved along with its start says nothing new. */
export function linesOf(event: Pick<JobEvent, 'detail'>, format: Formatter): Line[] {
  const changes = event.detail?.changes ?? [];
  const starts = changes.some(({ member }) => member === '/scheduled_start');
  return changes
    .filter(({ member }) => !(starts && member === '/scheduled_end'))
    .map((change) => ({
      label: labelOf(change),
      before: spoken(change, change.before, format),
      after: spoken(change, change.after, format),
    }));
}

function labelOf({ member, label }: Changed): string {
  const known: Record<string, string> = {
    '/worker': t.drawer.who,
    '/scheduled_start': t.drawer.planned,
    '/scheduled_end': t.edit.end,
    '/requested_start': t.drawer.requested,
    '/duration_min': t.drawer.duration,
    '/asset': t.drawer.asset,
    '/contact': t.drawer.contact,
    '/notes': t.drawer.notes,
    '/internal_notes': t.drawer.internal,
  };
  if (member.endsWith('/address')) return `${t.create.address}: ${label}`;
  return known[member] ?? (label || member);
}

function spoken({ member }: Changed, value: unknown, format: Formatter): string {
  if (value === null || value === undefined || value === '') return NOTHING;
  if (member === '/duration_min' && typeof value === 'number') return duration(value);
  if (/_(start|end)$/.test(member)) {
    // Over HTTP an instant is text, on the socket a number.
    const at = typeof value === 'number' ? value : Date.parse(String(value));
    return Number.isNaN(at) ? NOTHING : format.dateTime(at);
  }
  if (typeof value === 'boolean') return value ? texts.field.yes : texts.field.no;
  if (Array.isArray(value)) return value.join(', ');
  return String(value);
}
