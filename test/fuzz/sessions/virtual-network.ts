/**
 * The whole internet in memory, on a clock of its own: what of it the auditor sees is a `Network`, and every other host is the
 * test's. Nothing real is opened. HTTP and WebSockets are those of src/network over streams of this kind.
 */
import type net from "node:net"
import { classify, fail, failure, succeed, type Failure } from "../../../src/failure.ts"
import { bindingOf } from "../../../src/network/binding.ts"
import { httpFrom } from "../../../src/network/http.ts"
import type { Tunnel } from "../../../src/network/tcp.ts"
import { webSocketFrom } from "../../../src/network/websocket.ts"
import { toEndpoint, type Connection, type Network } from "../../../src/network.ts"
import { createClock, type Clock } from "./clock.ts"
import { seeded } from "./chance.ts"
import { End, streamPair } from "./streams.ts"
import { createDatagrams, type Place } from "./virtual-datagrams.ts"

type OnStream = (stream: End, from: Place) => void
type OnDatagram = (data: Uint8Array, from: Place) => void

export interface Internet {
  readonly clock: Clock
  /** What the auditor sees of it; `ourHost` is its address. */
  readonly network: Network
  /** TCP servers of others. */
  serve(at: Place, onStream: OnStream): void
  /** Names of others. */
  name(name: string, host: string): void
  /** UDP servers of others; the answer sends from there. */
  bind(at: Place, onDatagram: OnDatagram): (data: Uint8Array, to: Place) => void
  /** Every UDP port of every host whose address begins like that. */
  bindHosts(prefix: string, onDatagram: (data: Uint8Array, from: Place, at: Place) => void): void
  /** Somebody dials us; null: nobody listens. */
  dialUs(from: Place, port: number): End | null
  /** A datagram to our port that says it is from there. */
  tell(data: Uint8Array, from: Place, port: number): void
  /** To all members of a multicast group. */
  shout(data: Uint8Array, from: Place): void
  /** Our own ports where we listen, first the oldest. */
  readonly ourPorts: { readonly tcp: readonly number[]; readonly udp: readonly number[] }
  /** A network of somebody else at that address, for whom uTP is spoken. */
  networkAt(host: string): Pick<Network, "datagrams" | "now" | "sleep" | "after" | "randomBytes">
  /** Every host that we sent anything to, or tried to connect to. */
  readonly contacted: ReadonlySet<string>
  /** What of ours is still open. */
  open(): { streams: number; sockets: number; listeners: number; sleeps: number; peakBytes: number }
}

export const ourHost = "10.0.0.1"
const roundTripMs = 2
const startedAt = Date.UTC(2026, 0, 1)

