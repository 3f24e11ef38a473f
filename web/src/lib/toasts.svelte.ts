/// Short notes at the edge of the screen; some can be undone while they last.

export interface Toast {
  id: number;
  text: string;
  tone: 'info' | 'success' | 'error';
  undo: (() => void) | undefined;
}

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  say(text: string, { tone = 'success' as Toast['tone'], undo = undefined as Toast['undo'] } = {}): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { id, text, tone, undo }];
    setTimeout(() => this.drop(id), undo || tone === 'error' ? 9_000 : 5_000);
  }

  drop(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
