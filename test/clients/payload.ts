/** A generated payload, its .torrent, and copies of it with only some of the pieces. */
import { createCipheriv, createHash } from "node:crypto"
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs"
import { dirname, join } from "node:path"
import { encode } from "./bencode.ts"

/** `all`, or the indices of the pieces held. */
export type Holding = "all" | readonly number[]

export interface Payload {
  readonly name: string
  readonly torrentFile: string
  readonly torrentBytes: Buffer
  /** Lowercase hex, 40 digits: what the swarm is called; of a v2-only torrent, its own hash cut short. */
  readonly infoHash: string
  /** BEP 52, 64 digits; null: v1 alone. */
  readonly infoHashV2: string | null
  readonly pieceBytes: number
  readonly pieceCount: number
  readonly sizeBytes: number
  readonly trackers: readonly (readonly string[])[]
  /** Pieces not held are zeros: files have their full length, so that clients must hash to know. */
  writeTo(directory: string, holding: Holding): void
  /** Turns every byte of these pieces, in place: who checked its files before won't notice. */
  spoil(directory: string, pieces: readonly number[]): void
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
export function keyStream(name: string, length: number): Buffer {
  const key = createHash("sha256").update(name).digest().subarray(0, 16)
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

export interface LaidOut {
  path: readonly string[]
  length: number
}

/** File borders away from piece borders, one file smaller than a piece, one in a folder below. */
export function layOut(sizeBytes: number): LaidOut[] {
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
  const { name, sizeBytes, pieceBytes } = options
  const content = keyStream(name, sizeBytes)
  const hashes = Array.from({ length: Math.ceil(sizeBytes / pieceBytes) }, (_, piece) =>
    createHash("sha1")
      .update(content.subarray(piece * pieceBytes, (piece + 1) * pieceBytes))
      .digest(),
  )
  const files = layOut(sizeBytes)
  const secret = options.private ? { private: 1 } : {}
  const inOrder = files.map(({ path, length }) => ({ path: [...path], length }))
  const info = { name, "piece length": pieceBytes, pieces: Buffer.concat(hashes), files: inOrder, ...secret }
  const infoBytes = encode(info)
  let from = 0
  const extents = files.map((file) => ({ ...file, from: (from += file.length) - file.length }))
  const infoHash = createHash("sha1").update(infoBytes).digest("hex")
  return payloadOf(options, { infoBytes, pieceLayers: null, infoHash, infoHashV2: null, content, extents })
}

/** What is known once the info dictionary is made. */
export interface Made {
  infoBytes: Buffer
  /** BEP 52, encoded. */
  pieceLayers: Buffer | null
  infoHash: string
  infoHashV2: string | null
  /** As the pieces follow one another, gaps before the next file's first piece being zeros. */
  content: Buffer
  extents: readonly (LaidOut & { from: number })[]
}

export function payloadOf(options: PayloadOptions, made: Made): Payload {
  const { name, pieceBytes, directory } = options
  const { infoBytes, infoHash, infoHashV2, content, extents } = made
  const pieceCount = Math.ceil(content.length / pieceBytes)
  const bytesOf = (piece: number) => {
    const ends = extents.filter(({ from }) => from < (piece + 1) * pieceBytes)
    const end = Math.max(...ends.map(({ from, length }) => from + length))
    return content.subarray(piece * pieceBytes, Math.min(end, (piece + 1) * pieceBytes))
  }
  const torrentWith = ({ trackers: tiers = [], nodes = [] }: Around) =>
    dictionary({
      ...(tiers.length > 0
        ? {
            announce: encode(tiers[0]?.[0] ?? ""),
            "announce-list": encode(tiers.map((tier) => [...tier])),
          }
        : {}),
      ...(nodes.length > 0 ? { nodes: encode(nodes.map(hostAndPort)) } : {}),
      ...(made.pieceLayers ? { "piece layers": made.pieceLayers } : {}),
      info: infoBytes,
    })
  const describe = (called: string, around: Around) => {
    const torrentFile = join(directory, `${called}.torrent`)
    const torrentBytes = torrentWith(around)
    writeFileSync(torrentFile, torrentBytes)
    return { torrentFile, torrentBytes, trackers: around.trackers ?? [] }
  }
  mkdirSync(directory, { recursive: true })

  const payload: Payload = {
    name,
    ...describe(name, { trackers: options.trackers }),
    infoHash,
    infoHashV2,
    infoBytes,
    pieceBytes,
    pieceCount,
    sizeBytes: extents.reduce((sum, { length }) => sum + length, 0),
    bytesOf,
    with: (called, around) => ({ ...payload, ...describe(called, around) }),
    writeTo(where, holding) {
      const held = holding === "all" ? content : Buffer.alloc(content.length)
      if (holding !== "all") for (const piece of holding) bytesOf(piece).copy(held, piece * pieceBytes)
      for (const { path, from, length } of extents) {
        const file = join(where, name, ...path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, held.subarray(from, from + length))
      }
    },
    spoil(where, pieces) {
      for (const piece of pieces)
        for (const { path, from, length } of extents) {
          const start = Math.max(from, piece * pieceBytes)
          const end = Math.min(from + length, (piece + 1) * pieceBytes)
          if (start >= end) continue
          const turned = content.subarray(start, end).map((byte) => byte ^ 0xff)
          const file = openSync(join(where, name, ...path), "r+")
          writeSync(file, turned, 0, turned.length, start - from)
          closeSync(file)
        }
    },
  }
  return payload
}

const dictionary = (entries: Record<string, Buffer>): Buffer =>
  Buffer.concat([
    Buffer.from("d"),
    ...Object.keys(entries)
      .toSorted()
      .flatMap((key) => [encode(key), entries[key] ?? Buffer.alloc(0)]),
    Buffer.from("e"),
  ])

const hostAndPort = (node: string): [string, number] => {
  const colon = node.lastIndexOf(":")
  return [node.slice(0, colon), Number(node.slice(colon + 1))]
}

/** BEP 9 and, for v2, BEP 52: a multihash, of which 0x12 says SHA-256 and 0x20 its 32 bytes. */
export function magnetOf(
  payload: Payload,
  around: { trackers?: readonly string[]; peers?: readonly string[] },
): string {
  const { infoHash, infoHashV2 } = payload
  const topics = [
    ...(infoHashV2?.startsWith(infoHash) ? [] : [`urn:btih:${infoHash}`]),
    ...(infoHashV2 === null ? [] : [`urn:btmh:1220${infoHashV2}`]),
  ]
  const pairs = [
    ["dn", payload.name],
    ...(around.trackers ?? []).map((url) => ["tr", url]),
    ...(around.peers ?? []).map((peer) => ["x.pe", peer]),
  ]
  const rest = pairs.map(([key, value]) => `&${key}=${encodeURIComponent(value ?? "")}`)
  return `magnet:?${topics.map((topic) => `xt=${topic}`).join("&")}${rest.join("")}`
}

/** Every piece whose index gives a remainder below `kept` when divided by `period`. */
export const strided = (payload: Payload, period: number, kept: number): number[] =>
  Array.from({ length: payload.pieceCount }, (_, piece) => piece).filter((piece) => piece % period < kept)

/** Pieces from `from` up to but not including `to`. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
