/** BEP 52, upgrade path: the v1 and the v2 part of a hybrid must describe the same files, in the same order and places. */
import { InputError } from "../failure.ts"
import { quoted, type TreeFile } from "./file-tree.ts"
import type { Entry } from "./info-files.ts"

/** The v1 entries, real files with the root that v2 has for them. Throws InputError at the first disagreement. */
export function joinParts(
  v1: readonly Entry[],
  v2: readonly TreeFile[],
  pieceBytes: number,
): (Entry & { piecesRoot: Uint8Array | null })[] {
  let offset = 0
  let next = 0
  let v2Offset = 0
  let endBytes = 0
  const joined = v1.map((entry) => {
    const file = v2[next]
    const start = offset
    offset += entry.sizeBytes
    if (file?.path !== entry.path || file.sizeBytes !== entry.sizeBytes) {
      if (entry.pad) return { ...entry, piecesRoot: null }
      throw disagreement(
        file
          ? `file ${next + 1} is ${described(entry)} in v1, and ${described(file)} in v2`
          : `v1 has ${described(entry)}, and v2 does not`,
      )
    }
    if (entry.sizeBytes > 0 && start !== v2Offset)
      throw disagreement(`${quoted(entry.path)} begins at byte ${start} in v1, and at ${v2Offset} in v2`)
    next++
    if (entry.sizeBytes > 0) endBytes = offset
    v2Offset += Math.ceil(entry.sizeBytes / pieceBytes) * pieceBytes
    return { ...entry, pad: false, piecesRoot: file.piecesRoot }
  })
  const left = v2[next]
  if (left) throw disagreement(`v2 has ${described(left)}, and v1 does not`)
  // libtorrent pads the last file too, others don't.
  if (offset !== endBytes && offset !== v2Offset)
    throw disagreement(`v1 ends with ${offset - endBytes} bytes of padding, which don't fill the last piece`)
  return joined
}

const described = ({ path, sizeBytes }: { path: string; sizeBytes: number }): string =>
  `${quoted(path)} of ${sizeBytes} bytes`

const disagreement = (what: string): InputError =>
  new InputError(
    "bad-metainfo",
    `its v1 and v2 parts disagree: ${what}`,
    "Clients of the two swarms get different files: rebuild it.",
  )
