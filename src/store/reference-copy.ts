/** `--reference DIR`: the publisher's own copy, held against the torrent first, so that any block of any peer can be held against it. */
import { createHash } from "node:crypto"
import type { File } from "../evidence.ts"
import { limits } from "../limits.ts"
import { leafBytes, leafHash, merkleHashBytes, merkleRoot, sameHash, treeWidth } from "../torrent/merkle.ts"
import type { Metainfo } from "../torrent/metainfo.ts"
import { isV2Only, pieceLength } from "../torrent/piece-length.ts"
import type { Reference } from "../torrent/reference.ts"
import { pieceRoot, piecesIn, pieceWidth, v2PieceLength } from "../torrent/v2-pieces.ts"
import { findReferenceFiles, type ReferenceFiles } from "./reference-files.ts"

export interface ReferenceOptions {
  /** From 0 to 1, while the copy is read. */
  onProgress?: (fraction: number) => void
  /** What isn't checked by then counts as missing. */
  signal?: AbortSignal
}

const sha1Bytes = 20

const missing = 0
const wrong = 1
const right = 2
type PieceState = typeof missing | typeof wrong | typeof right

/**
 * `where`: the torrent's folder, the folder that holds it, or its only file. Reads the whole copy once. Piece roots that the
 * torrent's metadata lacked are filled in from a file that fits its root. Throws InputError where none of the files is there.
 */
export async function openReference(
  where: string,
  metainfo: Metainfo,
  { onProgress, signal = new AbortController().signal }: ReferenceOptions = {},
): Promise<Reference> {
  const { torrent } = metainfo
  const files = await findReferenceFiles(where, torrent, signal)
  const read = readerOf(metainfo, files)
  const states = await check(metainfo, read, signal, onProgress)
  const count = (state: PieceState) => states.reduce((sum, each) => sum + (each === state ? 1 : 0), 0)
  return {
    right: count(right),
    wrong: count(wrong),
    missing: count(missing),
    async block(piece, offset, lengthBytes) {
      const inside = offset >= 0 && lengthBytes > 0 && offset + lengthBytes <= pieceLength(torrent, piece)
      if (!inside || states[piece] !== right) return null
      const block = new Uint8Array(lengthBytes)
      return (await read(piece, offset, block)) ? block : null
    },
    async stillRight(piece) {
      if (states[piece] === right) states[piece] = (await checkPiece(metainfo, piece, read, unhurried)).state
      return states[piece] === right
    },
    close: () => files.close(),
  }
}
const unhurried = new AbortController().signal

/** One that has nothing. */
export const unusableReference = ({ torrent }: Metainfo): Reference => ({
  right: 0,
  wrong: 0,
  missing: torrent.pieceCount,
  block: () => Promise.resolve(null),
  stillRight: () => Promise.resolve(false),
  close: () => Promise.resolve(),
})

/** Fills `into` from a byte of a piece on, padding as zeros; false where a file isn't there in full. */
type Read = (piece: number, offset: number, into: Uint8Array) => Promise<boolean>

function readerOf({ torrent }: Metainfo, files: ReferenceFiles): Read {
  const placed = placedIn(torrent)
  return async (piece, offset, into) => {
    const from = piece * torrent.pieceBytes + offset
    let done = 0
    for (let i = lastUpTo(placed, from); done < into.length; i++) {
      const next = placed[i]
      if (!next) return false
      const { file, start, again } = next
      const part = into.subarray(done, start + file.sizeBytes - from)
      if (file.pad) part.fill(0)
      else if (again || !(await files.read(file, from + done - start, part))) return false
      done += part.length
    }
    return true
  }
}

interface Placed {
  file: File
  /** Another file of the torrent had its path before: only one of them can be there, and none is read a thousand times over. */
  again: boolean
  /** Its first byte, where pieces follow each other without gaps. */
  start: number
}

function placedIn(torrent: Metainfo["torrent"]): Placed[] {
  const aligned = isV2Only(torrent)
  const paths = new Set<string>()
  let offset = 0
  return torrent.files.flatMap((file): Placed[] => {
    const start = aligned ? file.firstPiece * torrent.pieceBytes : offset
    offset += file.sizeBytes
    if (file.sizeBytes === 0) return []
    const again = !file.pad && paths.has(file.path)
    paths.add(file.path)
    return [{ file, start, again }]
  })
}

