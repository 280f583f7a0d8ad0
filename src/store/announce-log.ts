/**
 * A tracker operator's log of announces: JSON lines (announce-log/report-line.ts) or a web server's access log (announce-log/access-line.ts),
 * told apart line by line, plain or gzipped. It is read once, as a stream: of a long one, the last announces of one torrent stay in memory.
 */
import { constants, createReadStream, type ReadStream } from "node:fs"
import { access, open, stat } from "node:fs/promises"
import { createGunzip, type Gunzip } from "node:zlib"
import type { AnnounceLog, AnnounceReport, InfoHash } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import { readAccessLine } from "./announce-log/access-line.ts"
import { linesOf } from "./announce-log/lines.ts"
import { percentToHex, readReportLine, type LoggedAnnounce, type Wanted } from "./announce-log/report-line.ts"

const cannotRead = (path: string, why: string): InputError =>
  new InputError(
    "no-file",
    `cannot read ${path}: ${why}`,
    "Pass the tracker's log: `torrent-audit help announce-log`.",
  )

/** Before anything is sent. Throws InputError. */
export async function checkAnnounceLog(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null) throw cannotRead(path, "no such file")
  if (!found.isFile()) throw cannotRead(path, found.isDirectory() ? "is a directory" : "not a regular file")
  await access(path, constants.R_OK).catch(() => {
    throw cannotRead(path, "permission denied")
  })
}

/**
 * What it says of one torrent, known by either hash. Stops where the file breaks off or `signal` fires: what was read until then
 * counts. Throws InputError where it can't be opened any more.
 */
export async function readAnnounceLog(
  path: string,
  of: { readonly infoHashV1: InfoHash | null; readonly infoHashV2: InfoHash | null },
  signal: AbortSignal,
): Promise<AnnounceLog> {
  await checkAnnounceLog(path)
  return collectAnnounces(await bytesOf(path, signal), of, signal)
}

/** `chunks` may end in an error. */
export async function collectAnnounces(
  chunks: AsyncIterable<Uint8Array>,
  of: { readonly infoHashV1: InfoHash | null; readonly infoHashV2: InfoHash | null },
  signal: AbortSignal,
): Promise<AnnounceLog> {
  const { maxReports, maxLineBytes } = limits.announceLog
  const known = new Set([of.infoHashV1, of.infoHashV2, of.infoHashV2?.slice(0, 40)])
  const isWanted = (infoHash: string) => known.has(infoHash)
  /** A ring once it is full. */
  const kept: AnnounceReport[] = []
  let [lines, unreadable, found] = [0, 0, 0]
  try {
    for await (const group of linesOf(chunks, maxLineBytes)) {
      for (const line of group) {
        if (line === "") continue
        lines++
        const announce = line === null ? null : readLine(line, isWanted)
        if (announce === null) unreadable++
        else if (announce !== "unwanted") kept[found++ % maxReports] = announce.report
      }
      if (signal.aborted) break
    }
  } catch {
    // It breaks off here: what was lost counts as one line, however long.
    if (!signal.aborted) {
      lines++
      unreadable++
    }
  }
  const oldest = found % kept.length || 0
  const inOrder = found > kept.length ? [...kept.slice(oldest), ...kept.slice(0, oldest)] : kept
  // An access log is written as requests end, a log of several servers as it comes.
  const reports = inOrder.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return { reports, lines, unreadable, dropped: found - kept.length }
}

/** Most of a busy tracker's lines are of other torrents: seen by their hash alone, a few times faster than by reading them. */
const hashes = /"infoHash":"([0-9a-f]{40}(?:[0-9a-f]{24})?)"|[?&]info_hash=([^& ]{20,128})[& ]/i

function readLine(line: string, isWanted: Wanted): LoggedAnnounce | "unwanted" | null {
  const [, hex, percent] = hashes.exec(line) ?? []
  const infoHash = hex?.toLowerCase() ?? (percent === undefined ? null : percentToHex(percent))
  if (infoHash?.length === 40 && !percent?.includes("\\") && !isWanted(infoHash)) return "unwanted"
  return line.startsWith("{") ? readReportLine(line, isWanted) : readAccessLine(line, isWanted)
}

async function bytesOf(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const file = await open(path).catch(() => {
    throw cannotRead(path, "it is gone")
  })
  const magic = Buffer.alloc(2)
  await file.read(magic, 0, 2, 0)
  await file.close()
  const bytes = createReadStream(path, { signal })
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return bytes
  const unzipped = createGunzip()
  bytes.on("error", (error) => unzipped.destroy(error))
  return within(bytes.pipe(unzipped), bytes)
}

/** Ends in an error where a little grows without end: a log must not keep an audit for hours. */
async function* within(unzipped: Gunzip, packed: ReadStream): AsyncGenerator<Uint8Array> {
  const { maxGzipRatio, gzipFreeBytes } = limits.announceLog
  let bytes = 0
  try {
    for await (const chunk of unzipped as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > gzipFreeBytes && bytes > maxGzipRatio * packed.bytesRead) throw new Error("no log grows so")
      yield chunk
    }
  } finally {
    // A pipe that breaks leaves its source open.
    packed.destroy()
  }
}
