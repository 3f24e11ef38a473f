/// MessagePack frames: half the bytes of JSON for positions, and decoded faster.
import { decode, encode } from '@msgpack/msgpack';
import type { Codec } from './codec';
import type { HubMessage } from './protocol';

export const msgpack: Codec = {
  subprotocol: 'dispatch-hub.v1.msgpack',
  encode: (message) => encode(message, { ignoreUndefined: true }),
  decode: (frame) => decode(new Uint8Array(frame as ArrayBuffer)) as HubMessage,
};
