/** BEP 9 over one open connection: what is said, asked and answered, until there is an outcome or a reason to leave. */
import { fail, failure, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection } from "../network.ts"
import type { BencodeDictionary } from "../torrent/bencode.ts"
import { idIn, mergeHandshake, metadataBytesIn, ownHandshake } from "./extension-handshake.ts"
import type { MetadataStage, MetadataSwarm } from "./metadata.ts"
import { decodeMetadataMessage, metadataReject, metadataRequest } from "./metadata-message.ts"
import type { MetadataPieces } from "./metadata-pieces.ts"
import { createOutbox } from "./outbox.ts"
import { createPexReader, type PexMessage } from "./pex.ts"
import { createSafeWire, type Greeting } from "./safe-wire.ts"

/** The visit that this is the conversation of. */
export interface ExchangeContext {
  readonly swarm: MetadataSwarm
  readonly connection: Connection
  readonly incoming: boolean
  readonly bytes: { read: number; written: number }
  stage(): MetadataStage
  enter(stage: MetadataStage): void
  settle(outcome: Outcome<Uint8Array>, lacking?: boolean): void
  /** Also the outcome, if there is none yet. */
  finish(why: Failure): void
  /** Unless something else is expected by then, that is how it finishes. */
  expectBy(atMs: number, why: Failure): void
  onSize(sizeBytes: number): MetadataPieces
  /** Awaited before anything is asked for. */
  turn(): Promise<void>
  /** On the right info hash, and not with ourselves. */
  onHandshaken(): void
  /** Where it says it listens. */
  onPort(port: number): void
  onPex(message: PexMessage): void
}

