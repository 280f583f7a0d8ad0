/** A format by its name or by a file's ending, and snapshots in it. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { InputError } from "../../failure.ts"
import type { StreamEvent } from "../../render/ndjson.ts"
import { endOf } from "../../render/units.ts"
import type { AuditRow, Snapshot } from "../../report.ts"
import { auditRow } from "../../store/history.ts"
import { serialise, writeWhole } from "../../store/snapshot-file.ts"

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
    path === "-" ? "Use --format to print it." : "Add .html, .json, .json.gz, .ndjson, .prom or .xml.",
  )
}

/** What was known of each torrent before, newest first. */
export type RowsOf = (infoHash: string) => Promise<readonly AuditRow[]>

export interface Rendering {
  rowsOf: RowsOf
  /** How it was called; null: not known. */
  commandLine?: string | null
  /** The beginning of a stream, for a file; not given: only what a snapshot ends it with. */
  events?: readonly StreamEvent[]
}

/** One document, whatever the number of targets. */
export const rendered = (format: Format, snapshot: Snapshot, rowsOf: RowsOf): Promise<string> =>
  renderedAll(format, [snapshot], { rowsOf })

/** Of several targets only the formats that have room for several: prom, nagios, atom; the others one after the other. */
export async function renderedAll(
  format: Format,
  snapshots: readonly Snapshot[],
  { rowsOf, commandLine = null, events = [] }: Rendering,
): Promise<string> {
  switch (format) {
    case "json":
      return snapshots.map(serialise).join("")
    case "nagios":
      return (await import("../../render/nagios.ts")).renderNagios(snapshots)
    case "prom": {
      const { renderProm } = await import("../../render/prom.ts")
      return renderProm(snapshots, await lastSuccesses(snapshots, rowsOf))
    }
    case "atom": {
      const { renderAtom } = await import("../../render/atom.ts")
      return renderAtom(await Promise.all(snapshots.map((each) => rowsWith(each, rowsOf))))
    }
    case "ndjson": {
      const { renderNdjson } = await import("../../render/ndjson.ts")
      return snapshots.map((each) => renderNdjson(events, each)).join("")
    }
    case "html": {
      const { renderHtml } = await import("../../render/html.ts")
      const pages = snapshots.map(async (each) =>
        renderHtml(each, { history: await rowsWith(each, rowsOf), commandLine }),
      )
      return (await Promise.all(pages)).join("")
    }
    default:
      return format satisfies never
  }
}

/** Newest first, this audit among them whether it was kept or not. */
async function rowsWith(snapshot: Snapshot, rowsOf: RowsOf): Promise<readonly AuditRow[]> {
  const row = auditRow(snapshot)
  if (row === null) return []
  const known = (await rowsOf(row.infoHash)).filter(({ id }) => id !== row.id)
  return [row, ...known].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
}

/** By info hash, of those whose last audit came to no answer. */
async function lastSuccesses(snapshots: readonly Snapshot[], rowsOf: RowsOf): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const snapshot of snapshots) {
    const row = auditRow(snapshot)
    if (row === null || row.status !== "unknown") continue
    const answered = (await rowsOf(row.infoHash)).find(({ status }) => status !== "unknown")
    if (answered === undefined) continue
    found.set(row.infoHash, endOf(answered))
  }
  return found
}

/** node_exporter runs as another user; what is measured is public, as the rest of its metrics is. */
const readableByAll = 0o644

/** Whole or not at all, in the format of its ending. Throws InputError `cant-write`. */
export async function writeRendered(
  path: string,
  snapshots: readonly Snapshot[],
  rendering: Rendering,
): Promise<void> {
  const format = fileFormat(path)
  if (format === null) return checkOutFile(path)
  const text = await renderedAll(format, snapshots, rendering)
  const data = path.endsWith(".gz") ? await promisify(gzip)(text) : text
  await writeWhole(path, data, format === "prom" ? readableByAll : undefined)
}
