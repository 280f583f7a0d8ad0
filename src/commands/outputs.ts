/** A format by its name or by a file's ending, and snapshots in it. */
import { InputError } from "../failure.ts"
import type { AuditRow, Snapshot } from "../report.ts"
import { serialise } from "../store/snapshot-file.ts"

/** Endings of `-o FILE`; the first that fits counts. */
const endings = {
  ".json.gz": "json",
  ".json": "json",
  ".html": "html",
  ".ndjson": "ndjson",
  ".prom": "prom",
  ".xml": "atom",
} as const

export type FileFormat = (typeof endings)[keyof typeof endings]
export type Format = FileFormat | "nagios"

/** Null: an ending that we don't know. */
export function fileFormat(path: string): FileFormat | null {
  const found = Object.entries(endings).find(([ending]) => path.endsWith(ending))
  return found?.[1] ?? null
}

/** Throws InputError `out-format`. */
export function checkOutFile(path: string): void {
  if (fileFormat(path) !== null) return
  throw new InputError(
    "out-format",
    `cannot tell format of \`${path}\``,
    "Add .html, .json, .json.gz, .ndjson, .prom or .xml.",
  )
}

/** What was known of each torrent before, newest first. */
export type RowsOf = (infoHash: string) => Promise<readonly AuditRow[]>

/** One document, whatever the number of targets. */
export async function rendered(format: Format, snapshot: Snapshot, _rowsOf: RowsOf): Promise<string> {
  if (format === "json") return serialise(snapshot)
  throw new InputError("out-format", `${format} is not there yet`, "Use json.")
}
