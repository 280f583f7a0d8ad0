/**
 * One conversation with one peer, BEP 3 with the extensions of BEP 6 and 10, from the open socket to its close. We ask and
 * record; we hold nothing, so we give nothing.
 */
import type { EncryptionPolicy, Endpoint, Sample, Torrent } from "../evidence.ts"
import { failure, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection, Network } from "../network.ts"
import { emptyBitfield, fullBitfield } from "../torrent/bitfield.ts"
import { pieceLength } from "../torrent/metainfo.ts"
import { createAlarm } from "./alarm.ts"
import { identifyClient } from "./client-name.ts"
import { idIn, mergeHandshake, ownHandshake } from "./extension-handshake.ts"
import { createOutbox } from "./outbox.ts"
import { createPexReader, type PexMessage } from "./pex.ts"
import { createPipeline } from "./pipeline.ts"
import { createRecord, recordClaims, type SessionRecord } from "./record.ts"
import { createSafeWire, type Greeting } from "./safe-wire.ts"
import type { Throttle } from "./throttle.ts"
import type { UtpSocket } from "./utp.ts"
import { within } from "./waiting.ts"

export type { PexMessage } from "./pex.ts"
export type { SessionRecord } from "./record.ts"

/** What all sessions of a run share. */
export interface Swarm {
  readonly infoHash: Uint8Array
  readonly peerId: Uint8Array
  readonly torrent: Torrent
  /** 20 bytes per piece. */
  readonly pieceHashes: Uint8Array
  /** Told to peers as `p`; null while we don't listen. */
  listenPort: number | null
  readonly clientVersion: string
  readonly network: Network
  /** The start of the run, on the network's clock. */
  readonly startedMs: number
  readonly throttle: Throttle
  /** Each `limits.peer` unless given here; `connectMs` is the pace's. */
  readonly connectMs?: number
  readonly handshakeMs?: number
  readonly claimMs?: number
  readonly blockMs?: number
  /** Ask peers whom they know (BEP 11). Never of a private torrent. */
  readonly pex?: boolean
  /** Addresses are what a stranger says: nothing about them is checked. */
  onPex?(session: Session, message: PexMessage): void
  /** BEP 55, `ut_holepunch`: the payload as it came. Not given: we don't say that we speak it. */
  onHolepunch?(session: Session, payload: Uint8Array): void
  /** Null where no UDP socket could be had: then peers are reached by TCP alone. */
  readonly utp?: UtpSocket | null
  /** Not given: `off`. */
  readonly encryption?: EncryptionPolicy
}

