/** Loopback peers for tests, and a plain visitor that tells what they do. */
import Wire from "bittorrent-protocol"
import { onTestFinished } from "vitest"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"
import { startPeer, type Peer, type PeerOptions } from "../../src/demo/peer.ts"
import { startDemoSwarm, type DemoSwarm, type SwarmOptions } from "../../src/demo/swarm.ts"
import { startTracker, type DemoTracker, type TrackerOptions } from "../../src/demo/tracker.ts"
import { failure, type Failure } from "../../src/failure.ts"
import { guardLibraries } from "../../src/torrent/bencode.ts"

const KiB = 1024

/** 20 pieces of 4 blocks each, the last one short. */
export const smallPayload: Payload = createPayload({
  pieceBytes: 64 * KiB,
  files: [
    { path: ["a.bin"], sizeBytes: 700_000 },
    { path: ["b.bin"], sizeBytes: 600_000 },
  ],
})

export async function peerFor(options: Partial<PeerOptions> = {}): Promise<Peer> {
  const peer = await startPeer(loopbackNetwork(), { payload: smallPayload, ...options })
  onTestFinished(() => peer.stop())
  return peer
}

export async function trackerFor(options: TrackerOptions = {}): Promise<DemoTracker> {
  const tracker = await startTracker(loopbackNetwork(), options)
  onTestFinished(() => tracker.stop())
  return tracker
}

export async function swarmFor(options: SwarmOptions = {}): Promise<DemoSwarm> {
  const swarm = await startDemoSwarm(loopbackNetwork(), options)
  onTestFinished(() => swarm.stop())
  return swarm
}

export interface Visitor {
  wire: Wire
  /** Everything that came in, as received. */
  received(): Buffer
  /** Resolves when that many bytes have come in. */
  untilReceived(count: number): Promise<Buffer>
  /** Resolves with the event's arguments, also if it has been emitted before. */
  saw(event: (typeof watched)[number]): Promise<unknown[]>
  /** Names of the events so far, in order. */
  log: string[]
  fetch(piece: number, offset: number, length: number): Promise<Uint8Array>
  /** Ends our side; resolves when the peer, having read all that we sent and sent all that it had to, has closed. */
  leave(): Promise<Failure>
  ended: Promise<Failure>
}

const watched = [
  "handshake",
  "extended",
  "bitfield",
  "have-all",
  "have-none",
  "have",
  "unchoke",
  "reject",
  "keep-alive",
  "piece",
] as const

export interface VisitorOptions {
  infoHash?: Uint8Array
  fast?: boolean
  peerId?: Uint8Array
  /** Sends nothing at all. */
  mute?: boolean
}

export async function visit(peer: Pick<Peer, "port">, options: VisitorOptions = {}): Promise<Visitor> {
  guardLibraries()
  const { infoHash = smallPayload.infoHash, fast = true, peerId = Buffer.alloc(20, "v") } = options
  const signal = new AbortController().signal
  const opened = await loopbackNetwork().connect({
    host: "127.0.0.1",
    port: peer.port,
    signal,
    timeoutMs: 5_000,
  })
  if (!opened.ok) throw new Error(opened.failure.code)
  const connection = opened.value
  onTestFinished(() => connection.close(failure("aborted")))

  const wire = new Wire("tcpOutgoing")
  const log: string[] = []
  const seen = new Map(watched.map((event) => [event, Promise.withResolvers<unknown[]>()]))
  for (const event of watched)
    wire.on(event, (...values: unknown[]) => {
      log.push(event)
      seen.get(event)?.resolve(values)
    })

  const chunks: Uint8Array[] = []
  const waiting = new Set<() => void>()
  const received = () => Buffer.concat(chunks)
  wire.on("data", (bytes: Uint8Array) => void connection.stream.write(bytes))
  connection.stream.on("data", (bytes: Uint8Array) => {
    chunks.push(bytes)
    for (const check of waiting) check()
    if (!wire.destroyed) wire.write(bytes)
  })
  void connection.ended.then(() => wire.destroy())
  if (!options.mute) wire.handshake(infoHash, peerId, { fast })

  return {
    wire,
    log,
    received,
    untilReceived: (count) =>
      new Promise((resolve) => {
        const check = () => {
          const bytes = received()
          if (bytes.length < count) return
          waiting.delete(check)
          resolve(bytes)
        }
        waiting.add(check)
        check()
      }),
    saw: (event) => seen.get(event)?.promise ?? Promise.reject(new Error(event)),
    fetch: (piece, offset, length) =>
      new Promise((resolve, reject) =>
        wire.request(piece, offset, length, (error, block) =>
          error || !block ? reject(error ?? new Error("no block")) : resolve(block),
        ),
      ),
    leave() {
      setImmediate(() => connection.stream.end())
      return connection.ended
    },
    ended: connection.ended,
  }
}

/** Handshaken, interested and unchoked. */
export async function admitted(peer: Pick<Peer, "port">, options: VisitorOptions = {}): Promise<Visitor> {
  const visitor = await visit(peer, options)
  await visitor.saw("handshake")
  visitor.wire.interested()
  await visitor.saw("unchoke")
  return visitor
}
