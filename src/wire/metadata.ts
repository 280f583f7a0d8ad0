/**
 * BEP 9: one visit to one peer for the metadata that fits an info hash, by the same guarded wire as every session. All of it
 * comes from this one peer, so that wrong metadata has one author.
 */
import type { Attempt, EncryptionPolicy, Endpoint } from "../evidence.ts"
import { failure, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import { toEndpoint, type Connection, type Network } from "../network.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import { createAlarm } from "./alarm.ts"
import { openConnection, plain, type Opened, type Way } from "./dial.ts"
import { exchangeMetadata } from "./metadata-exchange.ts"
import { createMetadataPieces, type MetadataPieces } from "./metadata-pieces.ts"
import { receiveEncryption } from "./mse.ts"
import type { PexMessage } from "./pex.ts"
import { race } from "./race.ts"
import type { UtpSocket } from "./utp.ts"

/** What all visits of a search share; each time is `limits.metadata`'s unless given here, `connectMs` the pace's. */
export interface MetadataSwarm {
  readonly infoHash: Uint8Array
  /** A hybrid's other one (BEP 52), where the link names it: some clients answer with it. */
  readonly alsoInfoHash?: Uint8Array | null
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
  /** Null where no UDP socket could be had: then peers are reached by TCP alone. */
  readonly utp?: UtpSocket | null
  /** Not given: `off`. */
  readonly encryption?: EncryptionPolicy
}

/** Where a peer is, and by which way it is dialled; `beside` when that one is late. */
export interface MetadataDial {
  readonly way: Way
  readonly beside: Way | null
}

/** A dial of ours, and how it ended. */
export type MetadataTry = Pick<Attempt, "transport" | "encryption" | "ok" | "failure" | "atMs">

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
  /** In order; none when it dialled us. */
  tried: readonly MetadataTry[]
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
  { way, beside }: MetadataDial = { way: plain, beside: null },
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
  const tried: MetadataTry[] = []
  let current: MetadataTry | null = null
  const dialling = new AbortController()
  let hangUp = (why: Failure) => (typeof via === "string" ? dialling.abort() : via.close(why))

  function enter(next: MetadataStage): void {
    stage = next
    stageMs = network.now()
  }

  function settle(outcome: Outcome<Uint8Array>, lacking = false): void {
    if (settled) return
    settled = true
    if (current !== null)
      Object.assign(current, { ok: handshaken, failure: outcome.ok ? failure("idle") : outcome.failure })
    fetched.resolve({
      outcome,
      connected,
      lacking,
      bytes: bytes.read,
      ms: network.now() - startedMs,
      pex: heard,
      tried,
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
    const dialled = await race<Opened>({
      network,
      way,
      beside,
      lateMs: limits.contact.lateMs,
      signal: dialling.signal,
      mayGreet() {
        connected = true
        return stage !== "over"
      },
      run: (entered, until, mayGreet) => openConnection(swarm, endpoint, entered, until, mayGreet),
      onStart({ way: entered, atMs, outcome }) {
        const { transport, encrypted } = entered
        const encryption = encrypted ? "mse-rc4" : "none"
        const dial: MetadataTry = { transport, encryption, ok: false, failure: null, atMs }
        tried.push(dial)
        void outcome.then((each) => {
          if (each.ok) current = dial
          else dial.failure = each.failure
        })
      },
    })
    if (!dialled.ok) return finish(dialled.failure)
    if (stage === "over") return dialled.value.connection.close(failure("aborted"))
    converse(dialled.value.connection)
  }

  async function answer(connection: Connection): Promise<void> {
    connected = true
    enter("greeting")
    const received = await receiveEncryption(connection, {
      infoHashes: [swarm.infoHash, ...(swarm.alsoInfoHash ? [swarm.alsoInfoHash] : [])],
      policy: swarm.encryption ?? "off",
      network,
      timeoutMs: swarm.handshakeMs ?? limits.metadata.handshakeMs,
    })
    if (!received.ok) finish(received.failure)
    else if (stage === "over") received.value.close(failure("aborted"))
    else converse(received.value)
  }

  function converse(connection: Connection): void {
    enter("greeting")
    bytes.read += connection.overhead?.read ?? 0
    bytes.written += connection.overhead?.written ?? 0
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
    else void answer(via)
  }
  return visit
}
