/** BEP 3 and BEP 52 metainfo (v1, v2, hybrid): bytes → what the torrent says. */
import { createHash } from "node:crypto"
import type { Endpoint, Torrent } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import { decode, spanOf, type BencodeDictionary, type Irregularity } from "./bencode.ts"
import { scan } from "./bencode-scan.ts"
import { bytesOf, dictionaryOf, integerOf, textOf } from "./bencode-values.ts"
import { collectDefects, type Defects } from "./defects.ts"
import { filesWithPieces, placeTree, readFileTree, type TreeFile } from "./file-tree.ts"
import { joinParts } from "./hybrid.ts"
import { bounded, leaves, place, readFiles } from "./info-files.ts"
import { leafBytes } from "./merkle.ts"
import { metainfoKeys } from "./metainfo-keys.ts"
import { badEncoding, badMetainfo, badPieces, noInfo } from "./metainfo-refusals.ts"
import { readNodes, readTiers, readWebSeeds, type WebSeedUrl } from "./metainfo-sources.ts"
import { readPieceRoots, type LayersAre } from "./piece-layers.ts"
import { textDecoder, type DecodeText } from "./text.ts"
import { v2Pieces, type V2Pieces } from "./v2-pieces.ts"

export { pieceLength } from "./piece-length.ts"

export interface Metainfo {
  torrent: Torrent
  /** 20 bytes: SHA-1 of `info` exactly as received; v2 only: of its SHA-256 the first 20. */
  infoHash: Uint8Array
  /** 20 bytes for each piece; v2 only: none. */
  pieceHashes: Uint8Array
  /** Null: v1. */
  v2: V2Pieces | null
  /** BEP 12; trackers of one tier are alternatives. */
  tiers: string[][]
  webSeeds: WebSeedUrl[]
  nodes: Endpoint[]
  comment: string | null
  createdBy: string | null
  createdAt: string | null
  /** Sentences for people; none keeps the torrent from being audited. */
  defects: string[]
}

const hashBytes = 20

/** `name` is how messages call the file. Throws InputError, and nothing else. */
export function parseMetainfo(bytes: Uint8Array, name = "the file"): Metainfo {
  if (bytes.length > limits.metainfo.maxBytes)
    throw new InputError(
      "bad-metainfo",
      `${name} has ${bytes.length} bytes: more than the ${limits.metainfo.maxBytes} that are read`,
      "Is this the data rather than the .torrent?",
    )
  const { maxDepth, maxValues } = limits.metainfo
  const decoded = decode(bytes, { maxDepth, maxValues, allowTrailing: true, wanted: metainfoKeys })
  if (!decoded.ok) throw badEncoding(decoded.fault, bytes, name)
  const metainfo = dictionaryOf(decoded.value)
  const info = dictionaryOf(metainfo?.get("info"))
  const span = spanOf(bytes, "info")
  if (!metainfo || !info || !span) throw noInfo(metainfo)

  const defects = collectDefects()
  const trailing = bytes.length - decoded.end
  if (trailing > 0)
    defects.add(`${trailing} ${trailing === 1 ? "byte" : "bytes"} after the end of the torrent`)
  noteIrregularities(decoded.irregularities, defects)
  return interpret(metainfo, info, bytes.subarray(span.start, span.end), defects)
}

