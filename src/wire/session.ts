/**
 * One conversation with one peer, BEP 3 with the extensions of BEP 6, 10 and 52, from the open socket to its close. We ask and
 * record; we hold nothing, so we give nothing.
 */
import type { Endpoint, Sample } from "../evidence.ts"
import { failure, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection } from "../network.ts"
import { emptyBitfield, fullBitfield } from "../torrent/bitfield.ts"
import { pieceLength } from "../torrent/metainfo.ts"
import { createAlarm } from "./alarm.ts"
import { createClaims, readPieceIndex } from "./claims.ts"
import { identifyClient } from "./client-name.ts"
import { idIn, mergeHandshake, ownHandshake } from "./extension-handshake.ts"
import { createHashExchange } from "./hash-exchange.ts"
import { createOutbox } from "./outbox.ts"
import { createPexReader } from "./pex.ts"
import { createPipeline } from "./pipeline.ts"
import { createProofs, noProof } from "./proof.ts"
import { createRecord, type SessionRecord } from "./record.ts"
import { createSafeWire, type Greeting } from "./safe-wire.ts"
import { namedBy, offersV2, speaksExtensions, upgradeOf, type Swarm } from "./swarm.ts"
import { within } from "./waiting.ts"

export type { PexMessage } from "./pex.ts"
export type { SessionRecord } from "./record.ts"
export type { Swarm } from "./swarm.ts"

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
  /** Whether single blocks can be proven just now; not each one need be. */
  readonly provesBlocks: boolean
  /** How many blocks of 16 KiB (the last may be shorter) a piece has, without what only fills it up (BEP 47). */
  blocksIn(piece: number): number
  /**
   * The block from that byte of the piece on (a multiple of 16 KiB), with its proof; where there is none for it, the whole
   * piece: then the sample has no `offset`. `bad-proof`: the peer owed the proof, and the block may be right or wrong. Never
   * rejects.
   */
  fetchBlock(piece: number, offset: number, signal: AbortSignal): Promise<Sample>
  /**
   * The first bytes of a piece, a block at most. Nothing proves them. Null: the patience that any block gets. `deadlineMs`: given
   * up then, `timeout`, whatever else comes meanwhile. Never rejects.
   */
  fetchStart(
    piece: number,
    of: { bytes: number; patienceMs: number | null; deadlineMs?: number },
    signal: AbortSignal,
  ): Promise<Sample>
  /** The longest time so far in which it let what it owed us unanswered. */
  readonly silentMs: number
  /** Pieces that are still on their way, as they stand. */
  unfinished(): Sample[]
  close(why: Failure): void
}

