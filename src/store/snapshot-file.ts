/** Snapshots as files: written whole or not at all, read back validated. */
import { randomBytes } from "node:crypto"
import { access, chmod, constants, readFile, rename, stat, unlink, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { promisify } from "node:util"
import { gunzip, gzip } from "node:zlib"
import type * as z from "zod"
import { InputError } from "../failure.ts"
import { schemaVersion, snapshot as schema, type Snapshot } from "../report.ts"
import { jsonExcess } from "./json-bounds.ts"
import { plainJson } from "../evidence/plain-json.ts"

/** Of a snapshot read back, unzipped: 100,000 peers take half of it. A string holds little more than twice that. */
const maxBytes = 256 * 2 ** 20

export const serialise = (snapshot: Snapshot): string => `${plainJson(snapshot)}\n`

const reasons: Record<string, string> = {
  EACCES: "permission denied",
  ENOENT: "no such directory",
  ENOTDIR: "no such directory",
  ENOSPC: "disk full",
  EDQUOT: "disk quota exceeded",
  EMFILE: "out of file descriptors",
  EROFS: "read-only file system",
  EISDIR: "is a directory",
}

/** A file or directory, and why, as people say it. */
export function cannotWrite(path: string, error: unknown): InputError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
  return new InputError(
    "cant-write",
    `cannot write ${path}: ${reasons[code] ?? code}`,
    "Choose a directory that exists and that you may write to.",
  )
}

/** Before anything is gathered, so that nothing is gathered in vain. */
export async function checkWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK)
    const found = await stat(path).catch(() => null)
    if (found?.isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" })
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

/** Atomic: a reader, or a kill, never sees half a file, nor takes the temporary one by its ending. `mode`: whatever the umask is. */
export async function writeWhole(path: string, data: string | Uint8Array, mode?: number): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`
  try {
    await writeFile(temporary, data)
    if (mode !== undefined) await chmod(temporary, mode)
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw cannotWrite(path, error)
  }
}

export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  const text = serialise(snapshot)
  await writeWhole(path, path.endsWith(".gz") ? await promisify(gzip)(text) : text)
}

/** Opening a FIFO waits for a writer and a device may never end: neither can be interrupted. */
export async function refuseSpecialFile(path: string): Promise<void> {
  await sizeOfFile(path)
}

/** Bytes; 0 for none, whose reading then fails. */
async function sizeOfFile(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  if (found === null || found.isFile()) return found?.size ?? 0
  const what = found.isDirectory() ? "a directory" : "not a regular file"
  throw new InputError(
    "no-file",
    `${path} is ${what}`,
    "Pass one file; a torrent may also be piped: `torrent-audit -`.",
  )
}

export const readSnapshot = async (path: string): Promise<Snapshot> =>
  validSnapshot(path, await documentIn(path))

/** Whatever JSON a file holds, packed or in a page of ours or as it is; undefined: none. Throws InputError. */
export async function documentIn(path: string): Promise<unknown> {
  if ((await sizeOfFile(path)) > maxBytes)
    throw new InputError(
      "bad-snapshot",
      `${path} is too large for a snapshot`,
      "Pass a file that torrent-audit saved with -o.",
    )
  const bytes = await readFile(path).catch(() => {
    throw new InputError(
      "no-file",
      `no such file: ${path}`,
      "`report` takes a saved snapshot: torrent-audit … -o x.json",
    )
  })
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const json = zipped
    ? await promisify(gunzip)(bytes, { maxOutputLength: maxBytes }).catch(() => null)
    : bytes
  return json === null ? undefined : parseJson(path, embeddedIn(json.toString("utf8")))
}

const opening = '<script type="application/json" id="snapshot">'

/** The JSON in a report of ours (`render/html.ts`), or the text as it is: no JSON begins with `<`. */
function embeddedIn(text: string): string {
  if (!/^\ufeff?\s*</.test(text.slice(0, 100))) return text
  const start = text.indexOf(opening)
  if (start < 0) return text
  const from = start + opening.length
  const end = text.indexOf("</script>", from)
  return text.slice(from, end < 0 ? text.length : end)
}

/** Throws InputError where it is far more than any snapshot. */
function parseJson(path: string, text: string): unknown {
  const excess = jsonExcess(text)
  if (excess !== null)
    throw new InputError(
      "bad-snapshot",
      `${path} ${excess === "too-deep" ? "nests deeper" : "holds more values"} than any snapshot`,
      "Pass a file that torrent-audit saved with -o.",
    )
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `path` is its name in errors. Throws InputError `bad-snapshot`. */
export function validSnapshot(path: string, value: unknown): Snapshot {
  checkVersion(path, value)
  if (isMerged(value))
    throw new InputError(
      "bad-snapshot",
      `${path} is of several places`,
      "Pass the snapshot of one, or look at it with `torrent-audit report`.",
    )
  // As it stands in the file, and not as parsed: the order of its fields, and those of a later minor version, stay.
  const fault = faultIn(schema, value, ({ torrent }) => overlapIn(torrent))
  if (fault === null) return value as Snapshot
  throw damaged(path, fault)
}

/** A document about several places. */
export const isMerged = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "document" in value && value.document === "merge"

export const damaged = (path: string, fault: string): InputError =>
  new InputError("bad-snapshot", `${path} is damaged at ${fault}`, "Audit again, or restore the file.")

/** Throws InputError `bad-snapshot` for what is no document of ours, or of another major version. */
export function checkVersion(path: string, value: unknown): void {
  const version =
    typeof value === "object" &&
    value !== null &&
    "schemaVersion" in value &&
    typeof value.schemaVersion === "string"
      ? value.schemaVersion
      : null
  if (version === null)
    throw new InputError(
      "bad-snapshot",
      `${path} is not a snapshot`,
      "Pass a file that torrent-audit saved with -o.",
    )
  const [major, ours] = [version, schemaVersion].map((each) => Number.parseInt(each, 10))
  if (major === ours) return
  const newer = (major ?? 0) > (ours ?? 0)
  throw new InputError(
    "bad-snapshot",
    `snapshot schema ${version.slice(0, 20)} is ${newer ? "newer than mine" : "not one that I know"}`,
    newer ? "Upgrade torrent-audit." : "Audit again to make a new one.",
  )
}

const longestFault = 200

/** "where: what", of the first that is wrong; null: nothing. `more`: what a schema can't say. */
export function faultIn<T>(
  of: z.ZodType<T>,
  value: unknown,
  more: (parsed: T) => string | null,
): string | null {
  try {
    const result = of.safeParse(value)
    if (result.success) return more(result.data)
    const issue = result.error.issues[0]
    return `${issue?.path.join(".").slice(0, longestFault) || "its root"}: ${(issue?.message ?? "invalid").slice(0, longestFault)}`
  } catch (error) {
    if (error instanceof RangeError) return "its root: nested too deeply"
    throw error
  }
}

/** Files lie one after the other, and share a piece at most: else going through the pieces of each would never end. */
export function overlapIn({ files, pieceCount }: Snapshot["torrent"]): string | null {
  const pieces = files.reduce(
    (sum, { firstPiece, lastPiece }) => sum + Math.max(0, Math.min(lastPiece, pieceCount) - firstPiece + 1),
    0,
  )
  return pieces <= pieceCount + files.length ? null : "torrent.files: they overlap"
}
