/// Keeps HTML elements on their places over a map, and eases those that move. Knows the map only by `project`.

interface Projector {
  project(lngLat: [number, number]): { x: number; y: number };
}

interface Placed {
  from: [number, number];
  to: [number, number];
  startedAt: number;
  duration_ms: number;
}

/** A leap over more than this is shown as a leap, not as a flight through houses. */
const LONGEST_EASE_DEG = 0.01;

export class Overlay {
  #map: Projector | undefined;
  #placed = new Map<HTMLElement, Placed>();
  #frame = 0;

  attach(map: Projector): void {
    this.#map = map;
    this.refresh();
  }

  /** Puts an element somewhere; with `ease_ms` it glides there from where it is shown now. */
  place(element: HTMLElement, longitude: number, latitude: number, ease_ms = 0): void {
    const now = performance.now();
    const to: [number, number] = [longitude, latitude];
    const held = this.#placed.get(element);
    const from = held ? at(held, now) : to;
    const leap = Math.abs(from[0] - to[0]) + Math.abs(from[1] - to[1]) > LONGEST_EASE_DEG;
    const duration_ms = held && !leap && !reducedMotion() ? ease_ms : 0;
    const placed = { from, to, startedAt: now, duration_ms };
    this.#placed.set(element, placed);
    if (duration_ms > 0) this.#start();
    else this.#draw(element, placed, now);
  }

  drop(element: HTMLElement): void {
    this.#placed.delete(element);
  }

  /** After the map has moved. */
  refresh(): void {
    const now = performance.now();
    for (const [element, placed] of this.#placed) this.#draw(element, placed, now);
  }

  #start(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#step);
  }

  #step = (): void => {
    const now = performance.now();
    let moving = false;
    for (const [element, placed] of this.#placed) {
      if (placed.duration_ms === 0) continue;
      this.#draw(element, placed, now);
      if (now - placed.startedAt >= placed.duration_ms) placed.duration_ms = 0;
      else moving = true;
    }
    this.#frame = moving ? requestAnimationFrame(this.#step) : 0;
  };

  #draw(element: HTMLElement, placed: Placed, now: number): void {
    if (!this.#map) return;
    const { x, y } = this.#map.project(at(placed, now));
    element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  }
}

function at({ from, to, startedAt, duration_ms }: Placed, now: number): [number, number] {
  const part = duration_ms === 0 ? 1 : Math.min(1, (now - startedAt) / duration_ms);
  const eased = part * (2 - part);
  return [from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased];
}

function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
