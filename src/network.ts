/** The only door to the outside: sockets, names, clock and chance. Everything else gets them as an argument. */
import { createHash, randomBytes } from "node:crypto"
import dgram from "node:dgram"
import dns from "node:dns/promises"
import http from "node:http"
import https from "node:https"
import net from "node:net"
import { networkInterfaces } from "node:os"
import type { Duplex } from "node:stream"
import { classify, fail, failure, succeed, type Failure, type Outcome } from "./failure.ts"
import type { Endpoint, Family } from "./evidence.ts"

export interface Address {
  host: string
  family: Family
}

/** An open TCP connection. An error never throws: `ended` resolves once, with why. */
export interface Connection {
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

export interface Datagrams {
  readonly port: number
  send(data: Uint8Array, to: { host: string; port: number }): Promise<Outcome<void>>
  close(): void
}

export interface HttpRequest {
  url: URL
  /** The address to connect to, already admitted: the name is not looked up again. */
  address: Address
  headers: Record<string, string>
  /** Of the body as received, before any decoding. */
  maxBodyBytes: number
  maxHeaderBytes: number
  signal: AbortSignal
}

export interface HttpReply {
  status: number
  headers: Record<string, string>
  body: Uint8Array
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
  /**
   * With `remote`, a socket for that one partner: the system then drops what others send, and tells when nobody listens
   * there (`onError` with `refused`).
   */
  datagrams(
    family: Family,
    onMessage: (data: Uint8Array, from: { host: string; port: number }) => void,
    onError: (why: Failure) => void,
    remote?: { host: string; port: number },
  ): Promise<Outcome<Datagrams>>
  resolve(name: string, signal: AbortSignal): Promise<Outcome<Address[]>>
  http(request: HttpRequest): Promise<Outcome<HttpReply>>
  /** Addresses of this machine's own interfaces. */
  localHosts(): string[]
  /** Monotonic, ms. */
  now(): number
  /** Wall clock. */
  date(): Date
  randomBytes(count: number): Uint8Array
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface NetworkOptions {
  /** Local address to bind to, per family. Where one is given, a family without is not used; empty: any. */
  bind?: Partial<Record<Family, string>>
  families?: readonly Family[]
}

export const toEndpoint = (host: string, port: number): Endpoint =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

const unmapped = (host: string): string =>
  host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host

const familyOf = (host: string): Family => (net.isIPv6(host) ? "ipv6" : "ipv4")

const anyHost: Record<Family, string> = { ipv4: "0.0.0.0", ipv6: "::" }

/** `host` null: both families, or IPv4 alone where the machine has no IPv6. */
function listenAt(
  host: string | null,
  port: number,
  onConnection: (connection: Connection) => void,
): Promise<Outcome<Listener>> {
  return new Promise((resolve) => {
    const server = net.createServer((socket) => onConnection(connectionOf(socket)))
    let both = host === null
    server.on("error", (error) => {
      if (both && "code" in error && error.code === "EAFNOSUPPORT") {
        both = false
        server.listen({ host: anyHost.ipv4, port })
      } else resolve({ ok: false, failure: classify(error) })
    })
    server.once("listening", () => {
      const bound = server.address()
      resolve(
        succeed({
          port: bound !== null && typeof bound === "object" ? bound.port : port,
          close: () => void server.close(),
        }),
      )
    })
    server.listen({ host: host ?? anyHost.ipv6, port, ipv6Only: host !== null && net.isIPv6(host) })
  })
}

/** More pieces than that make no honest body of a few MiB; each costs us far more than its sender. */
const maxBodyChunks = 65_536

/** One buffer that grows, as a chunk kept by itself takes hundreds of bytes however short it is. */
function createBody(maxBytes: number) {
  let buffer = Buffer.alloc(0)
  let size = 0
  let chunks = 0
  return {
    /** Null while there is room. */
    add(chunk: Buffer) {
      if (size + chunk.length > maxBytes) return fail("too-large", `more than ${maxBytes} bytes`)
      if (++chunks > maxBodyChunks) return fail("bad-reply", `more than ${maxBodyChunks} chunks`)
      if (size + chunk.length > buffer.length) {
        const grown = Buffer.alloc(Math.min(maxBytes, Math.max(16_384, 2 * (size + chunk.length))))
        buffer.copy(grown)
        buffer = grown
      }
      chunk.copy(buffer, size)
      size += chunk.length
      return null
    },
    bytes: () => buffer.subarray(0, size),
  }
}

function connectionOf(socket: net.Socket): Connection {
  const { promise: ended, resolve } = Promise.withResolvers<Failure>()
  let cause: Failure | null = null
  socket.on("error", (error) => {
    cause ??= classify(error)
  })
  socket.on("end", () => {
    cause ??= failure("closed")
  })
  socket.on("close", () => resolve(cause ?? failure("closed")))
  socket.setNoDelay(true)
  return {
    stream: socket,
    remote: toEndpoint(unmapped(socket.remoteAddress ?? ""), socket.remotePort ?? 0),
    local: toEndpoint(unmapped(socket.localAddress ?? ""), socket.localPort ?? 0),
    ended,
    close(why) {
      cause ??= why
      socket.destroy()
    },
  }
}

export function realNetwork(options: NetworkOptions = {}): Network {
  const bind = options.bind ?? {}
  const families = options.families ?? ["ipv4", "ipv6"]
  const isBound = Boolean(bind.ipv4 || bind.ipv6)
  const barred = (family: Family) =>
    isBound && !bind[family] ? fail("unreachable", "no address of this family is bound") : null
  const localAddress = (family: Family) => (bind[family] ? { localAddress: bind[family] } : {})

  return {
    connect({ host, port, signal, timeoutMs }) {
      const refusal = signal.aborted ? fail("aborted") : barred(familyOf(host))
      if (refusal) return Promise.resolve(refusal)
      return new Promise((resolve) => {
        const socket = net.connect({ host, port, ...localAddress(familyOf(host)), autoSelectFamily: false })
        const settle = (outcome: Outcome<Connection>) => {
          clearTimeout(timer)
          signal.removeEventListener("abort", onAbort)
          // Only ours: Node's own listeners close the socket after the other side has.
          socket.off("connect", onConnect)
          socket.off("error", onError)
          if (!outcome.ok) {
            socket.on("error", () => {})
            socket.destroy()
          }
          resolve(outcome)
        }
        const onConnect = () => settle(succeed(connectionOf(socket)))
        const onError = (error: Error) => settle({ ok: false, failure: classify(error) })
        const onAbort = () => settle(fail("aborted"))
        const timer = setTimeout(() => settle(fail("timeout")), timeoutMs)
        signal.addEventListener("abort", onAbort, { once: true })
        socket.once("connect", onConnect)
        socket.once("error", onError)
      })
    },

    async listen(port, onConnection) {
      const wanted = isBound ? families.filter((family) => bind[family]) : families
      const hosts =
        !isBound && wanted.length > 1 ? [null] : wanted.map((family) => bind[family] || anyHost[family])
      const listeners: Listener[] = []
      const close = () => {
        for (const listener of listeners) listener.close()
      }
      for (const host of hosts) {
        const listening = await listenAt(host, listeners[0]?.port ?? port, onConnection)
        if (listening.ok) listeners.push(listening.value)
        else {
          close()
          return listening
        }
      }
      const [first] = listeners
      return first ? succeed({ port: first.port, close }) : fail("unreachable", "no family to listen on")
    },

    datagrams(family, onMessage, onError, remote) {
      const refusal = barred(family)
      if (refusal) return Promise.resolve(refusal)
      return new Promise((resolve) => {
        const socket = dgram.createSocket({
          type: family === "ipv4" ? "udp4" : "udp6",
          ipv6Only: family === "ipv6",
        })
        let open = true
        const close = () => {
          if (open) socket.close()
          open = false
        }
        const onFailure = (error: Error) => {
          close()
          resolve({ ok: false, failure: classify(error) })
        }
        const onReady = () => {
          socket.removeListener("error", onFailure)
          socket.on("error", (error) => onError(classify(error)))
          resolve(succeed({ port: socket.address().port, send, close }))
        }
        const send: Datagrams["send"] = (data, to) =>
          new Promise((sent) => {
            const done = (error: Error | null) =>
              sent(error ? { ok: false, failure: classify(error) } : succeed(undefined))
            // Node throws for a closed socket and for port 0, and refuses a destination on a connected socket.
            try {
              if (remote) socket.send(data, done)
              else socket.send(data, to.port, to.host, done)
            } catch (error) {
              sent({ ok: false, failure: open ? classify(error) : failure("closed") })
            }
          })
        socket.once("error", onFailure)
        socket.on("message", (data, from) => onMessage(data, { host: from.address, port: from.port }))
        socket.bind({ port: 0, ...(bind[family] ? { address: bind[family] } : {}) }, () => {
          if (!remote) return onReady()
          try {
            // Without a host name to look up, only a route can be missing.
            socket.connect(remote.port, remote.host, (error?: Error) =>
              error ? onFailure(error) : onReady(),
            )
          } catch (error) {
            onFailure(error instanceof Error ? error : new Error(String(error)))
          }
        })
      })
    },

    async resolve(name, signal) {
      if (net.isIP(name)) return succeed([{ host: name, family: familyOf(name) }])
      if (signal.aborted) return fail("aborted")
      const { promise: stopped, resolve } = Promise.withResolvers<Outcome<Address[]>>()
      const onAbort = () => resolve(fail("aborted"))
      signal.addEventListener("abort", onAbort, { once: true })
      const looked = dns.lookup(name, { all: true }).then(
        (found) =>
          succeed(
            found.map(({ address, family }): Address => ({
              host: address,
              family: family === 6 ? "ipv6" : "ipv4",
            })),
          ),
        (error: unknown) => ({ ok: false as const, failure: classify(error) }),
      )
      return Promise.race([looked, stopped]).finally(() => signal.removeEventListener("abort", onAbort))
    },

    http({ url, address, headers, maxBodyBytes, maxHeaderBytes, signal }) {
      const refusal = signal.aborted ? fail("aborted") : barred(address.family)
      if (refusal) return Promise.resolve(refusal)
      return new Promise((resolve) => {
        const secure = url.protocol === "https:"
        const request = (secure ? https : http).request({
          host: address.host,
          port: url.port || (secure ? 443 : 80),
          path: url.pathname + url.search,
          method: "GET",
          headers: { host: url.host, ...headers },
          maxHeaderSize: maxHeaderBytes,
          agent: false,
          signal,
          ...(secure && !net.isIP(url.hostname.replace(/^\[|\]$/g, "")) ? { servername: url.hostname } : {}),
          ...localAddress(address.family),
        })
        const give = (outcome: Outcome<HttpReply>) => {
          resolve(outcome)
          request.destroy()
        }
        request.on("error", (error) => give({ ok: false, failure: classifyHttp(error, signal) }))
        // Left alone, an upgrade that nobody asked for ends the request without any event but `close`.
        request.on("upgrade", (_response, socket) => {
          socket.destroy()
          give(fail("bad-reply", "an upgrade"))
        })
        request.on("close", () => give(fail("closed")))
        request.on("response", (response) => {
          const body = createBody(maxBodyBytes)
          response.on("data", (chunk: Buffer) => {
            const refusal = body.add(chunk)
            if (refusal) give(refusal)
          })
          response.on("error", (error) => give({ ok: false, failure: classifyHttp(error, signal) }))
          response.on("end", () => {
            const flat: Record<string, string> = {}
            for (const [name, value] of Object.entries(response.headers)) flat[name] = String(value)
            give(succeed({ status: response.statusCode ?? 0, headers: flat, body: body.bytes() }))
          })
        })
        request.end()
      })
    },

    localHosts: () =>
      Object.values(networkInterfaces()).flatMap((addresses) =>
        (addresses ?? []).map(({ address }) => address),
      ),
    now: () => performance.now(),
    date: () => new Date(),
    randomBytes: (count) => randomBytes(count),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const done = () => {
          clearTimeout(timer)
          signal.removeEventListener("abort", done)
          resolve()
        }
        const timer = setTimeout(done, ms)
        signal.addEventListener("abort", done, { once: true })
      }),
  }
}

/** A timeout arrives as an abort of the signal; Node's own HTTP parser complaints are the tracker's bad reply. */
function classifyHttp(error: Error, signal: AbortSignal): Failure {
  if (signal.aborted) return signal.reason instanceof Error ? classify(signal.reason) : failure("aborted")
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  if (code === "HPE_HEADER_OVERFLOW") return failure("too-large", "headers")
  if (code.startsWith("HPE_")) return failure("bad-reply", code)
  // Node's own word for a connection that ended too early; a real reset comes from a system call.
  if (code === "ECONNRESET" && !("syscall" in error)) return failure("closed")
  if (code === "EPROTO") return failure("tls", code)
  return classify(error)
}

export const sha1 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash("sha1")
  for (const part of parts) hash.update(part)
  return hash.digest()
}