const { blockBytes, maxAllowedFast } = limits.peer
const keepAliveMs = 100_000

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
  const claims = createClaims(record, {
    network,
    pieceCount: torrent.pieceCount,
    startedMs,
    openedMs,
    claimMs: swarm.claimMs ?? limits.peer.claimMs,
  })
  const outbox = createOutbox(connection.stream, record.bytes)
  const handshaken = Promise.withResolvers<Outcome<void>>()
  const pexHeard = Promise.withResolvers<boolean>()
  const pex = createPexReader()
  const ended = Promise.withResolvers<Failure>()
  let unchoked = Promise.withResolvers<boolean>()
  /** When what is being handled came in. */
  let arrivedMs = connectedMs
  let interested = false
  let keptAliveMs: number | null = null
  /** The id that they ask us to use; 0: they don't speak it. */
  let holepunchId = 0

  const wire = createSafeWire({
    pieceCount: torrent.pieceCount,
    speaks: [
      "lt_donthave",
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
      claims.introduced(arrivedMs)
    },
    onExtensionMessage(name, payload) {
      if (name === "lt_donthave") return dontHave(payload)
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
    onBitfield: (pieces) => claims.claim(pieces, arrivedMs),
    onHaveAll: () => claims.claim(fullBitfield(torrent.pieceCount), arrivedMs),
    onHaveNone: () => claims.claim(emptyBitfield(torrent.pieceCount), arrivedMs),
    onHave: (piece) => claims.have(piece, arrivedMs),
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
    ...(swarm.v2 && { onHashAnswer: (answer) => void hashes.onAnswer(answer) }),
    onPastClaim: () => claims.pastClaim(arrivedMs),
    onViolation: finish,
  })

  const hashes = createHashExchange({ network, send: (range) => wire.askHashes(range) })
  const lengthOf = (piece: number) => pieceLength(torrent, piece)
  const proofs = createProofs({
    pieceHashes: swarm.pieceHashes,
    v2: swarm.v2 ?? null,
    reference: swarm.reference ?? null,
    lengthOf,
    speaksV2: () => record.v2,
    hashes,
  })

  const pipeline = createPipeline({
    network,
    startedMs,
    throttle: swarm.throttle,
    blockMs: swarm.blockMs ?? limits.peer.blockMs,
    pieceBytes: torrent.pieceBytes,
    lengthOf,
    proofOf: (piece) => proofs.piece(piece),
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

  /** For the handshake; from then on for what keeps the connection alive. */
  const alarm = createAlarm(network, () => {
    if (record.handshakeMs === null) return finish(failure("handshake-timeout"))
    const dueMs = (keptAliveMs ?? openedMs + record.handshakeMs) + keepAliveMs
    if (network.now() < dueMs) return alarm.set(dueMs)
    wire.keepAlive()
    keptAliveMs = network.now()
    alarm.set(keptAliveMs + keepAliveMs)
  })

  const greet = (infoHash: Uint8Array, offersV2: boolean) =>
    wire.greet(infoHash, swarm.peerId, ownHandshake(swarm.clientVersion, swarm.listenPort), offersV2)

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
    const named = namedBy(swarm, infoHash)
    if (named === null) return finish(failure("wrong-info-hash"))
    const upgrade = direction === "incoming" && upgradeOf(swarm) !== null && offersV2(reserved)
    record.v2 = named === "v2" || upgrade
    // Answered even if we reached ourselves: our other end then knows it too.
    if (direction === "incoming") greet(upgrade ? (upgradeOf(swarm) ?? infoHash) : infoHash, false)
    if (Buffer.from(peerId).equals(swarm.peerId)) return finish(failure("self"))
    record.handshakeMs = arrivedMs - openedMs
    record.fast = wire.hasFast
    if (wire.hasFast) wire.haveNone()
    if (interested) wire.interested()
    claims.open(arrivedMs, speaksExtensions(reserved))
    handshaken.resolve(succeed(undefined))
  }

  /** BEP 54. A claim withdrawn before we asked is no lie; nor is what was already asked for then. */
  function dontHave(payload: Uint8Array): void {
    const piece = readPieceIndex(payload)
    if (piece === null || piece >= torrent.pieceCount)
      return finish(failure("protocol-error", `lt_donthave of ${payload.length} bytes: no piece`))
    if (!claims.dontHave(piece, arrivedMs)) return
    record.withdrawnClaims++
    pipeline.onDontHave(piece, arrivedMs)
  }

  function finish(why: Failure): void {
    if (record.end !== null) return
    record.end = why
    record.closedMs = network.now() - openedMs
    record.silence = silenceUntil(network.now())
    alarm.clear()
    pipeline.end(why)
    hashes.end(why)
    claims.end()
    wire.stop()
    outbox.flush()
    connection.close(why)
    handshaken.resolve({ ok: false, failure: why })
    pexHeard.resolve(false)
    unchoked.resolve(false)
    ended.resolve(why)
  }

  function silenceUntil(nowMs: number): SessionRecord["silence"] {
    const span = pipeline.longestSilence(nowMs)
    return (
      span && {
        fromMs: span.fromMs - startedMs,
        toMs: span.toMs - startedMs,
        waitedMs: span.waitedMs,
        heardMs: record.handshakeMs === null ? null : arrivedMs - startedMs,
        begunBytes: wire.begunBytes,
      }
    )
  }

  connection.stream.on("data", (bytes: Buffer) => {
    arrivedMs = network.now()
    record.bytes.read += bytes.length
    wire.receive(bytes)
  })
  void connection.ended.then(finish)
  alarm.set(connectedMs + (swarm.handshakeMs ?? limits.peer.handshakeMs))
  if (direction === "outgoing") greet(swarm.infoHash, upgradeOf(swarm) !== null)

  const session: Session = {
    direction,
    remote: connection.remote,
    record,
    handshaken: handshaken.promise,
    claimed: claims.settled,
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
    get provesBlocks() {
      return proofs.provesBlocks
    },
    blocksIn: (piece) => proofs.blocksIn(piece),
    async fetchBlock(piece, offset, signal) {
      const block = offset / blockBytes
      const bytes = proofs.blockLength(piece, block)
      const proof = bytes > 0 ? await proofs.block(piece, block) : null
      if (proof === null) return pipeline.fetch(piece, signal)
      return pipeline.fetchBlock(piece, { block, bytes }, proof, signal)
    },
    fetchStart(piece, { bytes, patienceMs, deadlineMs }, signal) {
      const atMost = Math.min(bytes, blockBytes, lengthOf(piece))
      const lone = {
        block: 0,
        bytes: atMost,
        ...(patienceMs !== null && { patienceMs }),
        ...(deadlineMs !== undefined && { deadlineMs }),
      }
      return pipeline.fetchBlock(piece, lone, noProof, signal)
    },
    get silentMs() {
      return pipeline.longestSilence(network.now())?.waitedMs ?? 0
    },
    unfinished: () => pipeline.unfinished(),
    close: finish,
  }
  return session
}

const noPexYet = () => ({ messages: 0, added: 0, dropped: 0 })
