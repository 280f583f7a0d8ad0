// bittorrent-protocol 5.0.9 ships no types. Only what we use; its stream is streamx's, close enough to Node's.
declare module "bittorrent-protocol" {
  import type { Duplex } from "node:stream"

  export interface WireFeatures {
    dht?: boolean
    fast?: boolean
    extended?: boolean
  }

  /** `prototype.name` names the extension in `m` (BEP 10). */
  export interface WireExtension {
    onHandshake?(infoHash: string, peerId: string, features: WireFeatures): void
    onExtendedHandshake?(handshake: Record<string, unknown>): void
    onMessage?(payload: Uint8Array): void
  }

  export type Respond = (error: Error | null, block?: Uint8Array) => void

  export interface WireEvents {
    handshake: [infoHash: string, peerId: string, features: WireFeatures]
    choke: []
    unchoke: []
    interested: []
    uninterested: []
    have: [index: number]
    bitfield: [pieces: { buffer: Uint8Array; get(index: number): boolean }]
    request: [index: number, offset: number, length: number, respond: Respond]
    piece: [index: number, offset: number, block: Uint8Array]
    cancel: [index: number, offset: number, length: number]
    port: [port: number]
    suggest: [index: number]
    "have-all": []
    "have-none": []
    reject: [index: number, offset: number, length: number]
    "allowed-fast": [index: number]
    "keep-alive": []
    extended: [name: string | number, payload: Record<string, unknown> | Uint8Array]
    unknownmessage: [message: Uint8Array]
    download: [bytes: number]
    upload: [bytes: number]
    timeout: []
    close: []
    finish: []
    end: []
    error: [error: Error]
  }

  export interface OutstandingRequest {
    piece: number
    offset: number
    length: number
  }

  class Wire extends Duplex {
    constructor(type?: string, encryption?: 0 | 1 | 2)

    on<K extends keyof WireEvents>(event: K, listener: (...values: WireEvents[K]) => void): this
    on(event: string, listener: (...values: never[]) => void): this
    once<K extends keyof WireEvents>(event: K, listener: (...values: WireEvents[K]) => void): this
    once(event: string, listener: (...values: never[]) => void): this

    readonly peerId: string | null
    readonly peerIdBuffer: Uint8Array | null
    readonly amChoking: boolean
    readonly amInterested: boolean
    readonly peerChoking: boolean
    readonly peerInterested: boolean
    readonly hasFast: boolean
    readonly peerExtensions: WireFeatures
    readonly peerExtendedMapping: Record<string, number>
    readonly peerPieces: { buffer: Uint8Array; get(index: number): boolean }
    readonly requests: OutstandingRequest[]
    readonly peerRequests: OutstandingRequest[]
    /** Sent with `m` added; set it before the handshake. */
    extendedHandshake: Record<string, string | number | Uint8Array>
    /** Message id → name: becomes `m`. */
    extendedMapping: Record<number, string>

    use(extension: new (wire: Wire) => WireExtension): void
    setKeepAlive(enable: boolean): void
    setTimeout(ms: number, unref?: boolean): void

    handshake(infoHash: Uint8Array | string, peerId: Uint8Array | string, features?: WireFeatures): void
    keepAlive(): void
    choke(): void
    unchoke(): void
    interested(): void
    uninterested(): void
    have(index: number): void
    bitfield(pieces: Uint8Array): void
    request(index: number, offset: number, length: number, callback?: Respond): void
    piece(index: number, offset: number, block: Uint8Array): void
    cancel(index: number, offset: number, length: number): void
    port(port: number): void
    suggest(index: number): void
    haveAll(): void
    haveNone(): void
    reject(index: number, offset: number, length: number): void
    allowedFast(index: number): void
    extended(extension: number | string, payload: unknown): void

    // Private in the library: the guarded subclass overrides them, so the version is pinned exactly.
    protected _buffer: Uint8Array[]
    protected _bufferSize: number
    protected _parserSize: number
    protected _parse(size: number, parser: (bytes: Uint8Array) => void): void
    protected _processBuffer(): void
    protected _message(id: number, numbers: number[], data: Uint8Array | null): void
    protected _push(data: Uint8Array): void
    protected _onHandshakeBuffer(bytes: Uint8Array): void
    protected _onMessageLength(bytes: Uint8Array): void
    protected _onMessage(bytes: Uint8Array): void
    protected _onHave(index: number): void
    protected _onBitField(bytes: Uint8Array): void
    protected _onRequest(index: number, offset: number, length: number): void
    protected _onPiece(index: number, offset: number, block: Uint8Array): void
    protected _onReject(index: number, offset: number, length: number): void
    protected _onAllowedFast(index: number): void
    protected _onExtended(id: number, payload: Uint8Array): void
    protected _onFinish(): void
  }

  export default Wire
}
