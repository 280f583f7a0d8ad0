/** The files of a torrent as they lie in the publisher's folder. Their names come from the torrent: none leads out of the folder. */
import { constants, type Stats } from "node:fs"
import { open, realpath, stat, type FileHandle } from "node:fs/promises"
import { basename, dirname, join, sep } from "node:path"
import type { File, Torrent } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import { leaves } from "../torrent/info-files.ts"

export interface ReferenceFiles {
  /** Fills `into` from the file's byte `offset` on; false where the file isn't there, or ends before. Never rejects. */
  read(file: File, offset: number, into: Uint8Array): Promise<boolean>
  close(): Promise<void>
}

/** `where`: the torrent's folder, the one that holds it, or the single file itself. Throws InputError. */
export async function findReferenceFiles(
  where: string,
  torrent: Torrent,
  signal: AbortSignal,
): Promise<ReferenceFiles> {
  const found = await statOf(where)
  const real = torrent.files.filter(({ pad, sizeBytes }) => !pad && sizeBytes > 0)
  const [only] = real
  if (!found.isDirectory()) {
    if (only === undefined || real.length > 1 || !found.isFile())
      throw badReference(
        `${where} is not a directory, and the torrent has ${real.length} files`,
        "Pass the folder that holds them.",
      )
    return openFiles(dirname(await realpath(where)), () => basename(where), await realpath(where))
  }
  const folders = leaves(torrent.name) ? [""] : ["", torrent.name]
  const counts = await Promise.all(folders.map((folder) => present(join(where, folder), real, signal)))
  const most = Math.max(...counts)
  if (most === 0 && !signal.aborted)
    throw badReference(
      `${where} holds none of the torrent's ${real.length === 1 ? "one file" : `${real.length} files`}`,
      `Pass the folder with ${JSON.stringify((only?.path ?? torrent.name).slice(0, 100))} in it.`,
    )
  const folder = folders[counts.indexOf(most)] ?? ""
  return openFiles(await realpath(where), ({ path }) => join(folder, path))
}

/** Throws InputError. */
export const refuseMissingReference = (where: string): Promise<void> => statOf(where).then(() => undefined)

const statOf = (where: string): Promise<Stats> =>
  stat(where).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EACCES"
      ? badReference(`cannot read ${where}: permission denied`, "Check its permissions.")
      : badReference(`no such directory: ${where}`, "Pass the folder that holds the torrent's files.")
  })

const badReference = (message: string, hint: string): InputError =>
  new InputError("bad-reference", message, hint)

/** How many are there, up to as many as make it sure. */
async function present(folder: string, files: readonly File[], signal: AbortSignal): Promise<number> {
  let count = 0
  for (const { path } of files) {
    if (count >= limits.reference.enoughFiles || signal.aborted) break
    if (!isSafe(path)) continue
    const found = await stat(join(folder, path)).catch(() => null)
    if (found?.isFile()) count++
  }
  return count
}

const isSafe = (path: string): boolean => path.split("/").every((element) => !leaves(element))

/** `root` is a real path: whatever a name leads to through symbolic links must lie in it. `one`: the only file, wherever it is. */
function openFiles(root: string, nameOf: (file: File) => string, one: string | null = null): ReferenceFiles {
  const inside = root.endsWith(sep) ? root : root + sep
  /** The most recently used last; null: not there. */
  const handles = new Map<string, FileHandle | null>()
  let turn: Promise<unknown> = Promise.resolve()
  let closed = false

  async function handleOf(file: File): Promise<FileHandle | null> {
    const known = handles.get(file.path)
    const handle = known === undefined ? await openAt(file) : known
    handles.delete(file.path)
    handles.set(file.path, handle)
    for (const [path, old] of handles) {
      if (handles.size <= limits.reference.openFiles) break
      handles.delete(path)
      await old?.close()
    }
    return handle
  }

  async function openAt(file: File): Promise<FileHandle | null> {
    if (one === null && !isSafe(file.path)) return null
    const path = one ?? (await realpath(join(root, nameOf(file))))
    if (!path.startsWith(inside)) return null
    // Without blocking, as a pipe would; Windows has neither flag.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
    const handle = await open(path, flags)
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
    return null
  }

  async function readNow(file: File, offset: number, into: Uint8Array): Promise<boolean> {
    if (closed) return false
    const handle = await handleOf(file).catch(() => {
      handles.set(file.path, null)
      return null
    })
    if (handle === null) return false
    for (let at = 0; at < into.length;) {
      const { bytesRead } = await handle.read(into, at, into.length - at, offset + at)
      if (bytesRead === 0) return false
      at += bytesRead
    }
    return true
  }

  /** One after the other, so that no file is closed while it is read. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }

  return {
    read: (file, offset, into) => inTurn(() => readNow(file, offset, into)).catch(() => false),
    close: () =>
      inTurn(async () => {
        closed = true
        for (const handle of handles.values()) await handle?.close().catch(() => undefined)
        handles.clear()
      }),
  }
}
