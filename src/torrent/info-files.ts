/** BEP 3 `length` and `files`, BEP 47 attributes: which file lies in which pieces. */
import type { File } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { BencodeDictionary, BencodeValue } from "./bencode.ts"
import { bytesOf, dictionaryOf, integerOf, itemsOf, listOf, textOf } from "./bencode-values.ts"
import type { Defects } from "./defects.ts"
import { badMetainfo } from "./metainfo-refusals.ts"
import type { DecodeText } from "./text.ts"

export interface Entry {
  path: string
  sizeBytes: number
  pad: boolean
}

/** Without the pieces that they lie in. `name` is the single file's path. */
export function readFiles(
  info: BencodeDictionary,
  name: string,
  decode: DecodeText,
  defects: Defects,
): Entry[] {
  const files = itemsOf(info.get("files"))
  if (!files) return [{ path: name, sizeBytes: sizeOf(info, name), pad: false }]
  if (info.has("length")) defects.add("info has both `length` and `files`; `files` counts")
  if (files.length > limits.metainfo.maxFiles)
    throw new InputError(
      "bad-metainfo",
      `${files.length} files: more than the ${limits.metainfo.maxFiles} that are read`,
      "Split the torrent.",
    )
  const seen = new Set<string>()
  const entries: Entry[] = []
  for (const value of files) {
    const file = dictionaryOf(value)
    if (!file) throw badMetainfo(`file ${entries.length + 1} is not a dictionary`)
    const elements = pathOf(file, decode, defects)
    const path = bounded(elements.join("/"), "file paths", defects)
    const pad = isPad(file, elements)
    if (!pad && seen.has(path)) defects.add("files share one path", path)
    seen.add(path)
    entries.push({ path, sizeBytes: sizeOf(file, path), pad })
  }
  return entries
}

function sizeOf(entry: BencodeDictionary, path: string): number {
  const length = entry.get("length")
  // BEP 47: a symbolic link has no content.
  if (length === undefined && (textOf(entry.get("attr")) ?? "").includes("l")) return 0
  const size = integerOf(length)
  if (size === null || size < 0)
    throw badMetainfo(
      `${length === undefined ? "no" : "bad"} \`length\` for ${JSON.stringify(path.slice(0, 60))}`,
    )
  return size
}

function pathOf(file: BencodeDictionary, decode: DecodeText, defects: Defects): string[] {
  const list = listOf(file.get("path.utf-8")) ?? listOf(file.get("path"))
  if (!list || list.length === 0) throw badMetainfo("a file has no `path`")
  const elements = list.map((element) => pathElement(element, decode, defects))
  if (elements.some(leaves))
    defects.add("file paths that leave the download folder or name none", elements.join("/"))
  return elements
}

function pathElement(value: BencodeValue, decode: DecodeText, defects: Defects): string {
  const bytes = bytesOf(value)
  if (!bytes) throw badMetainfo("a file's `path` holds something other than strings")
  const { text, clean } = decode(bytes)
  if (!clean) defects.add("names that are not UTF-8", text)
  return text
}

/** Nothing here is ever written to disk, but the clients that write it must decide what to do. */
export const leaves = (element: string): boolean =>
  element === "" || element === "." || element === ".." || /[/\\\0]/.test(element) || /^[a-z]:/i.test(element)

/** Cuts a name that is longer than any file system takes. */
export function bounded(text: string, what: string, defects: Defects): string {
  if (text.length <= limits.metainfo.maxNameBytes) return text
  defects.add(`${what} over ${limits.metainfo.maxNameBytes} characters, cut`)
  return text.slice(0, limits.metainfo.maxNameBytes)
}

/** BEP 47 `attr`, and two customs older than it: BitComet's name, and `.pad/<length>`. */
function isPad(file: BencodeDictionary, path: string[]): boolean {
  return (
    (textOf(file.get("attr")) ?? "").includes("p") ||
    (path.at(-1) ?? "").startsWith("_____padding_file") ||
    (path.length === 2 && path[0] === ".pad" && /^\d+$/.test(path[1] ?? ""))
  )
}

/** `piecesRoot`: BEP 52, of a hybrid's files. */
export function place(
  entries: readonly (Entry & { piecesRoot?: Uint8Array | null })[],
  pieceBytes: number,
): File[] {
  let offset = 0
  return entries.map(({ path, sizeBytes, pad, piecesRoot }) => {
    const firstPiece = Math.floor(offset / pieceBytes)
    offset += sizeBytes
    const lastPiece = sizeBytes === 0 ? firstPiece - 1 : Math.floor((offset - 1) / pieceBytes)
    const placed = { path, sizeBytes, firstPiece, lastPiece, pad }
    return piecesRoot ? { ...placed, piecesRoot: Buffer.from(piecesRoot).toString("hex") } : placed
  })
}
