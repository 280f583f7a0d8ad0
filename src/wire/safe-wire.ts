/**
 * BEP 3, 6, 10 and 52 messages by bittorrent-protocol 5.0.9, guarded: the library trusts what it reads. Bytes go in through
 * `receive` and out through `send`; its stream side stays idle, so nothing is buffered on a peer's behalf.
 *
 * handshake: <19><BitTorrent protocol><reserved 8><info hash 20><peer id 20>      message: <length 4><id 1><payload>
 */
import Wire from "bittorrent-protocol"
import { classify, failure, type Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import { decode, type BencodeDictionary } from "../torrent/bencode.ts"
import { bitfieldBytes, clearSpareBits, countPieces } from "../torrent/bitfield.ts"
import { ownIds, type ExtensionName } from "./extension-handshake.ts"
import { hasRightLength, isPastClaim, messageIds } from "./messages.ts"
import { createFloodGauge, type FloodGauge } from "./flood.ts"
import { decodeHashAnswer, hashMessageIds, type HashAnswer } from "./hash-messages.ts"

export interface Greeting {
  infoHash: Uint8Array
  peerId: Uint8Array
  reserved: Uint8Array
}

/** What the other side said, checked and copied. `onViolation` comes once, and nothing after it. */
export interface WireHandlers {
  onHandshake(greeting: Greeting): void
  onExtensionHandshake(handshake: BencodeDictionary): void
  /** Of an extension that we named, and nothing else about it is checked. A view of the receive buffer. */
  onExtensionMessage(name: ExtensionName, payload: Uint8Array): void
  /** An extension message with an id that we gave to none. */
  onUnnamedExtension(): void
  onBitfield(pieces: Uint8Array): void
  onHaveAll(): void
  onHaveNone(): void
  onHave(piece: number): void
  onChoke(): void
  onUnchoke(): void
  /** A view of the receive buffer: copy what must last. Nothing says that it was asked for. */
  onBlock(piece: number, offset: number, block: Uint8Array): void
  onReject(piece: number, offset: number, length: number): void
  onAllowedFast(piece: number): void
  /** They ask for payload, or hashes: never answered. */
  onRequest(): void
  /** BEP 52. Nothing says that it was asked for. Not given: such messages are passed over like any unknown ones. */
  onHashAnswer?(answer: HashAnswer): void
  /** A message that may only follow the claim of pieces (BEP 3, BEP 6): who made none makes none any more. */
  onPastClaim(): void
  onViolation(why: Failure): void
}

export interface SafeWireOptions extends WireHandlers {
  /** null: not known before the metadata. */
  pieceCount: number | null
  /** Extensions that our handshake names. */
  speaks: readonly ExtensionName[]
  send(bytes: Uint8Array): void
  now(): number
}

export interface SafeWire {
  receive(bytes: Uint8Array): void
  /** Both sides speak the fast extension; known once both handshakes are through. */
  readonly hasFast: boolean
  /** Of a message whose rest hasn't come yet. */
  readonly begunBytes: number
  /**
   * `extension` is our extension handshake without its `m`; sent when the other side speaks BEP 10. `offersV2`: to go on
   * with the v2 info hash of a hybrid torrent (BEP 52), which the other side then answers with.
   */
  greet(
    infoHash: Uint8Array,
    peerId: Uint8Array,
    extension: Record<string, string | number>,
    offersV2?: boolean,
  ): void
  haveNone(): void
  interested(): void
  notInterested(): void
  keepAlive(): void
  /** `id` is the one that their extension handshake asks for. */
  extension(id: number, payload: Uint8Array): void
  /** BEP 52, see hash-messages. */
  askHashes(range: Uint8Array): void
  ask(piece: number, offset: number, length: number): void
  withdraw(piece: number, offset: number, length: number): void
  /** Nothing is read or sent any more. */
  stop(): void
}

export const createSafeWire = (options: SafeWireOptions): SafeWire => new GuardedWire(options)

/** piece: <length 9+X><id 7><index 4><begin 4><block X>. None is longer than what we ask for. */
const maxPieceMessageBytes = 9 + limits.peer.blockBytes

const lengthBytes = 4

/** In a handshake. BEP 52: the fourth most significant bit of the last reserved byte. */
const v2At = { byte: 27, bit: 0x10 }

/** Longer blocks cost their sender a fair share of bandwidth each; shorter ones count towards a flood. */
const blockOfSomeCost = 8_192
/** Small chunks are joined before they are many: one at a time would copy a long message over and over. */
const maxChunks = 64

// oxlint-disable no-underscore-dangle -- the library's own names

/** Overrides private members, so the version is pinned exactly; each override has a test that fails without it. */
class GuardedWire extends Wire implements SafeWire {
  readonly #options: SafeWireOptions
  #stopped = false
  #greetedMs: number | null = null
  /** Until our handshake left. */
  #offersV2 = false
  readonly #gauge: FloodGauge
  /** Of a message that is passed over. */
  #passedBytes = 0

  constructor(options: SafeWireOptions) {
    super()
    this.#options = options
    this.#gauge = createFloodGauge(options.pieceCount)
    for (const name of options.speaks) this.extendedMapping[ownIds[name]] = name
    this.on("have-all", () => options.onHaveAll())
    this.on("have-none", () => options.onHaveNone())
    this.on("choke", () => options.onChoke())
    this.on("unchoke", () => options.onUnchoke())
  }

  get begunBytes(): number {
    const inLength = this._parserSize === lengthBytes
    return this._bufferSize + this.#passedBytes + (inLength ? 0 : lengthBytes)
  }

  notInterested(): void {
    this.uninterested()
  }

  receive(bytes: Uint8Array): void {
    if (this.#stopped) return
    try {
      this._buffer.push(bytes)
      this._bufferSize += bytes.length
      if (this._bufferSize < this._parserSize && this._buffer.length < maxChunks) return
      if (this._buffer.length > 1) this._buffer = [Buffer.concat(this._buffer, this._bufferSize)]
      this._processBuffer()
    } catch (error) {
      this.#end(classify(error))
    }
  }

  greet(
    infoHash: Uint8Array,
    peerId: Uint8Array,
    extension: Record<string, string | number>,
    offersV2 = false,
  ): void {
    this.extendedHandshake = extension
    this.#offersV2 = offersV2
    this.handshake(infoHash, peerId, { fast: true })
  }

  askHashes(range: Uint8Array): void {
    this._message(hashMessageIds.request, [], range)
  }

  ask(piece: number, offset: number, length: number): void {
    this._message(messageIds.request, [piece, offset, length], null)
  }

  withdraw(piece: number, offset: number, length: number): void {
    this._message(messageIds.cancel, [piece, offset, length], null)
  }

  extension(id: number, payload: Uint8Array): void {
    this._message(messageIds.extended, [], Buffer.concat([Buffer.from([id]), payload]))
  }

  stop(): void {
    this.#stopped = true
    this._buffer = []
    this._bufferSize = 0
  }

  #end(why: Failure): void {
    if (this.#stopped) return
    this.stop()
    this.#options.onViolation(why)
  }

  #violate(detail: string): void {
    this.#end(failure("protocol-error", detail))
  }

  /** The library ends itself on garbage and on BEP 6 messages out of place, goes on parsing, and fakes a choke. */
  override end(): this {
    this.#violate(
      this.#greetedMs === null ? "not a BitTorrent handshake" : "fast extension was not agreed on",
    )
    return this
  }

  protected override _push(bytes: Uint8Array): void {
    if (this.#stopped) return
    if (this.#offersV2) {
      this.#offersV2 = false
      bytes[v2At.byte] = (bytes[v2At.byte] ?? 0) | v2At.bit
    }
    this.#options.send(bytes)
  }

  protected override _onHandshakeBuffer(bytes: Uint8Array): void {
    this.once("handshake", () => {
      this.#greetedMs = this.#options.now()
      this.#options.onHandshake({
        reserved: new Uint8Array(bytes.subarray(19, 27)),
        infoHash: new Uint8Array(bytes.subarray(27, 47)),
        peerId: new Uint8Array(bytes.subarray(47, 67)),
      })
    })
    super._onHandshakeBuffer(bytes)
  }

  /** The library has no upper bound, and reads lengths from 2³¹ as negative. */
  protected override _onMessageLength(bytes: Uint8Array): void {
    const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (length > limits.peer.maxMessageBytes) this.#violate(`message of ${length} bytes`)
    else if (length === 0) this.#allows(bytes.length)
    else if (length <= maxPieceMessageBytes) this._parse(length, (message) => this._onMessage(message))
    else this._parse(1, (id) => this.#onLongMessage(id, length))
  }

  /** Which message it is decides how long it may be, before the rest of it is let in. */
  #onLongMessage(first: Uint8Array, length: number): void {
    const [id = 0] = first
    const isNoAnswer = id === hashMessageIds.hashes && this.#options.onHashAnswer !== undefined
    if (id === messageIds.piece || isNoAnswer || !hasRightLength(id, length))
      this.#violate(`message ${id} of ${length} bytes`)
    else if (id === messageIds.bitfield && this.#isBitfieldWrong(length - 1))
      this.#violate(`bitfield of ${length - 1} bytes`)
    else if (id === messageIds.extended && length - 2 > limits.peer.maxExtensionBytes)
      this._parse(1, (name) => this.#onLongExtension(name[0] === 0, length - 2))
    else if (id === messageIds.bitfield || id === messageIds.extended)
      this._parse(length - 1, (rest) => this._onMessage(Buffer.concat([first, rest])))
    else if (this.#allows(length)) this.#passOver(length - 1, 1)
  }

  #onLongExtension(isHandshake: boolean, bytes: number): void {
    this.#violate(`extension ${isHandshake ? "handshake" : "message"} of ${bytes} bytes`)
  }

  /** What we don't know is never held: of thousands of peers, each could begin a message of the longest kind. */
  #passOver(leftBytes: number, passedBytes: number): void {
    this.#passedBytes = leftBytes === 0 ? 0 : passedBytes
    if (leftBytes === 0) return this._parse(lengthBytes, (length) => this._onMessageLength(length))
    const part = Math.min(leftBytes, maxPieceMessageBytes)
    this._parse(part, () => this.#passOver(leftBytes - part, passedBytes + part))
  }

  #isBitfieldWrong(bytes: number): boolean {
    const { pieceCount } = this.#options
    return pieceCount !== null && bytes !== bitfieldBytes(pieceCount)
  }

  protected override _onMessage(message: Uint8Array): void {
    const id = message[0] ?? -1
    if (!hasRightLength(id, message.length)) return this.#violate(`message ${id} of ${message.length} bytes`)
    const paysForItself = id === messageIds.piece && message.length >= blockOfSomeCost
    if (!paysForItself && !this.#allows(message.length)) return
    super._onMessage(message)
    if (id >= hashMessageIds.request && id <= hashMessageIds.reject) this.#onHashMessage(id, message)
    if (!this.#stopped && isPastClaim(id)) this.#options.onPastClaim()
  }

  /** The library knows nothing of these, and passes over them. */
  #onHashMessage(id: number, message: Uint8Array): void {
    if (!this.#options.onHashAnswer || this.#stopped) return
    if (id === hashMessageIds.request) return this.#options.onRequest()
    const answer = decodeHashAnswer(message)
    if (answer === null) this.#violate(`message ${id} of ${message.length} bytes`)
    else this.#options.onHashAnswer(answer)
  }

  #allows(bytes: number): boolean {
    const seconds = () => (this.#options.now() - (this.#greetedMs ?? 0)) / 1_000
    const allowed = this.#gauge.allows(bytes, seconds)
    if (!allowed) this.#violate("flood of messages")
    return allowed
  }

  #isPiece(index: number): boolean {
    return index >= 0 && index < (this.#options.pieceCount ?? limits.metainfo.maxPieces)
  }

  /** The library grows its own bitfield to whatever index it is told. */
  protected override _onHave(piece: number): void {
    if (this.#isPiece(piece)) this.#options.onHave(piece)
    else this.#violate(`have of piece ${piece >>> 0}`)
  }

  protected override _onBitField(bytes: Uint8Array): void {
    const { pieceCount } = this.#options
    // As long as any message may be: without metadata nothing says how long it should be.
    if (pieceCount === null) return this.#options.onBitfield(new Uint8Array(bytes))
    if (bytes.length !== bitfieldBytes(pieceCount)) return this.#violate(`bitfield of ${bytes.length} bytes`)
    const pieces = new Uint8Array(bytes) // a Buffer's `slice` would be a view
    const claimed = countPieces(pieces)
    if (countPieces(clearSpareBits(pieces, pieceCount)) !== claimed)
      return this.#violate("spare bits set in bitfield")
    this.#options.onBitfield(pieces)
  }

  /** The library answers each with a reject, however many wait to be sent. */
  protected override _onRequest(): void {
    this.#options.onRequest()
  }

  protected override _onPiece(piece: number, offset: number, block: Uint8Array): void {
    this.#options.onBlock(piece, offset, block)
  }

  /** The library makes an error with its stack for each, whatever was asked for: a flood of them was the dearest. */
  protected override _onReject(piece: number, offset: number, length: number): void {
    if (!this.hasFast) this.end()
    else this.#options.onReject(piece, offset, length)
  }

  protected override _onAllowedFast(piece: number): void {
    if (!this.hasFast) this.end()
    else if (this.#isPiece(piece)) this.#options.onAllowedFast(piece)
  }

  /** The library copies `m` into a plain object, and calls whatever it finds under a name. */
  protected override _onExtended(id: number, payload: Uint8Array): void {
    if (id !== 0) {
      const name = this.#options.speaks.find((spoken) => ownIds[spoken] === id)
      if (name === undefined) this.#options.onUnnamedExtension()
      else this.#options.onExtensionMessage(name, payload)
      return
    }
    if (payload.length > limits.peer.maxExtendedHandshakeBytes)
      return this.#violate(`extension handshake of ${payload.length} bytes`)
    const decoded = decode(payload, { allowTrailing: true })
    if (!decoded.ok)
      return this.#violate(`extension handshake: ${decoded.fault.reason} at ${decoded.fault.offset}`)
    if (!(decoded.value instanceof Map)) return this.#violate("extension handshake: not a dictionary")
    this.#options.onExtensionHandshake(decoded.value)
  }
}
