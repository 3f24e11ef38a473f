/// Tables on their way to the hub: read from a file, and sent in parts, so that whoever waits sees how far it is.
import type { Imported } from '../gen/Imported';
import { request } from '../lib/http';

/** Rows in one request; the hub takes 500. */
const PART = 250;

export interface Table {
  head: string;
  /** The records below the head, as written. */
  rows: string[];
}

/** The text of a file: UTF-8, or what older spreadsheets write. */
export async function textOf(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Its records: a line break inside quotes belongs to a cell. Empty lines are none. */
export function tableOf(text: string): Table {
  const records: string[] = [];
  let begins = 0;
  let quoted = false;
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    if (at < text.length && (quoted || text[at] !== '\n')) continue;
    const record = text.slice(begins, at).replace(/\r$/, '');
    if (record.trim() !== '') records.push(record);
    begins = at + 1;
  }
  const [head = '', ...rows] = records;
  return { head, rows };
}

/** Sends all of it; `onprogress` hears how many rows the hub has looked at. The rows of its answers are those of the table. With the
 *  same `key` a part that was taken in already is not taken in again. */
export async function send(
  list: string,
  table: Table,
  query: { dry_run?: boolean; invite?: boolean },
  onprogress: (rows: number) => void,
  key?: string,
): Promise<Imported> {
  const whole: Imported = { dry_run: query.dry_run === true, created: 0, changed: 0, errors: [] };
  for (let from = 0; from < table.rows.length; from += PART) {
    const rows = table.rows.slice(from, from + PART);
    const part = await request<Imported>('POST', `/api/${list}/import`, {
      query: { dry_run: query.dry_run ? 'true' : undefined, invite: query.invite ? 'true' : undefined },
      table: [table.head, ...rows].join('\r\n'),
      key: key && `${key}/${from}`,
    });
    whole.created += part.created;
    whole.changed += part.changed;
    whole.errors.push(...part.errors.map((error) => ({ ...error, row: error.row + from })));
    onprogress(from + rows.length);
    // What came before this part stays; what comes after it would only add to the confusion.
    if (!whole.dry_run && part.errors.length > 0) break;
  }
  return whole;
}

/** The lists that go out and come in as tables. */
export type TableList = 'customers' | 'portal-users' | 'workers' | 'assets' | 'price-list' | 'jobs';

/** Their columns, as the hub knows them. */
export const columns: Record<TableList, string[]> = {
  customers: ['name', 'email', 'phone', 'address', 'tax_number'],
  'portal-users': ['name', 'email', 'phone', 'customers'],
  workers: ['name', 'email', 'phone'],
  assets: ['customer', 'type', 'name', 'serial', 'address', 'latitude', 'longitude'],
  'price-list': ['code', 'description', 'unit_price', 'tax_rate'],
  jobs: [
    'type',
    'customer',
    'requested_start',
    'address',
    'latitude',
    'longitude',
    'asset',
    'contact_name',
    'contact_phone',
    'notes',
    'internal_notes',
    'duration_min',
    'worker',
    'scheduled_start',
  ],
};
