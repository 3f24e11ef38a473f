import { expect, it } from 'vitest';
import type { Job } from '../lib/protocol';
import { UndoStack } from './undo';

const job = (id: string) => ({ id }) as Job;
const entry = (id: string, from: number) => ({
  job: job(id),
  command: { do: 'unallocate' } as const,
  from,
  version: from + 1,
});

it('goes back step by step on one job: what is undone makes a version that the next step goes on from', () => {
  const stack = new UndoStack();
  const [first, second] = [entry('j', 1), entry('j', 2)];
  stack.push(first);
  stack.push(second);
  const undone = stack.last!;
  expect(undone).toBe(second);
  stack.take(undone);
  stack.rebase(undone, 4);
  expect(stack.last).toMatchObject({ from: 1, version: 4 });
});

it('leaves other jobs alone, and forgets a job that somebody else has changed', () => {
  const stack = new UndoStack();
  stack.push(entry('a', 1));
  stack.push(entry('b', 1));
  stack.rebase(entry('b', 2), 9);
  expect(stack.last).toMatchObject({ version: 9 });
  stack.forget('b');
  expect(stack.last).toMatchObject({ job: { id: 'a' }, version: 2 });
});
