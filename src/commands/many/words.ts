/** The words of a command line → targets, one each: directories and lists are opened here. */
import { createReadStream } from "node:fs"
import { lstat, readdir, realpath, stat } from "node:fs/promises"
import { dirname, join, relative, resolve, sep } from "node:path"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { looksLikeInfoHash, looksLikeMagnet } from "../../torrent/magnet.ts"
import { looksLikeUrl } from "../target/fetch.ts"
import { exists } from "../target.ts"

export interface Named {
  /** A file's path, `-`, a magnet link, an info hash or a URL. */
  readonly target: string
  /** Known already to lead nowhere. */
  readonly error: InputError | null
}

const isList = (word: string): boolean => word.startsWith("@") && word.length > 1

export const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** Stands, or may stand, for several targets. */
export const isPlural = async (word: string): Promise<boolean> => isList(word) || isDirectory(word)

/** In the order given, a directory's by path. Throws InputError `too-large`. */
export async function namedBy(words: readonly string[]): Promise<Named[]> {
  const all: Named[] = []
  for (const word of words) {
    for (const named of await targetsOf(word)) {
      all.push(named)
      if (all.length > limits.many.maxTargets) throw tooMany("more than", limits.many.maxTargets, "targets")
    }
  }
  return all
}

const tooMany = (what: string, count: number, of: string): InputError =>
  new InputError("too-large", `${what} ${count} ${of}`, "Audit them in several commands.")

/** What leads nowhere is a target that failed, and keeps no other from being audited. */
async function targetsOf(word: string): Promise<Named[]> {
  try {
    if (isList(word)) return await listed(word.slice(1))
    return (await isDirectory(word)) ? await torrentsBelow(word) : [{ target: word, error: null }]
  } catch (error) {
    if (error instanceof InputError && error.code !== "too-large") return [{ target: word, error }]
    throw error
  }
}

/** `*.torrent`, subdirectories included. A link leads to a file of the same directory, or is passed over; so is what begins with a dot. */
async function torrentsBelow(directory: string): Promise<Named[]> {
  const root = await realpath(directory)
  const found: string[] = []
  let names = 0

  async function look(folder: string, depth: number): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
      throw new InputError("no-file", `cannot read directory ${folder}`, "Check its permissions.")
    })
    names += entries.length
    if (names > limits.many.maxNames)
      throw tooMany(`${directory} holds more than`, limits.many.maxNames, "names")
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (depth < limits.many.maxDepth) await look(path, depth + 1)
      } else if (/\.torrent$/i.test(entry.name)) {
        if (entry.isFile() || (entry.isSymbolicLink() && (await leadsInside(path, root)))) found.push(path)
      }
    }
  }

  await look(directory, 1)
  if (found.length === 0)
    throw new InputError("no-file", `no *.torrent in ${directory}`, "Check the directory.")
  return found.toSorted().map((target) => ({ target, error: null }))
}

async function leadsInside(path: string, root: string): Promise<boolean> {
  const real = await realpath(path).catch(() => null)
  return real !== null && real.startsWith(root + sep) && (await lstat(real)).isFile()
}

/** A target a line; `#` begins a comment line. Relative paths start at the list's own directory. */
async function listed(list: string): Promise<Named[]> {
  const folder = dirname(resolve(list))
  const lines = (await textOf(list)).replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)
  const targets = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"))
  if (targets.length === 0)
    throw new InputError(
      "no-file",
      `@${list} names no target`,
      "Write one a line: a path, magnet, info hash or URL.",
    )
  if (targets.length > limits.many.maxTargets)
    throw tooMany(`@${list} names more than`, limits.many.maxTargets, "targets")
  const named: Named[] = []
  for (const target of targets) {
    named.push(...(await fromLine(target, list, folder)))
    // A directory on each of its lines.
    if (named.length > limits.many.maxTargets)
      throw tooMany(`@${list} names more than`, limits.many.maxTargets, "targets")
  }
  return named
}

async function fromLine(line: string, list: string, folder: string): Promise<Named[]> {
  if (line === "-" || isList(line)) {
    const why = line === "-" ? "standard input is no line of a list" : "a list names no other list"
    return [{ target: line, error: new InputError("unsupported", `@${list}: ${why}`, "Pass it itself.") }]
  }
  if (looksLikeMagnet(line) || looksLikeUrl(line)) return [{ target: line, error: null }]
  const path = fromHere(resolve(folder, line))
  if (looksLikeInfoHash(line) && !(await exists(path))) return [{ target: line, error: null }]
  return targetsOf(path)
}

/** As one would write it: relative where that is shorter. */
function fromHere(path: string): string {
  const short = relative(process.cwd(), path)
  return short === "" || short.startsWith("..") || short.length > path.length ? path : short
}

async function textOf(list: string): Promise<string> {
  const found = await stat(list).catch(() => null)
  if (found === null || !found.isFile())
    throw new InputError("no-file", `no such list: ${list}`, "@FILE names a text file: one target a line.")
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of createReadStream(list) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > limits.many.maxListBytes)
        throw tooMany(`@${list} has more than`, limits.many.maxListBytes, "bytes")
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError("no-file", `cannot read list ${list}`, "Check its permissions.")
  }
  return Buffer.concat(chunks).toString("utf8")
}