/** `raw` is `info` as received. Throws InputError, and nothing else. */
export function interpret(
  metainfo: BencodeDictionary,
  info: BencodeDictionary,
  raw: Uint8Array,
  defects: Defects,
  layersAre: LayersAre = "expected",
): Metainfo {
  const isV2 = isVersion2(info, defects)
  const isV1 = !isV2 || info.has("pieces")
  const inInfo = scan(raw, { maxValues: Infinity }).irregularities
  inInfo.delete("prototype-key")
  if (inInfo.size > 0)
    defects.add("`info` is not in BEP 3's one form: clients that encode it again compute another info hash")

  const sha1 = isV1 ? createHash("sha1").update(raw).digest() : null
  const sha256 = isV2 ? createHash("sha256").update(raw).digest() : null
  const infoHash = new Uint8Array((sha1 ?? sha256 ?? Buffer.alloc(0)).subarray(0, hashBytes))
  const decode = textDecoder(textOf(metainfo.get("encoding")))
  const title = nameOf(info, Buffer.from(infoHash).toString("hex"), decode, defects)
  const v1Files = isV1 ? readFiles(info, title, decode, defects) : null
  const tree = isV2 ? readFileTree(info, decode, defects) : null
  const sizeBytes = (v1Files ?? tree ?? []).reduce((sum, file) => sum + file.sizeBytes, 0)
  if (!Number.isSafeInteger(sizeBytes)) throw badMetainfo("the file sizes add up to more than 2⁵³ bytes")
  if (sizeBytes === 0) throw badMetainfo("it holds no data")
  const pieceBytes = pieceBytesOf(info, isV2)
  const files = v1Files ? place(tree ? joinParts(v1Files, tree, pieceBytes) : v1Files, pieceBytes) : null
  const pieceCount = v1Files
    ? Math.ceil(sizeBytes / pieceBytes)
    : (tree ?? []).reduce((sum, file) => sum + Math.ceil(file.sizeBytes / pieceBytes), 0)
  const pieceHashes = isV1 ? pieceHashesOf(info, pieceCount) : new Uint8Array()
  if (pieceCount > limits.metainfo.maxPieces) throw tooManyPieces(pieceCount)

  const isPrivateTorrent = isPrivate(metainfo, info, defects)
  const tiers = readTiers(metainfo, defects)
  const nodes = readNodes(metainfo, defects)
  if (isPrivateTorrent && nodes.length > 0) defects.add("private, and yet names DHT nodes")
  if (isPrivateTorrent && tiers.length === 0)
    defects.add("private, and without a tracker: nobody can be found")

  return {
    torrent: {
      name: title,
      infoHashV1: sha1?.toString("hex") ?? null,
      infoHashV2: sha256?.toString("hex") ?? null,
      private: isPrivateTorrent,
      sizeBytes,
      pieceBytes,
      pieceCount,
      files: files ?? placeTree(tree ?? [], pieceBytes),
    },
    infoHash,
    pieceHashes,
    v2: tree && v2Of(metainfo, tree, pieceBytes, layersAre, defects),
    tiers,
    webSeeds: readWebSeeds(metainfo, defects),
    nodes,
    comment: noteOf(metainfo, "comment", decode),
    createdBy: noteOf(metainfo, "created by", decode),
    createdAt: createdAtOf(metainfo, defects),
    defects: defects.lines(),
  }
}

/** BEP 52: to be checked before anything else, so that a newer torrent isn't called a broken one. */
function isVersion2(info: BencodeDictionary, defects: Defects): boolean {
  const version = integerOf(info.get("meta version"))
  if (version === 2) return true
  if (version !== null && version > 2)
    throw new InputError(
      "unsupported",
      `this torrent has meta version ${version}, which is newer than BEP 52's`,
      "A torrent of version 1 or 2 of the same files can be audited.",
    )
  if (info.has("meta version")) defects.add("`meta version` is not 2; read as v1")
  if (info.has("file tree") && !info.has("pieces"))
    throw badMetainfo("a `file tree` without `meta version` 2")
  if (info.has("file tree")) defects.add("a `file tree` without `meta version` 2; read as v1")
  return false
}

function v2Of(
  metainfo: BencodeDictionary,
  tree: readonly TreeFile[],
  pieceBytes: number,
  layersAre: LayersAre,
  defects: Defects,
): V2Pieces {
  const pieceRoots = readPieceRoots(metainfo, tree, pieceBytes, layersAre, defects)
  return v2Pieces(filesWithPieces(tree, pieceBytes), pieceBytes, pieceRoots)
}

