/// Two people's changes to the same settings: plain functions on plain values.

/** Whether anything but the version is another. */
export function differs<T extends object>(one: T, other: T): boolean {
  return text({ ...one, version: '' }) !== text({ ...other, version: '' });
}

/** `theirs` with what `mine` changed of `base`, and the names of what they changed meanwhile. */
export function merge<T extends object>(base: T, mine: T, theirs: T): { merged: T; changed: string[] } {
  const merged = structuredClone(theirs);
  const changed: string[] = [];
  for (const key of Object.keys(theirs) as (keyof T & string)[]) {
    if (key === 'version') continue;
    if (text(base[key]) !== text(theirs[key])) changed.push(key);
    if (text(base[key]) !== text(mine[key])) merged[key] = structuredClone(mine[key]);
  }
  return { merged, changed };
}

const text = (value: unknown): string => JSON.stringify(value) ?? '';
