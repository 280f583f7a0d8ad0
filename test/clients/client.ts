/** What every real client looks like to the scenarios. One driver per client, in drivers/; the lab stops them all. */
import type { Child } from "./processes.ts"
import type { Host, Lab } from "./netns.ts"
import type { Holding, Payload } from "./payload.ts"

/** Where a client looks for peers, besides the trackers of its torrent. */
export interface Discovery {
  /**
   * Addresses of DHT nodes (IPv4, with a port each) that it knows from before; none: no DHT. The first is the entrance, for
   * those that take no more than one.
   */
  readonly dht: readonly string[]
  readonly pex: boolean
  readonly lsd: boolean
  /** Peers that it knows from before, `host:port`; a client that can't be told throws. */
  readonly peers?: readonly string[]
}

/** As all of them come, but for what the lab has not got by default: a DHT. */
export const usualDiscovery: Discovery = { dht: [], pex: true, lsd: false }

/** How it speaks to peers. What a client can't be told, it throws at. */
export interface Contact {
  /**
   * MSE: `off` refuses an encrypted handshake and makes none; `tolerated` makes none; `preferred` makes one first; `required`
   * refuses plaintext.
   */
  readonly encryption?: "off" | "tolerated" | "preferred" | "required"
  /** What it selects once both encrypted the handshake. */
  readonly cipher?: "plaintext" | "rc4"
  /** The only transport that it listens on and dials by. */
  readonly transport?: "tcp" | "utp"
  /** How many pieces it gives to whom it chokes (BEP 6). */
  readonly allowedFast?: number
}

export interface StartOptions {
  lab: Lab
  host: Host
  payload: Payload
  holding: Holding
  /** How many peers may be unchoked at a time; the client's default when absent. aria2 has no such setting. */
  uploadSlots?: number | undefined
  /** Shows each peer only a few of its pieces (BEP 16). A client without such a mode throws. */
  superSeeding?: boolean | undefined
  /** Where it listens for peers; the client's usual port when absent. */
  port?: number | undefined
  /** Knows the torrent, has not even its files, and does nothing before `resume`. `holding` must be none. */
  paused?: boolean | undefined
  /** `usualDiscovery` when absent. */
  discovery?: Discovery | undefined
  /** As the client comes, where absent. */
  contact?: Contact | undefined
}

/** What the client itself says. */
export interface Truth {
  pieces: readonly boolean[]
  haveCount: number
  version: string
  listenPort: number
  /** Addresses of the peers that it is connected to. */
  peers: readonly string[]
  /** By which way, from a client that tells. */
  connections?: readonly ConnectionTruth[]
}

export interface ConnectionTruth {
  address: string
  port: number
  transport: "tcp" | "utp"
  encryption: "none" | "mse-plaintext" | "mse-rc4"
  /** BEP 55 */
  holepunched: boolean
}

/** What it should look like on the wire; measured with wire.ts and read in the clients' sources. */
export interface Identity {
  /** Azureus style, first eight characters of the peer id. */
  peerIdPrefix: RegExp
  /** `v` of the extension handshake. */
  v: RegExp
  /** What a person should read: name and version. */
  client: RegExp
  /** `upload_only`: whether a seeder sends it; null when it never does. */
  uploadOnly: boolean | null
}

export interface RunningClient {
  readonly driver: string
  readonly host: Host
  readonly port: number
  readonly child: Child
  truth(): Promise<Truth>
  /** Starts a torrent that was added `paused`. */
  resume(): Promise<void>
}

export interface Driver {
  readonly name: string
  /** The command that must be installed. */
  readonly command: string
  readonly identity: Identity
  /** Resolves once the client hashed its data, started the torrent and knows what it holds. */
  start(options: StartOptions): Promise<RunningClient>
}

export const readyMs = 30_000

export function refuseSuperSeeding(name: string, superSeeding: boolean | undefined): void {
  if (superSeeding) throw new Error(`${name} can't super-seed`)
}

export function refusePeers(name: string, { peers = [] }: Discovery): void {
  if (peers.length > 0) throw new Error(`${name} can't be told of peers`)
}

/** `known`: what it can be told. */
export function refuseContact(
  name: string,
  contact: Contact,
  known: { readonly [What in keyof Contact]?: readonly Contact[What][] },
): void {
  for (const what of ["encryption", "cipher", "transport", "allowedFast"] as const) {
    const can: readonly unknown[] = known[what] ?? []
    if (contact[what] !== undefined && !can.includes(contact[what]))
      throw new Error(`${name} can't be told ${what} ${contact[what]}`)
  }
}

export const wanted = (payload: Payload, holding: Holding): number =>
  holding === "all" ? payload.pieceCount : holding.length

/** Bits in BEP 3 order. */
export const piecesOf = (bits: Uint8Array, pieceCount: number): boolean[] =>
  Array.from({ length: pieceCount }, (_, piece) => ((bits[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0)

export const countHeld = (pieces: readonly boolean[]): number => pieces.filter(Boolean).length
