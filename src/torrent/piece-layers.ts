/** BEP 52 `piece layers`: for each file of more than one piece, the hashes in its tree that stand above one piece each. */
import type { BencodeDictionary } from "./bencode.ts"
import { bytesOf, dictionaryOf } from "./bencode-values.ts"
import type { Defects } from "./defects.ts"
import { quoted, type TreeFile } from "./file-tree.ts"
import { leafBytes, merkleHashBytes, merkleRoot, sameHash, treeWidth } from "./merkle.ts"
import { badPieces } from "./metainfo-refusals.ts"

/** What BEP 9 metadata never has, as the layers stand outside `info`. */
export type LayersAre = "expected" | "elsewhere"

/**
 * 32 bytes for each piece: its root; all zero where the torrent doesn't say. Layers that don't lead to their file's
 * `pieces root` are refused; that there are none at all is a defect, as peers can send them.
 */
export function readPieceRoots(
  metainfo: BencodeDictionary,
  files: readonly TreeFile[],
  pieceBytes: number,
  layersAre: LayersAre,
  defects: Defects,
): Uint8Array {
  const pieceCount = files.reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / pieceBytes), 0)
  const roots = new Uint8Array(pieceCount * merkleHashBytes)
  const layers = layersAre === "expected" ? dictionaryOf(metainfo.get("piece layers")) : null
  if (layersAre === "expected" && !layers)
    defects.add(
      metainfo.has("piece layers") ? "`piece layers` is not a dictionary" : "no `piece layers` (BEP 52)",
    )
  /** Roots → pieces: identical files share a layer. */
  const proven = new Map<string, number>()
  let at = 0
  for (const { path, sizeBytes, piecesRoot } of files) {
    if (piecesRoot === null) continue
    const count = Math.ceil(sizeBytes / pieceBytes)
    if (count === 1) roots.set(piecesRoot, at)
    else if (layers) roots.set(layerOf(layers, { path, piecesRoot, count }, pieceBytes, proven), at)
    at += count * merkleHashBytes
  }
  return roots
}

function layerOf(
  layers: BencodeDictionary,
  { path, piecesRoot, count }: { path: string; piecesRoot: Uint8Array; count: number },
  pieceBytes: number,
  proven: Map<string, number>,
): Uint8Array {
  const key = Buffer.from(piecesRoot).toString("latin1")
  const layer = bytesOf(layers.get(key))
  if (!layer) throw badPieces(`no piece layer for ${quoted(path)}`)
  if (layer.length !== count * merkleHashBytes)
    throw badPieces(`the piece layer of ${quoted(path)} has ${layer.length} bytes: not ${count} hashes`)
  if (proven.get(key) === count) return layer
  const root = merkleRoot(layer, treeWidth(count), Math.log2(pieceBytes / leafBytes))
  if (!sameHash(root, piecesRoot)) throw badPieces(`the piece layer of ${quoted(path)} is not its file's`)
  proven.set(key, count)
  return layer
}
