/// How frames are written. JSON costs no library, so it is what visitors' and workers' apps speak; dispatch, which
/// takes thousands of positions, brings MessagePack (msgpack.ts). The content is the same.
import type { ClientMessage, HubMessage } from './protocol';

export interface Codec {
  subprotocol: string;
  encode: (message: ClientMessage) => string | Uint8Array<ArrayBuffer>;
  decode: (frame: string | ArrayBuffer) => HubMessage;
}

export const json: Codec = {
  subprotocol: 'dispatch-hub.v1.json',
  encode: (message) => JSON.stringify(message),
  decode: (frame) => JSON.parse(frame as string) as HubMessage,
};