export function createInternet(seed: Uint8Array): Internet {
  const clock = createClock()
  const chance = seeded(seed)
  const servers = new Map<string, OnStream>()
  const listeners = new Map<number, (connection: Connection) => void>()
  const members = new Set<OnDatagram>()
  const names = new Map<string, string>()
  const streams = new Set<End>()
  const contacted = new Set<string>()
  let peakBytes = 0
  let nextPort = 20_000
  let ownSleeps = 0
  const udp = createDatagrams(
    clock,
    ourHost,
    () => nextPort++,
    (host) => contacted.add(host),
  )

  function opened(stream: End): void {
    streams.add(stream)
    stream.once("close", () => {
      streams.delete(stream)
      peakBytes = Math.max(peakBytes, stream.peakBytes)
    })
  }

  function openTo(to: Place): End | null {
    const server = servers.get(toEndpoint(to.host, to.port))
    if (!server) return null
    const { ours, theirs } = streamPair(clock)
    opened(ours)
    server(theirs, { host: ourHost, port: nextPort++ })
    return ours
  }

  /** The hosts that answer at all are those where something listens. */
  const isUp = (host: string) => [...servers.keys()].some((key) => key.startsWith(`${host}:`))

  const tunnel: Tunnel = (to, signal, timeoutMs) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(fail("aborted"))
      contacted.add(to.host)
      const settle = (outcome: Awaited<ReturnType<Tunnel>>) => {
        cancel()
        signal.removeEventListener("abort", onAbort)
        resolve(outcome)
      }
      const onAbort = () => settle(fail("aborted"))
      const up = isUp(to.host)
      const cancel = clock.after(up ? roundTripMs : timeoutMs, () => {
        if (!up) return settle(fail("timeout"))
        const stream = openTo(to)
        settle(stream ? succeed(stream as unknown as net.Socket) : fail("refused", "ECONNREFUSED"))
      })
      signal.addEventListener("abort", onAbort, { once: true })
    })

  const anywhere = bindingOf({})
  const http = httpFrom(anywhere, tunnel)
  const webSocket = webSocketFrom(anywhere, tunnel)
  const tools: Pick<Network, "now" | "sleep" | "after" | "randomBytes"> = {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    after: (ms, ring) => clock.after(ms, ring),
    randomBytes: (count) => chance.bytes(count),
  }
  const network: Network = {
    ...tools,
    async sleep(ms, signal) {
      ownSleeps++
      await clock.sleep(ms, signal)
      ownSleeps--
    },
    after(ms, ring) {
      ownSleeps++
      let isSet = true
      const over = () => {
        if (isSet) ownSleeps--
        isSet = false
      }
      const cancel = clock.after(ms, () => {
        over()
        ring()
      })
      return () => {
        over()
        cancel()
      }
    },
    async connect({ host, port, signal, timeoutMs }) {
      const got = await tunnel({ host, port }, signal, timeoutMs)
      if (!got.ok) return got
      return succeed(connectionOf(got.value, { host, port }, nextPort++))
    },
    listen(port, onConnection) {
      const at = port === 0 ? nextPort++ : port
      if (listeners.has(at)) return Promise.resolve(fail("no-socket", "EADDRINUSE"))
      listeners.set(at, onConnection)
      return Promise.resolve(succeed({ port: at, close: () => void listeners.delete(at) }))
    },
    datagrams: udp.openAt(ourHost),
    multicast(family, _group, onMessage) {
      if (family === "ipv6") return Promise.resolve(fail("unreachable"))
      members.add(onMessage)
      return Promise.resolve(
        succeed({
          send: () => Promise.resolve(succeed(1)),
          close: () => void members.delete(onMessage),
        }),
      )
    },
    resolve(name) {
      const host = /^[\d.]+$/.test(name) ? name : names.get(name)
      return Promise.resolve(host ? succeed([{ host, family: "ipv4" as const }]) : fail("dns", "ENOTFOUND"))
    },
    async http(request) {
      const reply = await http(request)
      if (reply.ok && reply.value.headers["content-encoding"] !== undefined) clock.hold()
      return reply
    },
    // What the library leaves to a timer of the system must come about in this time.
    async webSocket(request) {
      const opened = await webSocket(request)
      if (!opened.ok) return opened
      const close = (why?: Failure) => {
        opened.value.close(why)
        clock.after(request.closeMs, () => opened.value.close(failure("aborted")))
      }
      return succeed({ ...opened.value, close })
    },
    localHosts: () => [ourHost],
    date: () => new Date(startedAt + clock.now()),
  }

  return {
    clock,
    network,
    serve: (at, onStream) => void servers.set(toEndpoint(at.host, at.port), onStream),
    name: (name, host) => void names.set(name, host),
    bind: (at, onDatagram) => udp.bind(at, onDatagram),
    bindHosts: (prefix, onDatagram) => udp.bindHosts(prefix, onDatagram),
    dialUs(from, port) {
      const listener = listeners.get(port)
      if (!listener) return null
      const { ours, theirs } = streamPair(clock)
      opened(ours)
      listener(connectionOf(ours as unknown as net.Socket, from, port))
      return theirs
    },
    tell: (data, from, port) => udp.tell(data, from, port),
    shout(data, from) {
      for (const member of members) member(Buffer.from(data), from)
    },
    get ourPorts() {
      return { tcp: [...listeners.keys()], udp: udp.ourPorts }
    },
    networkAt: (host) => ({ ...tools, datagrams: udp.openAt(host) }),
    contacted,
    open: () => ({
      streams: streams.size,
      sockets: udp.own + members.size,
      listeners: listeners.size,
      sleeps: ownSleeps,
      peakBytes: Math.max(peakBytes, ...[...streams].map((stream) => stream.peakBytes)),
    }),
  }
}

/** As src/network/tcp.ts has it, whose sockets must be real. */
export function connectionOf(stream: net.Socket, remote: Place, port: number): Connection {
  const { promise: ended, resolve } = Promise.withResolvers<Failure>()
  let cause: Failure | null = null
  stream.on("error", (error) => void (cause ??= classify(error)))
  stream.on("end", () => void (cause ??= failure("closed")))
  stream.on("close", () => resolve(cause ?? failure("closed")))
  return {
    transport: "tcp",
    encryption: "none",
    stream,
    remote: toEndpoint(remote.host, remote.port),
    local: toEndpoint(ourHost, port),
    ended,
    close(why) {
      cause ??= why
      stream.destroy()
    },
  }
}
