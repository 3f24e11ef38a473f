import { afterEach, expect, test, vi } from 'vitest';
import { send, tableOf, textOf } from './table';

afterEach(() => vi.unstubAllGlobals());

test('a line break inside quotes belongs to its cell', () => {
  const table = tableOf('name,note\r\nA,"two\nlines"\r\n\r\n"say ""hi""",x\nlast,');
  expect(table.head).toBe('name,note');
  expect(table.rows).toEqual(['A,"two\nlines"', '"say ""hi""",x', 'last,']);
  expect(tableOf('')).toEqual({ head: '', rows: [] });
});

test('what an older spreadsheet wrote is read too', async () => {
  expect(await textOf(new Blob(['Mäki']))).toBe('Mäki');
  expect(await textOf(new Blob([new Uint8Array([0x4d, 0xe4, 0x6b, 0x69])]))).toBe('Mäki');
});

test('a long table goes in parts, each with the head, and its faults keep their rows', async () => {
  const bodies: string[] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    bodies.push(init.body as string);
    expect(path).toBe('/api/customers/import?dry_run=true');
    const errors = bodies.length === 2 ? [{ row: 3, column: 'name', detail: 'Required' }] : [];
    return new Response(JSON.stringify({ dry_run: true, created: 1, changed: 2, errors }), { status: 200 });
  });
  const rows = Array.from({ length: 600 }, (_, index) => `row ${index}`);
  const seen: number[] = [];
  const whole = await send('customers', { head: 'name', rows }, { dry_run: true }, (rows) => seen.push(rows));
  expect(seen).toEqual([250, 500, 600]);
  expect(bodies.map((body) => body.split('\r\n').length)).toEqual([251, 251, 101]);
  expect(bodies.every((body) => body.startsWith('name\r\n'))).toBe(true);
  expect(whole).toEqual({
    dry_run: true,
    created: 3,
    changed: 6,
    errors: [{ row: 253, column: 'name', detail: 'Required' }],
  });
});