export function noteIrregularities(found: ReadonlyMap<Irregularity, number>, defects: Defects): void {
  for (const [kind, offset] of found) defects.add(irregularities[kind](offset))
}

const irregularities: Record<Irregularity, (offset: number) => string> = {
  "leading-zero": (offset) => `a number with leading zeros (byte ${offset})`,
  "unsorted-keys": (offset) => `dictionary keys out of order (byte ${offset})`,
  "duplicate-key": (offset) =>
    `a key twice in one dictionary (byte ${offset}): the first counts, though some clients take the last`,
  "prototype-key": (offset) =>
    `a key named __proto__ (byte ${offset}), which changes the info hash in some clients`,
}

function nameOf(info: BencodeDictionary, hashHex: string, decode: DecodeText, defects: Defects): string {
  const bytes = bytesOf(info.get("name.utf-8")) ?? bytesOf(info.get("name"))
  const { text, clean } = bytes ? decode(bytes) : { text: "", clean: true }
  if (!clean) defects.add("names that are not UTF-8", text)
  if (text === "") defects.add("no name; the info hash stands in for it")
  else if (leaves(text)) defects.add("a name that leaves the download folder", text)
  return bounded(text, "a name", defects) || hashHex
}

function pieceBytesOf(info: BencodeDictionary, isV2: boolean): number {
  const value = info.get("piece length")
  const length = integerOf(value)
  if (value === undefined) throw badPieces("no `piece length`")
  if (length === null || length < 1) throw badPieces("`piece length` is not a positive number")
  if (length > limits.metainfo.maxPieceBytes)
    throw badPieces(`\`piece length\` of ${length} is more than ${limits.metainfo.maxPieceBytes}`)
  if (isV2 && (length < leafBytes || !Number.isInteger(Math.log2(length))))
    throw badPieces(`\`piece length\` of ${length}: v2 needs a power of two, ${leafBytes} at least`)
  return length
}

/** A copy, so that the whole file isn't kept for it. */
function pieceHashesOf(info: BencodeDictionary, expected: number): Uint8Array {
  const pieces = bytesOf(info.get("pieces"))
  if (!pieces) throw badPieces("no `pieces`")
  if (pieces.length % hashBytes !== 0)
    throw badPieces(`\`pieces\` has ${pieces.length} bytes: not whole hashes`)
  const count = pieces.length / hashBytes
  if (count !== expected) throw badPieces(`${count} hashes for ${expected} pieces`)
  return pieces.slice()
}

const tooManyPieces = (count: number): InputError =>
  new InputError(
    "bad-metainfo",
    `${count} pieces: more than the ${limits.metainfo.maxPieces} that are read`,
    "Rebuild the torrent with longer pieces.",
  )

/** BEP 27. In doubt private: telling the DHT can't be taken back. */
function isPrivate(metainfo: BencodeDictionary, info: BencodeDictionary, defects: Defects): boolean {
  if (metainfo.has("private")) defects.add("`private` stands outside `info`, where clients ignore it")
  const value = info.get("private")
  const flag = integerOf(value)
  if (value === undefined || flag === 0) return false
  if (flag !== 1) defects.add("`private` is neither 0 nor 1; taken as private")
  return true
}

function noteOf(metainfo: BencodeDictionary, key: string, decode: DecodeText): string | null {
  const bytes = bytesOf(metainfo.get(`${key}.utf-8`)) ?? bytesOf(metainfo.get(key))
  return bytes ? decode(bytes.subarray(0, limits.metainfo.maxNameBytes)).text : null
}

/** Seconds since 1970; anything that isn't a time in this era is no date. */
function createdAtOf(metainfo: BencodeDictionary, defects: Defects): string | null {
  const value = metainfo.get("creation date")
  const seconds = integerOf(value)
  if (value === undefined || seconds === 0) return null
  const latest = Date.UTC(2200, 0) / 1_000
  if (seconds !== null && seconds > 0 && seconds < latest) return new Date(seconds * 1_000).toISOString()
  defects.add("`creation date` is not a time")
  return null
}
