/// The keys of the dispatch screen. They stay quiet while somebody types or a dialog is open.
import { tick } from 'svelte';
import type { Job } from '../lib/protocol';
import type { Desk } from './desk.svelte';

const QUARTER = 15;

/** Listens until the returned function is called. */
export function keyboard(desk: Desk): () => void {
  const typing = (target: EventTarget | null) =>
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], dialog') !== null;

  /** The bar or card that has the focus, else the open job. */
  function subject(): Job | undefined {
    const held = document.activeElement?.closest<HTMLElement>('[data-bar], [data-job]');
    const id = held?.dataset.bar ?? held?.dataset.job;
    return (id ? desk.schedule.jobs.get(id) : undefined) ?? desk.selected;
  }

  /** A bar that changes its row is drawn anew: the focus goes with it. */
  async function keepFocus(job: Job): Promise<void> {
    if (!document.activeElement?.closest('[data-bar]')) return;
    await tick();
    document.querySelector<HTMLElement>(`[data-timeline] [data-bar="${job.id}"]`)?.focus();
  }

  const move = (by: Parameters<Desk['nudge']>[1]) => (job: Job) => {
    desk.nudge(job, by);
    void keepFocus(job);
  };

  /** What is done to a job. */
  const acts: Record<string, (job: Job) => void> = {
    a: (job) => {
      desk.select(job.id);
      desk.open = 'allocate';
    },
    u: (job) => desk.unallocate(job),
    p: (job) => void (job.status === 'allocated' && desk.publish([job])),
    ArrowLeft: move({ minutes: -QUARTER }),
    ArrowRight: move({ minutes: QUARTER }),
    'shift+ArrowLeft': move({ longer: -QUARTER }),
    'shift+ArrowRight': move({ longer: QUARTER }),
    ArrowUp: move({ rows: -1 }),
    ArrowDown: move({ rows: 1 }),
  };
  const general: Record<string, () => void> = {
    '/': () => document.querySelector<HTMLInputElement>('[data-find]')?.focus(),
    n: () => desk.create(),
    '?': () => (desk.open = 'keys'),
    z: () => desk.undoLast(),
    'shift+p': () => desk.preview(desk.toPublish),
    t: () => desk.goToDay(desk.minute),
    '[': () => desk.turn(-1),
    ']': () => desk.turn(1),
  };

  function pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || desk.open) return;
    if (event.key === 'Escape') {
      if (typing(event.target)) (event.target as HTMLElement).blur();
      else if (desk.selectedId) desk.select(null);
      return;
    }
    if (typing(event.target)) return;
    const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // Signs are made with shift on many keyboards; letters and arrows mean something else with it.
    const key = event.shiftKey && /^(Arrow.*|[a-z])$/.test(plain) ? `shift+${plain}` : plain;
    const act = acts[key];
    // Arrows belong to a job only when there is one; else they scroll.
    const job = act && subject();
    const todo = job ? () => act(job) : general[key];
    if (!todo) return;
    event.preventDefault();
    todo();
  }

  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}
