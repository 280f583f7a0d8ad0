/** `--announce-log FILE`: looked at before anything is sent, read when all has been seen, since the log grows meanwhile. */
import type { Evidence } from "../evidence.ts"
import { checkAnnounceLog, readAnnounceLog } from "../store/announce-log.ts"
import type { Flags } from "./context.ts"

/** Null: none was given. Throws InputError where it can't be read. */
export async function announceLogFile(flags: Flags): Promise<string | null> {
  const given = flags["announce-log"]
  const path = given === true ? undefined : given?.at(-1)
  if (path === undefined) return null
  await checkAnnounceLog(path)
  return path
}

/** After a signal nobody wants to wait for a long log: then it is left out. */
export async function withAnnounceLog(
  evidence: Evidence,
  path: string | null,
  stop: AbortSignal,
): Promise<Evidence> {
  if (path === null || stop.aborted) return evidence
  return { ...evidence, announceLog: await readAnnounceLog(path, evidence.torrent, stop) }
}
