/** A real peer on loopback: honest unless its behaviours say otherwise. */
import type { Endpoint } from "../evidence.ts"
import type { Listener, Network } from "../network.ts"
import { guardLibraries } from "../torrent/bencode.ts"
import { fullBitfield } from "../torrent/bitfield.ts"
import { formatEndpoint } from "../torrent/endpoint.ts"
import { clients, makePeerId, type Client } from "./identity.ts"
import { gainPieces } from "./gain.ts"
import type { Payload } from "./payload.ts"
import { honest, type Behaviour, type Host } from "./steps.ts"
import { createUplink } from "./uplink.ts"
import { startVisit, type Visit } from "./visit.ts"

export interface PeerOptions {
  payload: Payload
  client?: Client
  /** 20 bytes; else made from the client's prefix and chance. */
  peerId?: Uint8Array
  /** What it can serve, as a bitfield; all unless given. */
  holds?: Uint8Array
  /** What it says it has; what it holds unless given. */
  claims?: Uint8Array
  /** Payload bytes per second, all its visitors together. */
  bytesPerSecond?: number
  /** From their `interested` to our unchoke. */
  unchokeMs?: number
  /** BEP 6. */
  fast?: boolean
  /** A leecher's progress: one HAVE for each piece gained. */
  gainsPerSecond?: number
  /** The last one is the outermost. */
  behaviours?: readonly Behaviour[]
}

export interface Peer {
  readonly address: Endpoint
  readonly port: number
  readonly peerId: Uint8Array
  readonly client: Client
  readonly bytesPerSecond: number
  readonly holds: Uint8Array
  readonly claims: Uint8Array
  /** Visits so far, those that ended included. */
  readonly visitCount: number
  stop(): Promise<void>
}

/** `network` should be bound to loopback: the peer listens wherever it does. */
export async function startPeer(network: Network, options: PeerOptions): Promise<Peer> {
  guardLibraries()
  const { payload, client = clients.transmission, bytesPerSecond = Infinity } = options
  const holds = Uint8Array.from(options.holds ?? fullBitfield(payload.pieceCount))
  const claims = options.claims ? Uint8Array.from(options.claims) : holds
  const peerId = options.peerId ?? makePeerId(client, network.randomBytes(20))
  const steps = (options.behaviours ?? []).reduce((steps, behave) => behave(steps), honest)
  const uplink = createUplink(network, bytesPerSecond)
  const visits = new Set<Visit>()
  let visitCount = 0

  const listener = await listen(network, (connection) => {
    visitCount++
    const visit = startVisit(host, steps, connection)
    visits.add(visit)
    void visit.ended.then(() => visits.delete(visit))
  })
  const { fast = true, unchokeMs = 0 } = options
  const { port } = listener
  const host: Host = { network, payload, client, peerId, port, uplink, fast, unchokeMs, holds, claims }
  const stopGaining = gainPieces(host, visits, options.gainsPerSecond ?? 0)

  return {
    address: formatEndpoint("127.0.0.1", port),
    port,
    peerId,
    client,
    bytesPerSecond,
    holds,
    claims,
    get visitCount() {
      return visitCount
    },
    async stop() {
      stopGaining()
      uplink.stop()
      listener.close()
      for (const visit of visits) visit.end()
      await Promise.all([...visits].map((visit) => visit.ended))
    },
  }
}

async function listen(network: Network, onConnection: Parameters<Network["listen"]>[1]): Promise<Listener> {
  const listening = await network.listen(0, onConnection)
  if (!listening.ok) throw new Error(`a demo peer cannot listen: ${listening.failure.code}`)
  return listening.value
}
