/// The keys of the dispatch screen. They stay quiet while somebody types or a dialog is open.
import type { Desk } from './desk.svelte';

/** Listens until the returned function is called. */
export function keyboard(desk: Desk): () => void {
  const typing = (target: EventTarget | null) =>
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], dialog') !== null;

  const act: Record<string, () => void> = {
    '/': () => document.querySelector<HTMLInputElement>('[data-find]')?.focus(),
    n: () => (desk.open = 'create'),
    '?': () => (desk.open = 'keys'),
    a: () => desk.selected && (desk.open = 'allocate'),
    p: () => desk.selected?.status === 'allocated' && void desk.publish([desk.selected]),
    t: () => desk.goToDay(desk.minute),
    '[': () => desk.turn(-1),
    ']': () => desk.turn(1),
    ArrowLeft: () => desk.nudge(-15, 0),
    ArrowRight: () => desk.nudge(15, 0),
    ArrowUp: () => desk.nudge(0, -1),
    ArrowDown: () => desk.nudge(0, 1),
  };

  function pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || desk.open) return;
    if (event.key === 'Escape') {
      if (typing(event.target)) (event.target as HTMLElement).blur();
      else if (desk.selectedId) desk.select(null);
      return;
    }
    if (typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // Arrows belong to the job only when one is open; else they scroll.
    if (key.startsWith('Arrow') && !desk.selected) return;
    const todo = act[key];
    if (!todo) return;
    event.preventDefault();
    todo();
  }

  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}
