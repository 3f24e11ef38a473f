/// What a person ordered last on this device: from the second visit on, the form opens at once with a menu of types.
import type { Id } from '../lib/protocol';

const name = (person: Id) => `dispatch-hub-ordered/${person}`;

/** The type of the last order; nothing on a first visit. */
export function lastOrdered(person: Id): Id | undefined {
  return localStorage.getItem(name(person)) ?? undefined;
}

/** Remembers it. */
export function ordered(person: Id, template: Id): void {
  localStorage.setItem(name(person), template);
}
