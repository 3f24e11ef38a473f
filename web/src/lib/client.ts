/// The hub for programs, in browsers and in Node: requests with an API token, and the socket that comes back by itself.
import { Hub } from './hub';
import { newKey, request, type Request } from './http';

export { CLOSED, type Connection, type SubscribeOptions } from './hub';
export { Hub };
export { newKey };
export { Problem } from './problem';
export type * from './protocol';

export interface ClientOptions {
  /** Where the hub is: `https://hub.example.com`. */
  url: string;
  /** `hub_…`, as an admin made it. */
  token: string;
  /** Node before 22 has none of its own: give it the one of the package `ws`. */
  WebSocket?: unknown;
}

type SocketClass = new (url: string, protocols: unknown, options?: unknown) => WebSocket;

export class Client {
  readonly #url: string;
  readonly #token: string;
  readonly #socket: SocketClass | undefined;

  constructor({ url, token, WebSocket: given }: ClientOptions) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
    this.#socket = (given ?? globalThis.WebSocket) as SocketClass | undefined;
  }

  /** Reads; rejects with a `Problem`. Instants are milliseconds inside, as everywhere in this client. */
  get<T>(path: string, query?: Request['query']): Promise<T> {
    return request<T>('GET', this.#url + path, { ...(query && { query }), token: this.#token });
  }

  /** Makes, changes or commands. Repeat it with the same key, and it is done once. */
  send<T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    key = newKey(),
  ): Promise<T> {
    return request<T>(method, this.#url + path, {
      ...(body !== undefined && { body }),
      key,
      token: this.#token,
    });
  }

  /** Opens the socket: `subscribe` to what you want to hear, `listen` to it. */
  live(): Hub {
    const url = `${this.#url.replace(/^http/, 'ws')}/ws`;
    return new Hub({ url, WebSocket: this.#carrying() as unknown as typeof WebSocket }).open();
  }

  /** A socket that shows the token. Browsers give a socket no headers; what Node has, and `ws`, does, each in its own way. */
  #carrying(): SocketClass {
    const [Socket, headers] = [this.#socket, { authorization: `Bearer ${this.#token}` }];
    if (!Socket) throw new Error('This Node has no WebSocket: give the client the one of the package "ws"');
    const isOwn = Socket === globalThis.WebSocket;
    return class extends Socket {
      constructor(url: string, protocols: unknown) {
        if (isOwn) super(url, { protocols, headers });
        else super(url, protocols, { headers });
      }
    };
  }
}
