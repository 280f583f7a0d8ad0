/**
 * BEP 9: one visit to one peer for the metadata that fits an info hash, by the same guarded wire as every session. All of it
 * comes from this one peer, so that wrong metadata has one author.
 */
import type { Endpoint } from "../evidence.ts"
import { failure, type Failure, type Outcome } from "../failure.ts"
import { toEndpoint, type Connection, type Network } from "../network.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import { createAlarm } from "./alarm.ts"
import { exchangeMetadata } from "./metadata-exchange.ts"
import { createMetadataPieces, type MetadataPieces } from "./metadata-pieces.ts"
import type { PexMessage } from "./pex.ts"

/** What all visits of a search share; each time is `limits.metadata`'s unless given here, `connectMs` the pace's. */
export interface MetadataSwarm {
  readonly infoHash: Uint8Array
  readonly peerId: Uint8Array
  /** Told to peers as `p`; null while we don't listen. */
  readonly listenPort: number | null
  readonly clientVersion: string
  readonly network: Network
  readonly connectMs?: number
  readonly handshakeMs?: number
  readonly extensionMs?: number
  readonly pieceMs?: number
  readonly pexMs?: number
  /** Ask peers whom they know (BEP 11). */
  readonly pex?: boolean
  /** Addresses are what a stranger says: nothing about them is checked. */
  onPex?(from: Endpoint, message: PexMessage): void
}

export interface MetadataFetch {
  /** The info dictionary as received, whose SHA-1 is the info hash. */
  outcome: Outcome<Uint8Array>
  /** A connection came about. */
  connected: boolean
  /** It may have the metadata later: it exchanges metadata, and lacks it itself. */
  lacking: boolean
  /** As TCP carried them, until the outcome. */
  bytes: number
  /** From the dial or the accept to the outcome. */
  ms: number
  pex: readonly PexMessage[]
}

/** `waiting`: for its turn to be asked; `listening`: the outcome is there, its PEX is not. */
export type MetadataStage = "dialling" | "greeting" | "waiting" | "fetching" | "listening" | "over"

export interface MetadataVisit {
  /** Of an incoming peer, its host with the port that it says it listens on, once it said so. */
  readonly address: Endpoint
  readonly stage: MetadataStage
  readonly stageMs: number
  /** On the right info hash, and not with ourselves. */
  readonly handshaken: boolean
  /** null: not told yet. */
  readonly sizeBytes: number | null
  readonly receivedBytes: number
  /** Both ways, as TCP carried them, so far. */
  readonly bytes: { readonly read: number; readonly written: number }
  /** Never rejects. */
  readonly fetched: Promise<MetadataFetch>
  /** The connection is closed. */
  readonly over: Promise<void>
  close(why: Failure): void
}

const defaultConnectMs = 10_000

/** From the dial to the outcome; then the connection is closed. Never rejects. */
export async function fetchMetadata(
  swarm: MetadataSwarm,
  via: Endpoint | Connection,
  signal: AbortSignal,
): Promise<MetadataFetch> {
  const visit = visitForMetadata(swarm, via, signal)
  const fetch = await visit.fetched
  visit.close(failure("idle"))
  return fetch
}

/** `turn` is awaited once the peer has said that it has metadata, before it is asked for any. */
export function visitForMetadata(
  swarm: MetadataSwarm,
  via: Endpoint | Connection,
  signal: AbortSignal,
  turn: (visit: MetadataVisit) => Promise<void> = () => Promise.resolve(),
): MetadataVisit {
  const { network } = swarm
  const startedMs = network.now()
  const fetched = Promise.withResolvers<MetadataFetch>()
  const over = Promise.withResolvers<void>()
  const heard: PexMessage[] = []
  const bytes = { read: 0, written: 0 }
  let address = typeof via === "string" ? via : via.remote
  let stage: MetadataStage = "dialling"
  let stageMs = startedMs
  let pieces: MetadataPieces | null = null
  let connected = false
  let handshaken = false
  let settled = false
  const dialling = new AbortController()
  let hangUp = (why: Failure) => (typeof via === "string" ? dialling.abort() : via.close(why))

  function enter(next: MetadataStage): void {
    stage = next
    stageMs = network.now()
  }

  function settle(outcome: Outcome<Uint8Array>, lacking = false): void {
    if (settled) return
    settled = true
    fetched.resolve({
      outcome,
      connected,
      lacking,
      bytes: bytes.read,
      ms: network.now() - startedMs,
      pex: heard,
    })
  }

  const onAbort = () => finish(failure("aborted"))
  function finish(why: Failure): void {
    if (stage === "over") return
    enter("over")
    signal.removeEventListener("abort", onAbort)
    alarm.clear()
    hangUp(why)
    settle({ ok: false, failure: why })
    over.resolve()
  }

  let dueMs = Infinity
  let overdue = failure("timeout")
  const alarm = createAlarm(network, () => {
    if (network.now() >= dueMs) finish(overdue)
    else if (dueMs < Infinity) alarm.set(dueMs)
  })
  function expectBy(atMs: number, why: Failure): void {
    dueMs = atMs
    overdue = why
    if (atMs < Infinity) alarm.set(atMs)
  }

  async function open(endpoint: Endpoint): Promise<void> {
    const at = parseEndpoint(endpoint)
    if (at === null) return finish(failure("filtered", "not an address and a port"))
    const timeoutMs = swarm.connectMs ?? defaultConnectMs
    const to = { host: at.host, port: at.port, signal: dialling.signal, timeoutMs }
    const dialled = await network.connect(to)
    if (!dialled.ok) return finish(dialled.failure)
    if (stage === "over") return dialled.value.close(failure("aborted"))
    converse(dialled.value)
  }

  function converse(connection: Connection): void {
    connected = true
    enter("greeting")
    hangUp = exchangeMetadata({
      swarm,
      connection,
      incoming: typeof via !== "string",
      bytes,
      stage: () => stage,
      enter,
      settle,
      finish,
      expectBy,
      onSize(sizeBytes) {
        pieces = createMetadataPieces(sizeBytes)
        return pieces
      },
      turn: () => turn(visit),
      onHandshaken() {
        handshaken = true
      },
      onPort(port) {
        const host = parseEndpoint(connection.remote)?.host
        if (host !== undefined) address = toEndpoint(host, port)
      },
      onPex(message) {
        heard.push(message)
        swarm.onPex?.(address, message)
      },
    })
  }

  const visit: MetadataVisit = {
    get address() {
      return address
    },
    get stage() {
      return stage
    },
    get stageMs() {
      return stageMs
    },
    get handshaken() {
      return handshaken
    },
    get sizeBytes() {
      return pieces?.sizeBytes ?? null
    },
    get receivedBytes() {
      return pieces?.receivedBytes ?? 0
    },
    bytes,
    fetched: fetched.promise,
    over: over.promise,
    close: finish,
  }
  if (signal.aborted) onAbort()
  else {
    signal.addEventListener("abort", onAbort, { once: true })
    if (typeof via === "string") void open(via)
    else converse(via)
  }
  return visit
}