/** Returns how to hang up. */
export function exchangeMetadata(context: ExchangeContext): (why: Failure) => void {
  const { swarm, connection, incoming, bytes } = context
  const { network } = swarm
  const outbox = createOutbox(connection.stream, bytes)
  const pexReader = createPexReader()
  let pieces: MetadataPieces | null = null
  let arrivedMs = network.now()
  let metadataId = 0
  let speaksPex = false
  let pexHeard = false
  let askedMs = 0
  let lastPieceMs = 0
  let strays = 0

  const finish = (code: Failure["code"], detail: string | null = null) =>
    context.finish(failure(code, detail))

  const wire = createSafeWire({
    pieceCount: null,
    speaks: swarm.pex === true ? ["ut_metadata", "ut_pex"] : ["ut_metadata"],
    now: () => arrivedMs,
    send: (sent) => outbox.send(sent),
    onHandshake: greeted,
    onExtensionHandshake: introduced,
    onExtensionMessage: (name, payload) => (name === "ut_pex" ? hearPex(payload) : hear(payload)),
    onUnnamedExtension() {},
    onBitfield() {},
    onHaveAll() {},
    onHaveNone() {},
    onHave() {},
    onChoke() {},
    onUnchoke() {},
    onBlock: stray,
    onReject() {},
    onAllowedFast() {},
    onRequest() {},
    onPastClaim() {},
    onViolation: (why) => context.finish(why),
  })

  const greet = (infoHash: Uint8Array) =>
    wire.greet(infoHash, swarm.peerId, ownHandshake(swarm.clientVersion, swarm.listenPort))

  function greeted({ infoHash, peerId, reserved }: Greeting): void {
    const ours = [swarm.infoHash, swarm.alsoInfoHash].find(
      (each) => each && Buffer.from(infoHash).equals(each),
    )
    if (!ours) return finish("wrong-info-hash")
    if (incoming) greet(ours)
    if (Buffer.from(peerId).equals(swarm.peerId)) return finish("self")
    context.onHandshaken()
    if (((reserved[5] ?? 0) & 0x10) === 0) return finish("unsupported", "no BEP 10")
    if (wire.hasFast) wire.haveNone()
    const extensionMs = swarm.extensionMs ?? limits.metadata.extensionMs
    context.expectBy(arrivedMs + extensionMs, failure("timeout", "no extension handshake"))
  }

  function introduced(handshake: BencodeDictionary): void {
    metadataId = idIn(handshake, "ut_metadata") ?? metadataId
    speaksPex = (idIn(handshake, "ut_pex") ?? (speaksPex ? 1 : 0)) > 0
    const { port } = mergeHandshake(handshake, null)
    if (incoming && port !== null) context.onPort(port)
    const sizeBytes = metadataBytesIn(handshake)
    if (context.stage() === "greeting") begin(sizeBytes ?? 0)
    else if (sizeBytes !== null && sizeBytes !== pieces?.sizeBytes) contradict(sizeBytes)
  }

  function begin(sizeBytes: number): void {
    if (metadataId === 0) return listenOn(fail("unsupported", "does not exchange metadata"))
    if (sizeBytes === 0) return listenOn(fail("unsupported", "has no metadata itself"), true)
    if (sizeBytes > limits.metadata.maxBytes) return finish("too-large", `metadata of ${sizeBytes} bytes`)
    pieces = context.onSize(sizeBytes)
    context.enter("waiting")
    context.expectBy(Infinity, failure("timeout"))
    void context.turn().then(() => {
      if (context.stage() !== "waiting") return
      context.enter("fetching")
      askedMs = lastPieceMs = network.now()
      ask()
    })
  }

  function ask(): void {
    if (pieces === null) return
    for (let piece = pieces.next(); piece !== null; piece = pieces.next())
      wire.extension(metadataId, metadataRequest(piece))
    const pieceMs = swarm.pieceMs ?? limits.metadata.pieceMs
    const paidMs = (pieces.receivedBytes / limits.metadata.leastBytesPerSecond) * 1_000
    if (askedMs + paidMs < lastPieceMs)
      context.expectBy(askedMs + paidMs + pieceMs, failure("timeout", "metadata came too slowly"))
    else context.expectBy(lastPieceMs + pieceMs, failure("timeout", "no more metadata came"))
  }

  function hear(payload: Uint8Array): void {
    const message = decodeMetadataMessage(payload)
    if (message === null) return finish("protocol-error", "not a metadata message")
    if (message.kind === "unknown") return
    if (message.kind === "request") {
      if (metadataId > 0) wire.extension(metadataId, metadataReject(message.piece))
      return stray()
    }
    if (pieces === null || context.stage() !== "fetching") return stray()
    if (message.kind === "reject")
      return pieces.waitsFor(message.piece) ? listenOn(fail("rejected", "metadata"), true) : stray()
    if (message.totalBytes !== null && message.totalBytes !== pieces.sizeBytes)
      return contradict(message.totalBytes)
    const added = pieces.add(message.piece, message.bytes)
    if (!added.ok) return context.finish(added.failure)
    if (!added.value) return stray()
    lastPieceMs = arrivedMs
    if (pieces.complete) conclude(pieces)
    else ask()
  }

  function conclude(whole: MetadataPieces): void {
    const verified = whole.verify(swarm.infoHash)
    context.settle(verified)
    context.finish(verified.ok ? failure("idle") : verified.failure)
  }

  function contradict(sizeBytes: number): void {
    if (pieces !== null)
      finish("protocol-error", `metadata of ${pieces.sizeBytes} bytes, then of ${sizeBytes}`)
  }

  /** What nobody asked for, and requests: we have nothing to give. */
  function stray(): void {
    if (++strays > limits.metadata.maxStrays) finish("protocol-error", "flood of metadata messages")
  }

  /** No metadata will come, but it may know others. */
  function listenOn(outcome: Outcome<Uint8Array>, lacking = false): void {
    context.settle(outcome, lacking)
    if (!speaksPex || swarm.pex !== true || pexHeard) return finish("idle")
    pieces = null
    context.enter("listening")
    context.expectBy(arrivedMs + (swarm.pexMs ?? limits.metadata.pexMs), failure("idle"))
  }

  function hearPex(payload: Uint8Array): void {
    const read = pexReader.read(payload, arrivedMs)
    if (!read.ok) return context.finish(read.failure)
    pexHeard = true
    context.onPex(read.value)
    if (context.stage() === "listening") finish("idle")
  }

  connection.stream.on("data", (received: Buffer) => {
    arrivedMs = network.now()
    bytes.read += received.length
    wire.receive(received)
  })
  void connection.ended.then((why) => context.finish(why))
  context.expectBy(
    arrivedMs + (swarm.handshakeMs ?? limits.metadata.handshakeMs),
    failure("handshake-timeout"),
  )
  if (!incoming) greet(swarm.infoHash)

  return (why) => {
    wire.stop()
    outbox.flush()
    connection.close(why)
  }
}
