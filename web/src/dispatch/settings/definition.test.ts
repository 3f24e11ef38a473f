import { expect, test } from 'vitest';
import { blankDefinition, definitionOf, move, sent } from './definition';

test('what is edited is what was told, without what the hub alone decides', () => {
  const template = {
    id: 'x',
    archived: false,
    version: 'v1',
    name: 'Repair',
    colour: '#123456',
    duration_min: 30,
    parts: { requested_start: 'optional', notes: 'required', copies: 2 },
    steps: [
      {
        name: 'Arrive',
        address: true,
        portal: 'required',
        fields: [{ key: 'gate', label: 'Gate', kind: 'text', worker: 'read_only', portal: 'optional' }],
      },
    ],
    fields: [],
  } as unknown as Parameters<typeof definitionOf>[0];
  const draft = definitionOf(template);
  expect(draft.parts).toEqual({
    requested_start: 'optional',
    asset: 'hidden',
    contact: 'hidden',
    notes: 'required',
    copies: 2,
  });
  expect(draft.steps[0]!.fields[0]!.options).toEqual([]);
  expect(draft).not.toHaveProperty('id');
  expect(draft.version).toBe('v1');
});

test('commas become points, and a new one has no version', () => {
  const line = { code: '', description: 'Hour', quantity: '1,5', unit_price: '79,90', tax_rate: '25,5' };
  const body = sent({ ...blankDefinition(), invoice_lines: [line] });
  expect(body.invoice_lines[0]).toMatchObject({ quantity: '1.5', unit_price: '79.90', tax_rate: '25.5' });
  expect(body).not.toHaveProperty('version');
});

test('an item changes places', () => {
  const list = ['a', 'b', 'c'];
  move(list, 0, 1);
  expect(list).toEqual(['b', 'a', 'c']);
  move(list, 2, -1);
  expect(list).toEqual(['b', 'c', 'a']);
});
