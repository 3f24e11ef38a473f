/// A form that is sent: busy meanwhile, what the hub refuses stands at its fields, nothing typed is lost.
import { Problem, words } from './problem';

export class Form {
  busy = $state(false);
  /** What is wrong with the whole. */
  wrong = $state('');
  #errors = $state.raw(new Map<string, string>());

  /** What is wrong at a member, by its name. */
  at(name: string): string | undefined {
    return this.#errors.get(`/${name}`);
  }

  /** True once it was done. */
  async send(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.wrong = '';
    this.#errors = new Map();
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof Problem && error.errors.size > 0) this.#errors = error.errors;
      else this.wrong = words(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
