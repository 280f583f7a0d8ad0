/** A payload that nobody stores: every byte follows from the seed and its position, so a block is made when it is asked for. */
import { createHash } from "node:crypto"
import { sha1 } from "../network.ts"
import { encode, type Encodable } from "../torrent/bencode.ts"
import { hashTree, type HashTree } from "./hash-tree.ts"

const KiB = 1024
const cellBytes = 16 * KiB
const cellWords = cellBytes / 4

export interface PayloadOptions {
  name?: string
  seed?: number
  pieceBytes?: number
  files?: readonly { path: readonly string[]; sizeBytes: number }[]
  private?: boolean
  /** 2: v2 only (BEP 52), which takes one file here. */
  version?: 1 | 2
}

export interface Payload {
  readonly pieceBytes: number
  readonly pieceCount: number
  readonly sizeBytes: number
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** Null: v1. */
  readonly hashes: HashTree | null
  /** 20 bytes per piece. */
  readonly pieceHashes: Uint8Array
  pieceLength(piece: number): number
  /** Empty when any of it lies outside the piece. */
  read(piece: number, offset: number, length: number): Uint8Array
  torrentBytes(trackers: readonly string[]): Uint8Array
}

/** 24 MiB and a short last piece: at the demo's rates, an audit of it takes well under a minute. */
const demoFiles = [
  { path: ["recordings", "part-1.bin"], sizeBytes: 16 * KiB * KiB },
  { path: ["recordings", "part-2.bin"], sizeBytes: 8 * KiB * KiB },
  { path: ["notes.bin"], sizeBytes: 70_001 },
]

export function createPayload(options: PayloadOptions = {}): Payload {
  const { seed = 1, pieceBytes = 128 * KiB, files = demoFiles } = options
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const pieceCount = Math.ceil(sizeBytes / pieceBytes)
  const pieceLength = (piece: number) => Math.max(0, Math.min(pieceBytes, sizeBytes - piece * pieceBytes))

  const read = (piece: number, offset: number, length: number): Uint8Array => {
    if (piece < 0 || piece >= pieceCount || offset < 0 || length < 1) return new Uint8Array()
    if (offset + length > pieceLength(piece)) return new Uint8Array()
    const bytes = new Uint8Array(length)
    fill(bytes, seed, piece * pieceBytes + offset)
    return bytes
  }

  const pieceHashes = new Uint8Array(20 * pieceCount)
  const whole = new Uint8Array(pieceBytes)
  for (let piece = 0; piece < pieceCount; piece++) {
    fill(whole, seed, piece * pieceBytes)
    pieceHashes.set(sha1(whole.subarray(0, pieceLength(piece))), 20 * piece)
  }

  const hashes = options.version === 2 ? hashTree(blocks(), pieceBytes / cellBytes) : null
  const info = {
    ...(hashes ? v2Info(hashes, files) : v1Info(files, pieceHashes)),
    name: options.name ?? "torrent-audit demo",
    "piece length": pieceBytes,
    ...(options.private ? { private: 1 } : {}),
  }

  function* blocks(): Generator<Uint8Array> {
    for (let at = 0; at < sizeBytes; at += cellBytes)
      yield read(Math.floor(at / pieceBytes), at % pieceBytes, Math.min(cellBytes, sizeBytes - at))
  }

  return {
    pieceBytes,
    pieceCount,
    sizeBytes,
    infoHash: hashes
      ? createHash("sha256").update(encode(info)).digest().subarray(0, 20)
      : sha1(encode(info)),
    hashes,
    pieceHashes,
    pieceLength,
    read,
    torrentBytes: (trackers) =>
      encode({
        ...(trackers[0] ? { announce: trackers[0] } : {}),
        ...(trackers.length > 1 ? { "announce-list": trackers.map((url) => [url]) } : {}),
        ...(hashes ? { "piece layers": layersOf(hashes) } : {}),
        info,
      }),
  }
}

type Files = NonNullable<PayloadOptions["files"]>

const v1Info = (files: Files, pieces: Uint8Array) => ({
  files: files.map(({ path, sizeBytes }) => ({ length: sizeBytes, path })),
  pieces,
})

function v2Info({ piecesRoot }: HashTree, files: Files): Record<string, Encodable> {
  const [file] = files
  if (!file || files.length > 1) throw new Error("a v2 demo payload has one file")
  const leaf = { "": { length: file.sizeBytes, "pieces root": piecesRoot } }
  const tree = file.path.reduceRight<Encodable>((inside, name) => ({ [name]: inside }), leaf)
  return { "file tree": tree, "meta version": 2 }
}

const layersOf = ({ piecesRoot, pieceLayer }: HashTree): Map<string, Encodable> =>
  new Map([[Buffer.from(piecesRoot).toString("latin1"), pieceLayer]])

/** `into` becomes the payload from `start` on. */
function fill(into: Uint8Array, seed: number, start: number): void {
  const words = new Uint32Array(cellWords)
  const cell = new Uint8Array(words.buffer)
  for (let at = 0; at < into.length;) {
    fillCell(words, seed, Math.floor((start + at) / cellBytes))
    const part = cell.subarray((start + at) % cellBytes).subarray(0, into.length - at)
    into.set(part, at)
    at += part.length
  }
}

/** xorshift32 (Marsaglia 2003), started anew in each 16 KiB so that any block can be made by itself. */
function fillCell(words: Uint32Array, seed: number, index: number): void {
  let x = Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b) | 1
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words[i] = x
  }
}