/** The last that begins at this byte or before. */
function lastUpTo(placed: readonly Placed[], at: number): number {
  let low = 0
  let high = placed.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((placed[middle]?.start ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

async function check(
  metainfo: Metainfo,
  read: Read,
  signal: AbortSignal,
  onProgress: (fraction: number) => void = () => undefined,
): Promise<Uint8Array> {
  const { torrent, v2 } = metainfo
  const states = new Uint8Array(torrent.pieceCount)
  const room = roomFor(torrent)
  /** As the copy has them, for files whose piece layer the torrent's metadata lacked. */
  const roots = v2 ? new Uint8Array(v2.pieceRoots.length) : null
  for (let piece = 0; piece < torrent.pieceCount && !signal.aborted; piece++) {
    const found = await checkPiece(metainfo, piece, read, signal, room)
    states[piece] = found.state
    if (found.root !== null) roots?.set(found.root, piece * merkleHashBytes)
    onProgress((piece + 1) / torrent.pieceCount)
    if (v2 && roots && endsFile(metainfo, piece)) judgeFile(metainfo, piece, states, roots)
  }
  if (signal.aborted && isV2Only(torrent)) forgetUnproven(metainfo, states)
  return states
}

/** What is read at once; one for all pieces, since thousands wait for the collector. */
const roomFor = ({ pieceBytes }: Metainfo["torrent"]): Uint8Array =>
  new Uint8Array(Math.min(pieceBytes, limits.reference.chunkBytes))

/** A piece whose root is unknown counts as right until its file's end tells. */
async function checkPiece(
  { torrent, pieceHashes, v2 }: Metainfo,
  piece: number,
  read: Read,
  signal: AbortSignal,
  room: Uint8Array = roomFor(torrent),
): Promise<{ state: PieceState; root: Uint8Array | null }> {
  const lengthBytes = pieceLength(torrent, piece)
  const realBytes = v2 ? v2PieceLength(v2, piece) : 0
  const sha1 = pieceHashes.length > 0 ? createHash("sha1") : null
  const leaves: Uint8Array[] = []
  const chunk = room.subarray(0, lengthBytes)
  for (let at = 0; at < lengthBytes; at += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, lengthBytes - at))
    if (signal.aborted || !(await read(piece, at, part))) return { state: missing, root: null }
    sha1?.update(part)
    const real = part.subarray(0, Math.max(0, realBytes - at))
    for (let leaf = 0; leaf < real.length; leaf += leafBytes)
      leaves.push(leafHash(real.subarray(leaf, leaf + leafBytes)))
  }
  const ofV1 = pieceHashes.subarray(sha1Bytes * piece, sha1Bytes * (piece + 1))
  if (sha1 && !sha1.digest().equals(ofV1)) return { state: wrong, root: null }
  if (!v2) return { state: right, root: null }
  const root = merkleRoot(Buffer.concat(leaves), pieceWidth(v2, piece))
  const known = pieceRoot(v2, piece)
  return { state: known === null || sameHash(known, root) ? right : wrong, root }
}

function endsFile({ v2 }: Metainfo, piece: number): boolean {
  if (!v2) return false
  const file = v2.fileOf(piece)
  return piece === file.firstPiece + piecesIn(file, v2.pieceBytes) - 1
}

/** Without its piece layer, a v2 file is right as a whole or not known to be. */
function judgeFile({ torrent, v2 }: Metainfo, last: number, states: Uint8Array, roots: Uint8Array): void {
  if (!v2 || pieceRoot(v2, last) !== null) return
  const { firstPiece, piecesRoot } = v2.fileOf(last)
  const ofFile = states.subarray(firstPiece, last + 1)
  const layer = roots.subarray(firstPiece * merkleHashBytes, (last + 1) * merkleHashBytes)
  const root = merkleRoot(layer, treeWidth(ofFile.length), Math.log2(v2.pieceBytes / leafBytes))
  if (!ofFile.includes(missing) && sameHash(root, piecesRoot))
    v2.pieceRoots.set(layer, firstPiece * merkleHashBytes)
  else if (isV2Only(torrent)) ofFile.fill(ofFile.includes(missing) ? missing : wrong)
}

function forgetUnproven({ v2 }: Metainfo, states: Uint8Array): void {
  for (const piece of states.keys())
    if (v2 && states[piece] === right && pieceRoot(v2, piece) === null) states[piece] = missing
}
