/** BEP 52: what is known of each piece's bytes in a v2 or hybrid torrent, and what to ask a peer for to prove a block. */
import { fileAt } from "./file-at.ts"
import {
  climb,
  hashAt,
  leafBytes,
  merkleHashBytes,
  provenLayer,
  provesLeaf,
  sameHash,
  treeWidth,
  type HashRange,
} from "./merkle.ts"

export interface V2File {
  /** 32 bytes: the root over all its blocks, padded to a power of two. */
  readonly piecesRoot: Uint8Array
  readonly firstPiece: number
  readonly sizeBytes: number
}

export interface V2Pieces {
  readonly pieceBytes: number
  /**
   * 32 bytes for each piece: the root over its blocks. All zero: not known, as metadata from peers comes without piece
   * layers; `learnPieceRoots` fills them in.
   */
  readonly pieceRoots: Uint8Array
  /** Pieces begin at file boundaries: each lies in one file. Throws RangeError for a piece that there isn't. */
  fileOf(piece: number): V2File
}

/** A `hash request`'s payload: the file, and which of its hashes. */
export interface HashRequest extends HashRange {
  readonly piecesRoot: Uint8Array
}

/** `files` in the order of their pieces, without empty ones. */
export function v2Pieces(files: readonly V2File[], pieceBytes: number, pieceRoots: Uint8Array): V2Pieces {
  return {
    pieceBytes,
    pieceRoots,
    fileOf(piece) {
      const file = fileAt(files, piece)
      if (!file || !(piece < file.firstPiece + piecesIn(file, pieceBytes)))
        throw new RangeError(`no piece ${piece}`)
      return file
    },
  }
}

export const piecesIn = ({ sizeBytes }: Pick<V2File, "sizeBytes">, pieceBytes: number): number =>
  Math.ceil(sizeBytes / pieceBytes)

/** Bytes of the file in this piece: the last one of each file may be shorter. */
export function v2PieceLength(v2: V2Pieces, piece: number): number {
  const { firstPiece, sizeBytes } = v2.fileOf(piece)
  return Math.min(v2.pieceBytes, sizeBytes - (piece - firstPiece) * v2.pieceBytes)
}

/** Leaves of the tree of which the piece's root is the root; a file smaller than a piece has a tree of its own width. */
export function pieceWidth(v2: V2Pieces, piece: number): number {
  const { sizeBytes } = v2.fileOf(piece)
  return treeWidth(Math.ceil(Math.min(sizeBytes, v2.pieceBytes) / leafBytes))
}

/** Null: not known yet. */
export function pieceRoot(v2: V2Pieces, piece: number): Uint8Array | null {
  const root = v2.pieceRoots.subarray(piece * merkleHashBytes, (piece + 1) * merkleHashBytes)
  return root.length === merkleHashBytes && root.some((byte) => byte !== 0) ? root : null
}

/**
 * What must be asked so that the leaf of one block (counted in its piece) can be believed: its neighbour and the uncles up
 * to the piece's root, or to the file's while that is unknown. Null: nothing, as the leaf itself is the root.
 */
export function blockProofRequest(v2: V2Pieces, piece: number, block: number): HashRequest | null {
  const { piecesRoot, leaf } = placeOf(v2, piece, block)
  const width = trustedWidth(v2, piece)
  if (width === 1) return null
  return { piecesRoot, baseLayer: 0, index: leaf - (leaf % 2), length: 2, proofLayers: Math.log2(width) - 1 }
}

/** Whether `leaf`, the hash of what a peer sent for this block, is right; `answer`: what came to `blockProofRequest`. */
export function provesBlock(
  v2: V2Pieces,
  at: { readonly piece: number; readonly block: number },
  leaf: Uint8Array,
  answer: { readonly range: HashRange; readonly hashes: Uint8Array } | null,
): boolean {
  const { piecesRoot, leaf: index } = placeOf(v2, at.piece, at.block)
  const known = pieceRoot(v2, at.piece)
  if (answer === null) return trustedWidth(v2, at.piece) === 1 && sameHash(leaf, known ?? piecesRoot)
  const { range, hashes } = answer
  const layer = provenLayer(range)
  // An answer may lead higher than was needed, by then to the file's root.
  const top = known !== null && layer === Math.log2(pieceWidth(v2, at.piece)) ? known : piecesRoot
  if (top === piecesRoot && layer !== Math.log2(fileWidth(v2, at.piece))) return false
  return range.baseLayer === 0 && provesLeaf(range, hashes, index, leaf, top)
}

/** Asks for the root of a piece, and of its neighbour, with the proof up to the file's root. Null: it is known, or needs no asking. */
export function pieceRootRequest(v2: V2Pieces, piece: number): HashRequest | null {
  if (pieceRoot(v2, piece) !== null) return null
  const { piecesRoot, firstPiece } = v2.fileOf(piece)
  const index = piece - firstPiece
  const baseLayer = Math.log2(v2.pieceBytes / leafBytes)
  const proofLayers = Math.log2(fileWidth(v2, piece)) - baseLayer - 1
  return { piecesRoot, baseLayer, index: index - (index % 2), length: 2, proofLayers }
}

/** The answer to `pieceRootRequest`: fills in `pieceRoots` and returns true, or false where it doesn't lead to the file's root. */
export function learnPieceRoots(v2: V2Pieces, piece: number, range: HashRange, hashes: Uint8Array): boolean {
  const file = v2.fileOf(piece)
  if (range.baseLayer !== Math.log2(v2.pieceBytes / leafBytes)) return false
  if (provenLayer(range) !== Math.log2(fileWidth(v2, piece))) return false
  if (hashAt(range, hashes, piece - file.firstPiece) === null) return false
  const top = climb(range, hashes)
  if (top === null || !sameHash(top, file.piecesRoot)) return false
  const end = Math.min(range.index + range.length, piecesIn(file, v2.pieceBytes))
  for (let index = range.index; index < end; index++)
    v2.pieceRoots.set(
      hashAt(range, hashes, index) ?? new Uint8Array(),
      (file.firstPiece + index) * merkleHashBytes,
    )
  return true
}

/** In leaves: of the whole file's tree. */
const fileWidth = (v2: V2Pieces, piece: number): number =>
  treeWidth(Math.ceil(v2.fileOf(piece).sizeBytes / leafBytes))

/** In leaves: of the smallest tree above this piece whose root we know. */
const trustedWidth = (v2: V2Pieces, piece: number): number =>
  pieceRoot(v2, piece) === null ? fileWidth(v2, piece) : pieceWidth(v2, piece)

/** `leaf`: counted from the file's start. */
function placeOf(v2: V2Pieces, piece: number, block: number): { piecesRoot: Uint8Array; leaf: number } {
  const { piecesRoot, firstPiece } = v2.fileOf(piece)
  return { piecesRoot, leaf: (piece - firstPiece) * (v2.pieceBytes / leafBytes) + block }
}
