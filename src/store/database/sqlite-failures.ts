/** SQLite's errors, as errors of the user's; and patience where another process has the lock. */
import { setTimeout as sleep } from "node:timers/promises"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"

/** Primary result codes: https://www.sqlite.org/rescode.html */
const codes = {
  perm: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  noMemory: 7,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  protocol: 15,
  tooBig: 18,
  notSqlite: 26,
}

const reasons: Record<number, string> = {
  [codes.perm]: "permission denied",
  [codes.busy]: "another process holds it",
  [codes.locked]: "another process holds it",
  [codes.readOnly]: "it is read-only",
  [codes.noMemory]: "out of memory",
  [codes.io]: "input or output error",
  [codes.full]: "disk full",
  [codes.cantOpen]: "it can't be opened",
  [codes.protocol]: "it can't be locked there",
}

/** Null: not one of SQLite's. The primary code is the low byte of the extended one. */
function codeOf(error: unknown): number | null {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : null
}

const isBusy = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === codes.busy || code === codes.locked
}

/** Tries again, and nothing of this process stands still meanwhile. What is tried must have had no effect when it fails. */
export async function patiently<T>(
  work: () => Promise<T>,
  patienceMs: number = limits.history.busyMs,
): Promise<T> {
  const [leastMs, mostMs] = limits.history.retryMs
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
      await sleep(leastMs + Math.random() * (mostMs - leastMs))
    }
  }
}

const errnos: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "read-only file system",
  ENOSPC: "disk full",
  EDQUOT: "disk quota exceeded",
  EMFILE: "out of file descriptors",
  ENFILE: "out of file descriptors",
  ENOTDIR: "no such directory",
  ENOENT: "no directory can be made there",
  ELOOP: "its symbolic links go round in circles",
  ENAMETOOLONG: "its name is too long",
  EEXIST: "something else is in its place",
  EISDIR: "something else is in its place",
  ENXIO: "something else is in its place",
}

/** What isn't known here is a bug of ours, and stays as it is. */
export function explained(error: unknown, path: string): unknown {
  if (error instanceof InputError) return error
  const code = codeOf(error)
  if (code === codes.corrupt || code === codes.notSqlite || code === codes.tooBig) return damaged(path)
  const errno = error instanceof Error && "code" in error ? String(error.code) : ""
  const reason = code === null ? errnos[errno] : reasons[code]
  if (reason === undefined) return error
  return new InputError(
    "cant-write",
    `cannot use the history ${path}: ${reason}`,
    "Point XDG_STATE_HOME to a directory of yours, or pass --no-history.",
  )
}

/** It is left as it is: what can be saved of it should be. */
export const damaged = (path: string): InputError =>
  new InputError(
    "bad-snapshot",
    `the history ${path} is damaged; it was left as it is`,
    "Restore it from a backup, try `sqlite3 … .recover`, or move it away: a new one is begun then.",
  )
