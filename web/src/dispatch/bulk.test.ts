import { expect, test } from 'vitest';
import { Bulk } from './bulk.svelte';

const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => ({ id, name: id.toUpperCase() }));

test('what is refused stays chosen, with why; the rest is done once', async () => {
  const bulk = new Bulk();
  bulk.choose(
    rows.map(({ id }) => id),
    true,
  );
  const asked: string[] = [];
  await bulk.run(
    rows,
    async ({ id }) => {
      asked.push(id);
      await Promise.resolve();
      if (id === 'c') throw new Error('not this one');
    },
    'Done',
  );
  expect(asked.sort()).toEqual(rows.map(({ id }) => id));
  expect([...bulk.chosen]).toEqual(['c']);
  expect(bulk.refused.map(({ name }) => name)).toEqual(['C']);
  expect([bulk.busy, bulk.done]).toEqual([false, 8]);
  bulk.clear();
  expect([bulk.chosen.size, bulk.refused.length]).toEqual([0, 0]);
});

test('a few are on their way at once, and a second run waits for nobody', async () => {
  const bulk = new Bulk();
  let [now, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++now);
    await new Promise((done) => setTimeout(done));
    now -= 1;
  };
  const first = bulk.run(rows, work, 'Done');
  expect(bulk.busy).toBe(true);
  await bulk.run(rows, () => Promise.reject(new Error('two at once')), 'Done');
  await first;
  expect(most).toBe(6);
  expect(bulk.refused).toEqual([]);
});
