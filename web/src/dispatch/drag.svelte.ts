/// Dragging a card or a bar onto a row, or a bar's end, with any pointer (mouse, pen, finger). The timeline says what lies
/// under it.
import type { Id, Instant, Job } from '../lib/protocol';

/** A place on the timeline under the pointer, with where to draw the ghost. */
export interface Target {
  row: Id;
  start: Instant;
  end: Instant;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What the pointer holds: a card of the workbench, a bar (and so far from its start), or the end of a bar. */
export type Grip =
  | { is: 'card' }
  | { is: 'bar'; row: Id; start: Instant; end: Instant; grab_px: number }
  | { is: 'end'; row: Id; start: Instant };

interface Field {
  at: (x: number, y: number, job: Job, grip: Grip) => Target | undefined;
  drop: (job: Job, target: Target) => void;
  /** Scrolls when the pointer is near an edge. */
  nudge: (x: number, y: number) => void;
}

/** So far the pointer moves before a press becomes a drag. */
const START_PX = 6;

class Drag {
  job = $state.raw<Job | null>(null);
  target = $state.raw<Target | undefined>();
  grip = $state.raw<Grip>({ is: 'card' });
  x = $state(0);
  y = $state(0);
  /** True during the click that ends a drag, so that it opens nothing. */
  finished = false;
  #field: Field | undefined;

  /** The timeline offers itself as the place to drop on. */
  offer(field: Field): () => void {
    this.#field = field;
    return () => {
      if (this.#field === field) this.#field = undefined;
    };
  }

  begin(press: PointerEvent, job: Job, grip: Grip = { is: 'card' }): void {
    if (press.button !== 0 || !this.#field) return;
    // A finger scrolls up and down; only a sideways pull takes the card along (touch-action: pan-y).
    const stop = new AbortController();
    const { signal } = stop;
    this.grip = grip;
    const end = () => {
      stop.abort();
      this.job = null;
      this.target = undefined;
    };
    addEventListener(
      'pointermove',
      (event) => {
        if (event.pointerId !== press.pointerId) return;
        const far = Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY) > START_PX;
        if (!this.job && far) this.job = job;
        if (this.job) this.#move(event);
      },
      { signal },
    );
    addEventListener(
      'pointerup',
      (event) => {
        if (event.pointerId !== press.pointerId) return;
        const { target } = this;
        this.finished = this.job !== null;
        setTimeout(() => (this.finished = false));
        end();
        if (target) this.#field?.drop(job, target);
      },
      { signal },
    );
    addEventListener('pointercancel', end, { signal });
    addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        end();
      },
      { signal, capture: true },
    );
  }

  #move(event: PointerEvent): void {
    event.preventDefault();
    this.x = event.clientX;
    this.y = event.clientY;
    this.#field?.nudge(event.clientX, event.clientY);
    this.target = this.job ? this.#field?.at(event.clientX, event.clientY, this.job, this.grip) : undefined;
  }
}

export const drag = new Drag();