export interface Session {
  readonly direction: "outgoing" | "incoming"
  readonly remote: Endpoint
  readonly record: SessionRecord
  readonly handshaken: Promise<Outcome<void>>
  /**
   * True once the peer said what it holds and, if it speaks BEP 10, who it is, or let the time for that pass, or said what may
   * only come later (and then, if it claimed nothing, holds nothing; a late claim still counts); false if it ended before.
   */
  readonly claimed: Promise<boolean>
  /** True once its first PEX message came; false if it ended before. */
  readonly pexHeard: Promise<boolean>
  readonly ended: Promise<Failure>
  showInterest(): void
  /** «Not interested»: several clients end a session after a minute in which an interested peer asks for nothing. */
  loseInterest(): void
  /** False when the time passed, the session ended, or the signal came. */
  untilUnchoked(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  /** BEP 55: it can tell another peer to dial us, and tells us so itself. */
  readonly speaksHolepunch: boolean
  sendHolepunch(payload: Uint8Array): void
  /** A whole piece. Several may be asked for, so that the pipeline never drains in between. Never rejects. */
  fetch(piece: number, signal: AbortSignal): Promise<Sample>
  /** Pieces that are still on their way, as they stand. */
  unfinished(): Sample[]
  close(why: Failure): void
}

const keepAliveMs = 100_000
/** More than any client names (BEP 6 suggests 10). */
const maxAllowedFast = 100

/** Waits for their handshake, and answers only one of this swarm. */
export const accept = (swarm: Swarm, connection: Connection): Session =>
  converse(swarm, connection, "incoming", swarm.network.now())

/** An open connection becomes a session, which handshakes by itself. `openedMs`: when the dial or the accept began. */
export function converse(
  swarm: Swarm,
  connection: Connection,
  direction: Session["direction"],
  openedMs: number,
): Session {
  const { network, torrent, startedMs } = swarm
  const connectedMs = network.now()
  const record = createRecord(
    connection,
    openedMs - startedMs,
    direction === "outgoing" ? connectedMs - openedMs : null,
  )
  const claims = recordClaims(record, torrent.pieceCount)
  const outbox = createOutbox(connection.stream, record.bytes)
  const handshaken = Promise.withResolvers<Outcome<void>>()
  const claimed = Promise.withResolvers<boolean>()
  const pexHeard = Promise.withResolvers<boolean>()
  const pex = createPexReader()
  const ended = Promise.withResolvers<Failure>()
  let unchoked = Promise.withResolvers<boolean>()
  /** When what is being handled came in. */
  let arrivedMs = connectedMs
  let interested = false
  /** The id that they ask us to use; 0: they don't speak it. */
  let holepunchId = 0
  let speaksExtensions = false
  let pastClaim = false
  let concluded = false

  const wire = createSafeWire({
    pieceCount: torrent.pieceCount,
    speaks: [
      ...(swarm.pex === true ? (["ut_pex"] as const) : []),
      ...(swarm.onHolepunch ? (["ut_holepunch"] as const) : []),
    ],
    now: () => arrivedMs,
    send: (bytes) => outbox.send(bytes),
    onHandshake: greeted,
    onExtensionHandshake(handshake) {
      record.extensions = mergeHandshake(handshake, record.extensions)
      if (swarm.pex === true && (idIn(handshake, "ut_pex") ?? 0) > 0) record.pex ??= noPexYet()
      holepunchId = idIn(handshake, "ut_holepunch") ?? holepunchId
      identify()
      settleClaim()
    },
    onExtensionMessage(name, payload) {
      if (name === "ut_holepunch") return swarm.onHolepunch?.(session, payload)
      const read = pex.read(payload, arrivedMs)
      if (!read.ok) return finish(read.failure)
      record.pex ??= noPexYet()
      record.pex.messages++
      record.pex.added += read.value.added.length
      record.pex.dropped += read.value.dropped.length
      pexHeard.resolve(true)
      swarm.onPex?.(session, read.value)
    },
    onUnnamedExtension: () => record.ignoredExtensions++,
    onBitfield: claim,
    onHaveAll: () => claim(fullBitfield(torrent.pieceCount)),
    onHaveNone: () => claim(emptyBitfield(torrent.pieceCount)),
    onHave(piece) {
      record.claimSent = true
      claims.have(piece, arrivedMs - startedMs)
    },
    onChoke() {
      if (!record.choked) unchoked = Promise.withResolvers()
      record.choked = true
      pipeline.onChoke(arrivedMs)
    },
    onUnchoke() {
      record.choked = false
      record.unchokeMs ??= arrivedMs - openedMs
      unchoked.resolve(true)
      pipeline.onUnchoke(arrivedMs)
    },
    onBlock(piece, offset, block) {
      if (!pipeline.onBlock(piece, offset, block, arrivedMs)) record.strayBytes += block.length
    },
    onReject(piece, offset) {
      if (pipeline.onReject(piece, offset, arrivedMs)) record.rejects++
    },
    onAllowedFast(piece) {
      if (record.allowedFast.length >= maxAllowedFast || record.allowedFast.includes(piece)) return
      record.allowedFast.push(piece)
      pipeline.onAllowedFast(piece, arrivedMs)
    },
    onRequest: () => record.ignoredRequests++,
    onPastClaim() {
      if (pastClaim) return
      pastClaim = true
      settleClaim()
    },
    onViolation: finish,
  })

  const pipeline = createPipeline({
    network,
    startedMs,
    throttle: swarm.throttle,
    blockMs: swarm.blockMs ?? limits.peer.blockMs,
    pieceBytes: torrent.pieceBytes,
    lengthOf: (piece) => pieceLength(torrent, piece),
    hashOf: (piece) => swarm.pieceHashes.subarray(20 * piece, 20 * piece + 20),
    reqq: () => record.extensions?.reqq ?? limits.peer.defaultReqq,
    hasFast: () => wire.hasFast,
    ask: (piece, offset, length) => wire.ask(piece, offset, length),
    withdraw: (piece, offset, length) => wire.withdraw(piece, offset, length),
    onReceived(bytes) {
      record.firstBlockMs ??= arrivedMs - openedMs
      record.payloadBytes += bytes
    },
    onSample(sample) {
      if (record.samples.length < limits.peer.maxSamples) record.samples.push(sample)
    },
    onViolation: (detail) => finish(failure("protocol-error", detail)),
  })

  const handshakeAlarm = createAlarm(network, () => finish(failure("handshake-timeout")))
  const claimAlarm = createAlarm(network, () => concludeClaim(network.now()))
  const keepAlive = createAlarm(network, () => {
    wire.keepAlive()
    keepAlive.set(network.now() + keepAliveMs)
  })

  const greet = () =>
    wire.greet(swarm.infoHash, swarm.peerId, ownHandshake(swarm.clientVersion, swarm.listenPort))

  function identify(): void {
    const peerId = Buffer.from(record.peerId ?? "", "hex")
    const { client, family } = identifyClient(peerId, record.extensions?.v ?? null)
    record.client = client
    record.clientFamily = family
  }

  function greeted({ infoHash, peerId, reserved }: Greeting): void {
    record.peerId = Buffer.from(peerId).toString("hex")
    record.reserved = Buffer.from(reserved).toString("hex")
    identify()
    if (!Buffer.from(infoHash).equals(swarm.infoHash)) return finish(failure("wrong-info-hash"))
    // Answered even if we reached ourselves: our other end then knows it too.
    if (direction === "incoming") greet()
    if (Buffer.from(peerId).equals(swarm.peerId)) return finish(failure("self"))
    handshakeAlarm.clear()
    record.handshakeMs = arrivedMs - openedMs
    record.fast = wire.hasFast
    speaksExtensions = ((reserved[5] ?? 0) & 0x10) !== 0
    if (wire.hasFast) wire.haveNone()
    if (interested) wire.interested()
    claimAlarm.set(arrivedMs + (swarm.claimMs ?? limits.peer.claimMs))
    keepAlive.set(arrivedMs + keepAliveMs)
    handshaken.resolve(succeed(undefined))
  }

  function claim(pieces: Uint8Array): void {
    record.bitfieldMs ??= arrivedMs - openedMs
    record.claimSent = true
    claims.claim(pieces, arrivedMs - startedMs)
    settleClaim()
  }

  function settleClaim(): void {
    if (concluded || (record.bitfieldMs === null && !pastClaim)) return
    if (!speaksExtensions || record.extensions !== null) concludeClaim(arrivedMs)
    else claimAlarm.set(arrivedMs + limits.peer.extensionMs)
  }

  function concludeClaim(nowMs: number): void {
    concluded = true
    claimAlarm.clear()
    if (record.pieces === null) claims.claim(emptyBitfield(torrent.pieceCount), nowMs - startedMs)
    claimed.resolve(true)
  }

  function finish(why: Failure): void {
    if (record.end !== null) return
    record.end = why
    record.closedMs = network.now() - openedMs
    for (const alarm of [handshakeAlarm, claimAlarm, keepAlive]) alarm.clear()
    pipeline.end(why)
    wire.stop()
    outbox.flush()
    connection.close(why)
    handshaken.resolve({ ok: false, failure: why })
    claimed.resolve(false)
    pexHeard.resolve(false)
    unchoked.resolve(false)
    ended.resolve(why)
  }

  connection.stream.on("data", (bytes: Buffer) => {
    arrivedMs = network.now()
    record.bytes.read += bytes.length
    wire.receive(bytes)
  })
  void connection.ended.then(finish)
  handshakeAlarm.set(connectedMs + (swarm.handshakeMs ?? limits.peer.handshakeMs))
  if (direction === "outgoing") greet()

  const session: Session = {
    direction,
    remote: connection.remote,
    record,
    handshaken: handshaken.promise,
    claimed: claimed.promise,
    pexHeard: pexHeard.promise,
    ended: ended.promise,
    showInterest() {
      interested = true
      if (record.handshakeMs !== null) wire.interested()
    },
    loseInterest() {
      if (interested && record.handshakeMs !== null) wire.notInterested()
      interested = false
    },
    async untilUnchoked(timeoutMs, signal) {
      if (!record.choked || record.end !== null) return record.end === null
      return within(network, unchoked.promise, timeoutMs, signal)
    },
    get speaksHolepunch() {
      return holepunchId > 0
    },
    sendHolepunch(payload) {
      if (holepunchId > 0 && record.end === null) wire.extension(holepunchId, payload)
    },
    fetch: (piece, signal) => pipeline.fetch(piece, signal),
    unfinished: () => pipeline.unfinished(),
    close: finish,
  }
  return session
}

const noPexYet = () => ({ messages: 0, added: 0, dropped: 0 })
