/**
 * SOCKS5 (RFC 1928, 1929) by the `socks` package: one command over a connection to the proxy, and the frames of UDP.
 *
 *   frame: RSV 2 | FRAG 1 | ATYP 1 | address 4, 16 or 1 + n | port 2 | data
 */
import net from "node:net"
import { Duplex } from "node:stream"
import type { SocksClientOptions, SocksRemoteHost } from "socks"
import { classify, fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import type { Proxy } from "./proxy-address.ts"

export interface Granted {
  /** Nothing of it is read yet but the proxy's own words. */
  socket: net.Socket
  /** BND.ADDR and BND.PORT. */
  bound: { host: string; port: number }
}

export interface SocksRequest {
  /** Pinned: the proxy's address. */
  at: { host: string; port: number; localAddress?: string }
  login: Proxy["login"]
  command: "connect" | "associate"
  to: { host: string; port: number }
  signal: AbortSignal
  /** For all of it. */
  timeoutMs: number
}

/** RFC 1928 §6, by the package's names for it. What tells nothing certain about the other end is the proxy's failure. */
const replies: Record<string, Failure> = {
  NotAllowed: failure("proxy", "its rules forbid it"),
  NetworkUnreachable: failure("unreachable", "network, says the proxy"),
  HostUnreachable: failure("unreachable", "host, says the proxy"),
  ConnectionRefused: failure("refused"),
  TTLExpired: failure("timeout", "says the proxy"),
  CommandNotSupported: failure("unsupported", "by the proxy"),
  AddressNotSupported: failure("unreachable", "address type, says the proxy"),
  Failure: failure("proxy", "general failure"),
}

export const loginRefused = failure("proxy", "user and password refused")
const noSocks = failure("proxy", "it does not speak SOCKS5")
export const loginWanted = failure("proxy", "it demands a login")

/** The library's errors hold its options, and so the password: only its own sentence is looked at. */
function failureOf({ message }: Error): Failure {
  const reply = / - (\w+)$/.exec(message)?.[1]
  if (reply !== undefined) return replies[reply] ?? failure("proxy", "an unknown reply")
  if (/no accepted authentication/i.test(message)) return loginWanted
  if (/authentication failed/i.test(message)) return loginRefused
  return noSocks
}

/** The command has been sent: from now on silence may be the other end's. */
const isCommand = (data: Uint8Array): boolean => data.length >= 7 && data[0] === 5

const pass = () => {}
/** The library looks at its length once more. */
const nothing = { length: 0 }

/** What the library takes for its connection. */
function openGate(to: net.Socket) {
  let raw: net.Socket | null = to
  let asked = false
  const stream = new Duplex({
    read() {},
    write(data: Buffer, _encoding, done) {
      asked ||= isCommand(data)
      raw?.write(data)
      done()
    },
  })
  stream.on("error", pass)
  return {
    stream,
    get asked() {
      return asked
    },
    shut: () => void (raw = null),
  }
}

export async function askProxy({
  at,
  login,
  command,
  to,
  signal,
  timeoutMs,
}: SocksRequest): Promise<Outcome<Granted>> {
  const { SocksClient } = await import("socks")
  if (signal.aborted) return fail("aborted")
  if (Buffer.byteLength(to.host) > 255) return fail("dns", "a name of more than 255 bytes")
  const raw = net.connect({ ...at, autoSelectFamily: false })
  raw.setNoDelay(true)
  const { promise, resolve } = Promise.withResolvers<Outcome<SocksRemoteHost>>()
  const gate = openGate(raw)
  const options: SocksClientOptions = {
    command,
    // With an address here it is what an answer of 0.0.0.0 stands for.
    proxy: {
      ipaddress: at.host,
      port: at.port,
      type: 5,
      ...(login ? { userId: login.user, password: login.password } : {}),
    },
    destination: to,
    timeout: timeoutMs,
  }
  const client = new SocksClient(options)
  client.on("error", (error: Error) => resolve({ ok: false, failure: failureOf(error) }))
  client.on("established", ({ remoteHost }) =>
    // The library goes on without an address where it doesn't know the kind.
    resolve(remoteHost ? succeed(remoteHost) : { ok: false, failure: noSocks }),
  )
  // A byte at a time: whatever follows its last reply belongs to whoever reads the connection, and the library would take it.
  let over = false
  const stop = () => void (over = true)
  client.prependListener("established", stop)
  client.prependListener("error", stop)
  const onReadable = () => {
    for (;;) {
      const byte: unknown = over ? null : raw.read(1)
      if (!(byte instanceof Uint8Array)) return
      gate.stream.emit("data", byte)
    }
  }
  const byProxy = (why: string) => resolve({ ok: false, failure: failure("proxy", why) })
  const onError = (error: Error) => {
    const { code, detail } = classify(error)
    byProxy(code === "unknown" ? (detail ?? code) : code)
  }
  const onClose = () => byProxy("it closed the connection")
  const onAbort = () => resolve(fail("aborted"))
  const timer = setTimeout(
    () => (gate.asked ? resolve(fail("timeout")) : byProxy("no answer in time")),
    timeoutMs,
  )
  raw.once("error", onError)
  raw.once("close", onClose)
  raw.once("end", onClose)
  raw.on("readable", onReadable)
  raw.once("connect", () => client.connect(gate.stream))
  signal.addEventListener("abort", onAbort, { once: true })

  const outcome = await promise
  // A timer of the library's, which nobody can call off, holds its client until `timeoutMs`: not the connection and 4 KiB as well.
  client.removeAllListeners()
  client.on("error", pass)
  Reflect.set(client, "receiveBuffer", nothing)
  gate.shut()
  clearTimeout(timer)
  signal.removeEventListener("abort", onAbort)
  raw.off("close", onClose)
  raw.off("end", onClose)
  raw.off("readable", onReadable)
  if (!outcome.ok) {
    raw.on("error", () => {})
    raw.destroy()
    return outcome
  }
  raw.off("error", onError)
  const { host, port } = outcome.value
  return succeed({ socket: raw, bound: { host, port } })
}

export interface Frame {
  host: string
  port: number
  data: Uint8Array
}

/** To and from `Frame`; unreadable ones and fragments, which nobody sends, are null. */
export async function framing(): Promise<{
  encode(frame: Frame): Uint8Array
  decode(bytes: Uint8Array): Frame | null
}> {
  const { SocksClient } = await import("socks")
  return {
    encode: ({ host, port, data }) =>
      SocksClient.createUDPFrame({ remoteHost: { host, port }, data: Buffer.from(data) }),
    decode(bytes) {
      if (bytes.length < 10 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 0) return null
      try {
        const { remoteHost, data } = SocksClient.parseUDPFrame(Buffer.from(bytes))
        const { host, port } = remoteHost
        const canonical = net.isIPv6(host)
          ? new net.SocketAddress({ address: host, family: "ipv6" }).address
          : host
        return { host: canonical, port, data }
      } catch {
        return null
      }
    },
  }
}
