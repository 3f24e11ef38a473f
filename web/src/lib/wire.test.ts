/// One sample of every message of the socket, read as the hub's own tests read it (`tests/wire.rs`).
import { readFileSync, readdirSync } from 'node:fs';
import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../../tests/wire/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace(/\.json$/, ''));
const json = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const msgpack = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`${name}.msgpack`, folder)));

describe('the wire', () => {
  it('has samples of all messages', () => {
    const tags = names.map((name) => {
      const [from] = name.split('_');
      return `${from} ${(json(name) as { t: string }).t}`;
    });
    expect(new Set(tags).size).toBe(8 + 13);
  });

  it.each(names)('%s says the same in both encodings', (name) => {
    expect(decode(msgpack(name))).toEqual(json(name));
  });

  it.each(names.filter((name) => name.startsWith('client_')))(
    '%s is written with the content that the hub reads',
    (name) => {
      const message = json(name);
      expect(decode(encode(message, { ignoreUndefined: true }))).toEqual(decode(msgpack(name)));
    },
  );
});
