/** From an address to a session: over TCP or uTP, in the clear or encrypted (MSE). */
import type { Attempt, Endpoint } from "../evidence.ts"
import { fail, failure, succeed, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection } from "../network.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import { encryptOutgoing } from "./mse.ts"
import { converse, type Session, type Swarm } from "./session.ts"

export interface Way {
  readonly transport: Attempt["transport"]
  readonly encrypted: boolean
}

/** TCP in the clear: what every client once spoke. */
export const plain: Way = { transport: "tcp", encrypted: false }

/** What opening a connection needs to know of us. */
export type Reach = Pick<Swarm, "infoHash" | "network" | "connectMs" | "handshakeMs" | "utp">

export interface Opened {
  /** What it carries is in the clear, and nothing of it was read yet. */
  readonly connection: Connection
  /** Until the transport was open; an encryption's handshake comes after that. */
  readonly connectMs: number
}

const defaultConnectMs = 10_000

/**
 * `mayGreet` is asked when the transport is open, before a byte is sent, and again after an encryption's handshake: whoever lost a
 * race against another connection of the same peer closes then (`duplicate`). Other failures: of `Network.connect`, `encryption`, `handshake-timeout`.
 */
export async function openConnection(
  reach: Reach,
  endpoint: Endpoint,
  way: Way,
  signal: AbortSignal,
  mayGreet: () => boolean,
): Promise<Outcome<Opened>> {
  const { network } = reach
  const startedMs = network.now()
  const connected = await connect(reach, endpoint, way, signal)
  if (!connected.ok) return connected
  const connectMs = network.now() - startedMs
  if (!mayGreet()) {
    connected.value.close(failure("duplicate"))
    return fail("duplicate")
  }
  if (!way.encrypted) return succeed({ connection: connected.value, connectMs })
  const timeoutMs = Math.min(limits.contact.encryptionMs, reach.handshakeMs ?? Infinity)
  const options = { infoHash: reach.infoHash, offers: "any", network, timeoutMs, signal } as const
  const encrypted = await encryptOutgoing(connected.value, options)
  if (!encrypted.ok) return encrypted
  if (mayGreet()) return succeed({ connection: encrypted.value, connectMs })
  encrypted.value.close(failure("duplicate"))
  return fail("duplicate")
}

function connect(
  { network, utp = null, connectMs = defaultConnectMs }: Reach,
  endpoint: Endpoint,
  { transport }: Way,
  signal: AbortSignal,
): Promise<Outcome<Connection>> {
  const at = parseEndpoint(endpoint)
  if (at === null) return Promise.resolve(fail("filtered", "not an address and a port"))
  const { host, port } = at
  if (transport === "tcp") return network.connect({ host, port, signal, timeoutMs: connectMs })
  const timeoutMs = Math.min(connectMs, limits.contact.utpConnectMs)
  return utp ? utp.connect({ host, port, signal, timeoutMs }) : Promise.resolve(fail("unsupported", "uTP"))
}

/**
 * Resolves once the connection is open; the session then handshakes by itself. The signal ends it, `opening` only the dial.
 * `mayGreet`: see `openConnection`.
 */
export async function dial(
  swarm: Swarm,
  endpoint: Endpoint,
  way: Way,
  signal: AbortSignal,
  mayGreet: () => boolean = () => true,
  opening: AbortSignal = signal,
): Promise<Outcome<Session>> {
  const startedMs = swarm.network.now()
  const opened = await openConnection(swarm, endpoint, way, opening, mayGreet)
  if (!opened.ok) return opened
  const { connection, connectMs } = opened.value
  const session = converse(swarm, connection, "outgoing", startedMs)
  session.record.connectMs = connectMs
  countOverhead(session, connection)
  const onAbort = () => session.close(failure("aborted"))
  signal.addEventListener("abort", onAbort, { once: true })
  void session.ended.then(() => signal.removeEventListener("abort", onAbort))
  if (signal.aborted) onAbort()
  return succeed(session)
}

/** An encryption's handshake went over the wire too. */
export function countOverhead({ record }: Pick<Session, "record">, { overhead }: Connection): void {
  record.bytes.read += overhead?.read ?? 0
  record.bytes.written += overhead?.written ?? 0
}
