/** The only door to the outside: sockets, names, clock and chance. Everything else gets them as an argument. */
import { createHash, randomBytes } from "node:crypto"
import type { Duplex } from "node:stream"
import type { Attempt, Endpoint, Family } from "./evidence.ts"
import type { Failure, Outcome } from "./failure.ts"
import { bindingOf } from "./network/binding.ts"
import { httpFrom } from "./network/http.ts"
import { localHosts, resolve } from "./network/names.ts"
import { connectFrom, listenOn } from "./network/tcp.ts"
import { datagramsFrom, multicastFrom } from "./network/udp.ts"
import { webSocketFrom } from "./network/websocket.ts"

export { toEndpoint } from "./network/endpoint.ts"
export { openProxied, type ProxiedNetwork, type ProxyOff } from "./network/proxied.ts"
export { isRedirect, redirectTarget } from "./network/redirect.ts"
export { parseProxy, type Proxy } from "./network/proxy-address.ts"

export interface Address {
  host: string
  family: Family
  /** `host` is a name, which only the proxy may look up; the family is one that we would take. */
  byProxy?: true
}

/** An open connection: TCP, or whatever carries a stream as TCP does. An error never throws: `ended` resolves once, with why. */
export interface Connection {
  readonly transport: Attempt["transport"]
  /** Of `stream`'s way over the wire; what `stream` itself carries is in the clear. */
  readonly encryption: Attempt["encryption"]
  /** Bytes of the stream that its reader never sees: an encryption's own handshake. */
  readonly overhead?: { readonly read: number; readonly written: number }
  readonly stream: Duplex
  readonly remote: Endpoint
  readonly local: Endpoint
  readonly ended: Promise<Failure>
  /** Ends at once; `ended` then resolves with this failure. */
  close(why: Failure): void
}

export interface Listener {
  readonly port: number
  close(): void
}

export interface DatagramOptions {
  /**
   * A socket for that one partner: the system then drops what others send, and tells when nobody listens there (`onError`
   * with `refused`).
   */
  remote?: { host: string; port: number }
  /** Our own; not given: any. */
  port?: number
  /** What may wait to be read, if the system allows so much; not given: what the system has for everybody. */
  receiveBytes?: number
}

export interface Datagrams {
  readonly port: number
  send(data: Uint8Array, to: { host: string; port: number }): Promise<Outcome<void>>
  close(): void
}

/** A member of a multicast group on every interface of ours that carries the family. */
export interface Multicast {
  /** To the group, once per interface; how many it left through. */
  send(data: Uint8Array): Promise<Outcome<number>>
  close(): void
}

export interface HttpRequest {
  url: URL
  /** The address to connect to, already admitted: the name is not looked up again. */
  address: Address
  headers: Record<string, string>
  /** Sent by POST; without one it is a GET. */
  post?: Uint8Array
  /** Of the body as received, before any decoding. */
  maxBodyBytes: number
  maxHeaderBytes: number
  /**
   * Takes the body as it comes, in place of `body`, which then is empty. Nothing more is read before it resolves, and nothing at
   * all after false. Never rejects.
   */
  onBody?: (chunk: Uint8Array, head: HttpHead) => Promise<boolean>
  signal: AbortSignal
}

export interface HttpHead {
  status: number
  headers: Record<string, string>
}

export interface HttpReply extends HttpHead {
  body: Uint8Array
}

export interface WebSocketRequest {
  /** `ws:` or `wss:`. */
  url: URL
  /** The address to connect to, already admitted: the name is not looked up again. */
  address: Address
  headers: Record<string, string>
  maxMessageBytes: number
  /** Of everything that comes in, frames included. */
  maxBytes: number
  maxHeaderBytes: number
  /** How long the other side may take to close after us. */
  closeMs: number
  /** Text and binary alike. */
  onMessage(data: Uint8Array): void
  /** Ends the opening; an open connection has `close`. */
  signal: AbortSignal
}

/** An open WebSocket. An error never throws: `ended` resolves once, with why. */
export interface WebSocketConnection {
  send(text: string): void
  readonly ended: Promise<Failure>
  /** Nothing is received from now on. With a failure the connection ends at once, without a goodbye. */
  close(why?: Failure): void
}

export interface Network {
  connect(to: {
    host: string
    port: number
    signal: AbortSignal
    timeoutMs: number
  }): Promise<Outcome<Connection>>
  /** Port 0 asks for any. One listener for both families where the host allows it. */
  listen(port: number, onConnection: (connection: Connection) => void): Promise<Outcome<Listener>>
  datagrams(
    family: Family,
    onMessage: (data: Uint8Array, from: { host: string; port: number }) => void,
    onError: (why: Failure) => void,
    options?: DatagramOptions,
  ): Promise<Outcome<Datagrams>>
  /** Shares the port with other programs; our own datagrams come back too. Fails when no interface could join. */
  multicast(
    family: Family,
    group: { host: string; port: number },
    onMessage: (data: Uint8Array, from: { host: string; port: number }) => void,
    onError: (why: Failure) => void,
  ): Promise<Outcome<Multicast>>
  resolve(name: string, signal: AbortSignal): Promise<Outcome<Address[]>>
  http(request: HttpRequest): Promise<Outcome<HttpReply>>
  webSocket(request: WebSocketRequest): Promise<Outcome<WebSocketConnection>>
  /** Addresses of this machine's own interfaces. */
  localHosts(): string[]
  /** Monotonic, ms; without what this process stood still. */
  now(): number
  /** Wall clock. */
  date(): Date
  randomBytes(count: number): Uint8Array
  /** Resolves early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Rings once, so much later. The result calls it off: many are set, and few ring. */
  after(ms: number, ring: () => void): () => void
}

export interface NetworkOptions {
  /** Local address to bind to, per family. Where one is given, a family without is not used; empty: any. */
  bind?: Partial<Record<Family, string>>
  families?: readonly Family[]
}

export function realNetwork(options: NetworkOptions = {}): Network {
  const binding = bindingOf(options)
  const { clock } = binding
  return {
    connect: connectFrom(binding),
    listen: listenOn(binding),
    datagrams: datagramsFrom(binding),
    multicast: multicastFrom(binding),
    resolve,
    http: httpFrom(binding),
    webSocket: webSocketFrom(binding),
    localHosts,
    now: () => clock.now(),
    date: () => new Date(),
    randomBytes: (count) => randomBytes(count),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    after: (ms, ring) => clock.after(ms, ring),
  }
}

export const sha1 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash("sha1")
  for (const part of parts) hash.update(part)
  return hash.digest()
}
