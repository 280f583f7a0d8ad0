/** A small real swarm on loopback, and the truth about it. The `demo` command and the tests share it. */
import type { Network } from "../network.ts"
import { countPieces } from "../torrent/bitfield.ts"
import { demoCast, type Actor } from "./cast.ts"
import { createPayload, type Payload } from "./payload.ts"
import { startPeer, type Peer } from "./peer.ts"
import { startTracker, type DemoTracker, type TrackerOptions } from "./tracker.ts"

export interface DemoPeer extends Peer {
  readonly name: string
  readonly honest: boolean
}

export interface PlantedLie {
  audit: string
  subject: string
}

export interface DemoSwarm {
  readonly payload: Payload
  readonly torrentBytes: Uint8Array
  readonly tracker: DemoTracker
  readonly trackerUrl: string
  readonly udpTrackerUrl: string
  readonly peers: readonly DemoPeer[]
  /** Every provable lie; nobody else may be accused. */
  readonly liars: readonly PlantedLie[]
  stop(): Promise<void>
}

export interface SwarmOptions {
  payload?: Payload
  cast?: (pieceCount: number) => readonly Actor[]
  /** The tracker multiplies its counts by this; 1 is an honest one. */
  inflate?: number
  tracker?: TrackerOptions
  /** What the torrent lists. */
  protocols?: readonly ("http" | "udp")[]
}

/** `network` should be bound to loopback: the peers listen wherever it does. */
export async function startDemoSwarm(network: Network, options: SwarmOptions = {}): Promise<DemoSwarm> {
  const { payload = createPayload(), inflate = 10, protocols = ["http"] } = options
  const tracker = await startTracker(network, {
    lies: inflate === 1 ? [] : [{ kind: "scaled", factor: inflate }],
    ...options.tracker,
  })
  const peers: DemoPeer[] = []
  const stop = async () => {
    await Promise.all(peers.map((peer) => peer.stop()))
    await tracker.stop()
  }
  const urls = protocols.map((protocol) => (protocol === "http" ? tracker.httpUrl : tracker.udpUrl))
  const liars: PlantedLie[] =
    inflate > 1
      ? urls.flatMap((url) =>
          ["phantom-seeders", "canary"].map((audit) => ({ audit, subject: `tracker:${url}` })),
        )
      : []

  try {
    for (const actor of (options.cast ?? demoCast)(payload.pieceCount)) {
      const peer = await startPeer(network, { ...actor, payload })
      peers.push(Object.assign(peer, { name: actor.name, honest: actor.lie === null }))
      if (actor.lie) liars.push({ audit: actor.lie, subject: `peer:${peer.address}` })
      await announce(tracker, payload, peer)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    payload,
    torrentBytes: payload.torrentBytes(urls),
    tracker,
    trackerUrl: tracker.httpUrl,
    udpTrackerUrl: tracker.udpUrl,
    peers,
    liars,
    stop,
  }
}

function announce(tracker: DemoTracker, payload: Payload, peer: Peer): Promise<void> {
  const missing = payload.pieceCount - countPieces(peer.claims)
  const leftBytes = missing * payload.pieceBytes
  return tracker.register({ infoHash: payload.infoHash, peerId: peer.peerId, port: peer.port, leftBytes })
}
