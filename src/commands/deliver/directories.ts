/** `-o DIR/`: a snapshot for each target in it, under a name that no torrent can misuse. */
import { join } from "node:path"
import type { Torrent } from "../../evidence.ts"
import { makeDirectory } from "../../store/directory.ts"
import { cannotWrite, checkWritable } from "../../store/snapshot-file.ts"
import type { Flags } from "../context.ts"
import { isDirectory } from "../many/words.ts"

/** What `-o` names as a directory (by a `/` at its end, or because it is one) is made, and taken out of the flags. Throws InputError `cant-write`. */
export async function directoriesIn(flags: Flags): Promise<{ directories: string[]; flags: Flags }> {
  const { out, ...others } = flags
  if (out === undefined || out === true) return { directories: [], flags }
  const directories: string[] = []
  const files: string[] = []
  for (const path of out) (path.endsWith("/") || (await isDirectory(path)) ? directories : files).push(path)
  if (flags["dry-run"] !== true) for (const path of directories) await make(path)
  return { directories, flags: files.length === 0 ? others : { ...others, out: files } }
}

async function make(directory: string): Promise<void> {
  try {
    makeDirectory(directory, 0o777)
  } catch (error) {
    throw cannotWrite(directory, error)
  }
  await checkWritable(join(directory, "x.json.gz"))
}

/** Of the name's part, in bytes: file systems allow 255 in all. */
const maxNameBytes = 160

/**
 * `dataset-2019.tar-9f86d081.json.gz`: letters, digits and a few marks of the torrent's name, and its info hash, of which `digits` keep
 * apart what has the same name.
 */
export function fileIn(
  directory: string,
  torrent: Pick<Torrent, "name" | "infoHashV1" | "infoHashV2">,
  digits = 8,
): string {
  const hash = (torrent.infoHashV1 ?? torrent.infoHashV2 ?? "").slice(0, digits)
  const plain = torrent.name
    .slice(0, 4 * maxNameBytes)
    .toWellFormed()
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{N}_.+-]+/gu, "_")
    .replaceAll(/\.{2,}/g, ".")
    .replace(/^[._+-]+/, "")
  const cut = headOf(plain, maxNameBytes).replace(/[._+-]+$/, "")
  return join(directory, `${cut === "" ? "torrent" : cut}-${hash}.json.gz`)
}

function headOf(text: string, bytes: number): string {
  let [taken, end] = [0, 0]
  for (const character of text) {
    taken += Buffer.byteLength(character)
    if (taken > bytes) break
    end += character.length
  }
  return text.slice(0, end)
}
