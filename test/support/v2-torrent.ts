/** BEP 52 torrents of given files, built the slow and plain way that the code under test is held against. */
import { createHash } from "node:crypto"
import { encode, type Encodable } from "../../src/torrent/bencode.ts"

const leaf = 16_384
export const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest()
export const sha1 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha1")).digest()

/** The bytes from which the fixtures were made: SHA-256 of "name:0", "name:1" … joined. */
export function contentOf(name: string, sizeBytes: number): Buffer {
  const parts = Array.from({ length: Math.ceil(sizeBytes / 32) }, (_, i) =>
    sha256(Buffer.from(`${name}:${i}`)),
  )
  return Buffer.concat(parts).subarray(0, sizeBytes)
}

/** Layer 0 are the leaves, padded with zeros to a power of two, `width` at least. */
export function layersOf(bytes: Uint8Array, width = 1): Buffer[][] {
  let level: Buffer[] = []
  for (let at = 0; at < bytes.length; at += leaf) level.push(sha256(bytes.subarray(at, at + leaf)))
  while (level.length < width || !Number.isInteger(Math.log2(level.length))) level.push(Buffer.alloc(32))
  const layers = [level]
  while (level.length > 1) {
    const below = level
    level = []
    for (let i = 0; i < below.length; i += 2) level.push(sha256(below[i]!, below[i + 1]!))
    layers.push(level)
  }
  return layers
}

export const rootOf = (bytes: Uint8Array, width = 1): Buffer => layersOf(bytes, width).at(-1)![0]!

/** As BEP 52 says: of a file larger than a piece, the hashes that stand above one piece each. */
export function pieceLayerOf(bytes: Uint8Array, pieceBytes: number): Buffer {
  const layer = layersOf(bytes)[Math.log2(pieceBytes / leaf)] ?? []
  return Buffer.concat(layer.slice(0, Math.ceil(bytes.length / pieceBytes)))
}

export interface V2Fields {
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly pieceBytes?: number
  readonly name?: string
  /** With the v1 part too. */
  readonly hybrid?: boolean
  readonly top?: Record<string, Encodable>
  readonly info?: Record<string, Encodable>
}

/** `files`: paths joined with "/", in the order of the tree, → bytes. */
export function v2Torrent({
  files,
  pieceBytes = 32_768,
  name = "x",
  hybrid,
  top,
  info,
}: V2Fields): Uint8Array {
  type Tree = Map<string, Encodable | Tree>
  const tree: Tree = new Map()
  const layers = new Map<string, Encodable>()
  const v1Files: Encodable[] = []
  const v1Bytes: Uint8Array[] = []
  for (const [path, bytes] of Object.entries(files)) {
    let at = tree
    for (const element of path.split("/")) {
      const key = Buffer.from(element).toString("latin1")
      if (!at.has(key)) at.set(key, new Map())
      at = at.get(key) as Tree
    }
    const root = rootOf(bytes)
    at.set("", bytes.length === 0 ? { length: 0 } : { length: bytes.length, "pieces root": root })
    if (bytes.length > pieceBytes) layers.set(root.toString("latin1"), pieceLayerOf(bytes, pieceBytes))
    v1Files.push({ length: bytes.length, path: path.split("/") })
    const gap = (pieceBytes - (bytes.length % pieceBytes)) % pieceBytes
    if (gap > 0) v1Files.push({ attr: "p", length: gap, path: [".pad", String(gap)] })
    v1Bytes.push(bytes, new Uint8Array(gap))
  }
  const all = Buffer.concat(v1Bytes)
  const pieces = Array.from({ length: Math.ceil(all.length / pieceBytes) }, (_, i) =>
    sha1(all.subarray(i * pieceBytes, (i + 1) * pieceBytes)),
  )
  return encode({
    info: {
      "file tree": tree as ReadonlyMap<string, Encodable>,
      "meta version": 2,
      name,
      "piece length": pieceBytes,
      ...(hybrid ? { files: v1Files, pieces: Buffer.concat(pieces) } : {}),
      ...info,
    },
    "piece layers": layers,
    ...top,
  })
}
