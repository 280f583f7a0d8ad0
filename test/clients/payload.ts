/** A generated payload, its .torrent, and copies of it with only some of the pieces. */
import { createCipheriv, createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { encode } from "./bencode.ts"

/** `all`, or the indices of the pieces held. */
export type Holding = "all" | readonly number[]

export interface Payload {
  readonly name: string
  readonly torrentFile: string
  readonly torrentBytes: Buffer
  /** Lowercase hex, 40 digits. */
  readonly infoHash: string
  readonly pieceBytes: number
  readonly pieceCount: number
  readonly sizeBytes: number
  readonly trackers: readonly (readonly string[])[]
  /** Pieces not held are zeros: files have their full length, so that clients must hash to know. */
  writeTo(directory: string, holding: Holding): void
  bytesOf(piece: number): Buffer
  /** The same swarm by another .torrent, called `name`. */
  with(name: string, around: Around): Payload
  /** The info dictionary as received over BEP 9. */
  readonly infoBytes: Buffer
}

/** What a .torrent, or a link, says besides the info: the info hash stays the same. */
export interface Around {
  /** BEP 12 tiers. */
  trackers?: readonly (readonly string[])[]
  /** BEP 5: DHT nodes, `host:port`. */
  nodes?: readonly string[]
}

export interface PayloadOptions {
  directory: string
  name: string
  sizeBytes: number
  pieceBytes: number
  /** BEP 12 tiers. */
  trackers: readonly (readonly string[])[]
  /** BEP 27 */
  private?: boolean
}

/** Same bytes for the same name: an AES key stream, far faster than a generator of our own. */
function keyStream(name: string, length: number): Buffer {
  const key = createHash("sha256").update(name).digest().subarray(0, 16)
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

/** File borders away from piece borders, one file smaller than a piece, one in a folder below. */
function layOut(sizeBytes: number): { path: string[]; length: number }[] {
  const small = 70_001
  const first = Math.floor(sizeBytes * 0.55) + 13
  const second = Math.floor(sizeBytes * 0.3) + 7
  return [
    { path: ["disc.img"], length: first },
    { path: ["notes.txt"], length: small },
    { path: ["extra", "manual.pdf"], length: second },
    { path: ["extra", "sources.tar"], length: sizeBytes - first - second - small },
  ]
}

export function createPayload(options: PayloadOptions): Payload {
  const { name, sizeBytes, pieceBytes, trackers } = options
  const content = keyStream(name, sizeBytes)
  const pieceCount = Math.ceil(sizeBytes / pieceBytes)
  const bytesOf = (piece: number) => content.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)
  const hashes = Array.from({ length: pieceCount }, (_, piece) =>
    createHash("sha1").update(bytesOf(piece)).digest(),
  )
  const files = layOut(sizeBytes)
  const secret = options.private ? { private: 1 } : {}
  const info = { name, "piece length": pieceBytes, pieces: Buffer.concat(hashes), files, ...secret }
  const infoBytes = encode(info)
  const torrentWith = ({ trackers: tiers = [], nodes = [] }: Around) =>
    encode({
      ...(tiers.length > 0
        ? { announce: tiers[0]?.[0] ?? "", "announce-list": tiers.map((tier) => [...tier]) }
        : {}),
      ...(nodes.length > 0 ? { nodes: nodes.map(hostAndPort) } : {}),
      info,
    })
  const describe = (called: string, around: Around) => {
    const torrentFile = join(options.directory, `${called}.torrent`)
    const torrentBytes = torrentWith(around)
    writeFileSync(torrentFile, torrentBytes)
    return { torrentFile, torrentBytes, trackers: around.trackers ?? [] }
  }
  mkdirSync(options.directory, { recursive: true })

  const payload: Payload = {
    name,
    ...describe(name, { trackers }),
    infoHash: createHash("sha1").update(infoBytes).digest("hex"),
    infoBytes,
    pieceBytes,
    pieceCount,
    sizeBytes,
    bytesOf,
    with: (called, around) => ({ ...payload, ...describe(called, around) }),
    writeTo(directory, holding) {
      const held = holding === "all" ? content : Buffer.alloc(sizeBytes)
      if (holding !== "all") for (const piece of holding) bytesOf(piece).copy(held, piece * pieceBytes)
      let offset = 0
      for (const file of files) {
        const path = join(directory, name, ...file.path)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, held.subarray(offset, offset + file.length))
        offset += file.length
      }
    },
  }
  return payload
}

const hostAndPort = (node: string): [string, number] => {
  const colon = node.lastIndexOf(":")
  return [node.slice(0, colon), Number(node.slice(colon + 1))]
}

/** BEP 9. */
export function magnetOf(
  payload: Payload,
  around: { trackers?: readonly string[]; peers?: readonly string[] },
): string {
  const pairs = [
    ["dn", payload.name],
    ...(around.trackers ?? []).map((url) => ["tr", url]),
    ...(around.peers ?? []).map((peer) => ["x.pe", peer]),
  ]
  const rest = pairs.map(([key, value]) => `&${key}=${encodeURIComponent(value ?? "")}`)
  return `magnet:?xt=urn:btih:${payload.infoHash}${rest.join("")}`
}

/** Every piece whose index gives a remainder below `kept` when divided by `period`. */
export const strided = (payload: Payload, period: number, kept: number): number[] =>
  Array.from({ length: payload.pieceCount }, (_, piece) => piece).filter((piece) => piece % period < kept)

/** Pieces from `from` up to but not including `to`. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
