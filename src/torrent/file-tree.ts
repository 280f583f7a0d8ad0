/** BEP 52 `file tree`: directories are dictionaries, a file is one whose only key is empty. Directories say nothing of themselves. Files begin at piece boundaries. */
import type { File } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { BencodeDictionary, BencodeValue } from "./bencode.ts"
import { bytesOf, dictionaryOf, integerOf, textOf } from "./bencode-values.ts"
import type { Defects } from "./defects.ts"
import { bounded, leaves } from "./info-files.ts"
import { merkleHashBytes } from "./merkle.ts"
import { badMetainfo } from "./metainfo-refusals.ts"
import type { DecodeText } from "./text.ts"
import type { V2File } from "./v2-pieces.ts"

export interface TreeFile {
  path: string
  sizeBytes: number
  /** Null: an empty file. */
  piecesRoot: Uint8Array | null
}

interface Walk {
  characters: number
  readonly files: TreeFile[]
  readonly paths: Set<string>
  readonly decode: DecodeText
  readonly defects: Defects
}

/** In the order of the tree, which is that of the pieces. */
export function readFileTree(info: BencodeDictionary, decode: DecodeText, defects: Defects): TreeFile[] {
  const tree = dictionaryOf(info.get("file tree"))
  if (!tree) throw badMetainfo("`meta version` is 2, and there is no `file tree`")
  if (tree.has("")) throw badMetainfo("its `file tree` is a file itself")
  const walk: Walk = { characters: 0, files: [], paths: new Set(), decode, defects }
  readDirectory(tree, "", walk)
  return walk.files
}

/** Recursive, as the decoder has bounded the depth. `within` is cut like any path, so that no long name is copied for each file. */
function readDirectory(directory: BencodeDictionary, within: string, walk: Walk): void {
  for (const [key, value] of directory) {
    const { text, clean } = walk.decode(Buffer.from(key, "latin1"))
    if (!clean) walk.defects.add("names that are not UTF-8", text)
    const joined = within === "" ? text : `${within}/${text}`
    if (leaves(text)) walk.defects.add("file paths that leave the download folder or name none", joined)
    const path = bounded(joined, "file paths", walk.defects)
    const node = dictionaryOf(value)
    if (!node) throw badMetainfo(`${quoted(path)} in the \`file tree\` is not a dictionary`)
    if (!node.has("")) readDirectory(node, path, walk)
    else if (node.size > 1)
      throw badMetainfo(`${quoted(path)} in the \`file tree\` is a file and a directory`)
    else addFile(node.get(""), path, walk)
  }
}

function addFile(value: BencodeValue | undefined, path: string, walk: Walk): void {
  if (walk.files.length === limits.metainfo.maxFiles)
    throw new InputError(
      "bad-metainfo",
      `more than the ${limits.metainfo.maxFiles} files that are read`,
      "Split the torrent.",
    )
  walk.characters += path.length
  if (walk.characters > limits.metainfo.maxPathCharacters)
    throw badMetainfo("its `file tree` repeats long names too often")
  const properties = dictionaryOf(value)
  if (!properties) throw badMetainfo(`${quoted(path)} in the \`file tree\` has no properties`)
  const attributes = textOf(properties.get("attr")) ?? ""
  // BEP 47: a symbolic link has no content.
  const sizeBytes = attributes.includes("l") ? 0 : integerOf(properties.get("length"))
  if (sizeBytes === null || sizeBytes < 0)
    throw badMetainfo(`${properties.has("length") ? "bad" : "no"} \`length\` for ${quoted(path)}`)
  if (attributes.includes("p"))
    throw badMetainfo(`${quoted(path)} in the \`file tree\` is padding, which v2 has none of`)
  if (walk.paths.has(path)) walk.defects.add("files share one path", path)
  walk.paths.add(path)
  walk.files.push({ path, sizeBytes, piecesRoot: sizeBytes === 0 ? null : rootOf(properties, path) })
}

/** A copy, so that the whole file isn't kept for it. */
function rootOf(properties: BencodeDictionary, path: string): Uint8Array {
  const root = bytesOf(properties.get("pieces root"))
  if (!root) throw badMetainfo(`no \`pieces root\` for ${quoted(path)}`)
  if (root.length !== merkleHashBytes || root.every((byte) => byte === 0))
    throw badMetainfo(`bad \`pieces root\` for ${quoted(path)}`)
  return new Uint8Array(root)
}

export const quoted = (path: string): string =>
  JSON.stringify(path.length > 60 ? `${path.slice(0, 60)}…` : path)

/** Each non-empty file begins with a piece of its own. */
export function placeTree(files: readonly TreeFile[], pieceBytes: number): File[] {
  let next = 0
  return files.map(({ path, sizeBytes, piecesRoot }) => {
    const firstPiece = next
    next += Math.ceil(sizeBytes / pieceBytes)
    const placed = { path, sizeBytes, firstPiece, lastPiece: next - 1, pad: false }
    return piecesRoot === null ? placed : { ...placed, piecesRoot: Buffer.from(piecesRoot).toString("hex") }
  })
}

/** Those with bytes, as their pieces need them. */
export function filesWithPieces(files: readonly TreeFile[], pieceBytes: number): V2File[] {
  let next = 0
  return files.flatMap(({ sizeBytes, piecesRoot }): V2File[] => {
    const firstPiece = next
    next += Math.ceil(sizeBytes / pieceBytes)
    return piecesRoot === null ? [] : [{ piecesRoot, firstPiece, sizeBytes }]
  })
}
