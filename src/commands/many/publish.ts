/** What came of several audits: the table or one document on the screen, and one document in each file. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { InputError } from "../../failure.ts"
import { renderFleet } from "../../render/fleet.ts"
import { endOfStream, streamLine } from "../../render/ndjson.ts"
import type { Snapshot } from "../../report.ts"
import { writeWhole } from "../../store/snapshot-file.ts"
import type { Context } from "../context.ts"
import { rowsOf } from "../keep.ts"
import { fileFormat, renderedAll, writeRendered } from "../deliver/outputs.ts"
import type { OutputOptions } from "../request.ts"
import type { Delivered } from "./deliver-one.ts"
import { failedLine, fleetJson, type Outcome } from "./outcome.ts"
import type { Failed } from "./targets.ts"

export interface Result {
  readonly outcome: Outcome
  readonly delivered: readonly Delivered[]
  /** Targets that were named more than once. */
  readonly repeated: number
}

/** Throws InputError `out-format` for what holds one torrent only. */
export function checkDocuments({ files }: Pick<OutputOptions, "files">): void {
  const one = files.find((file) => fileFormat(file) === "html")
  if (one === undefined) return
  throw new InputError(
    "out-format",
    `${one} would hold one torrent, not several`,
    "Use -o DIR/, then torrent-audit report DIR/NAME.json.gz -o x.html.",
  )
}

/** Files first, then the screen. Throws InputError `cant-write` once all that could be done was done. */
export async function publish(result: Result, output: OutputOptions, context: Context): Promise<void> {
  const { outcome, delivered } = result
  const saved = delivered.flatMap((each) => each.saved ?? [])
  const failures: unknown[] = []
  for (const file of output.files) {
    await write(file, outcome, saved, context).catch((error: unknown) => void failures.push(error))
  }
  await print(result, output, context)
  if (failures.length > 0) throw failures[0]
}

async function write(
  file: string,
  outcome: Outcome,
  snapshots: readonly Snapshot[],
  context: Context,
): Promise<void> {
  const format = fileFormat(file)
  if (format !== "json" && format !== "ndjson")
    return writeRendered(file, snapshots, { rowsOf: rowsOf(context) })
  const pieces =
    format === "json" ? fleetJson(outcome, snapshots) : streamed(outcome.failed, snapshots, counter())
  const bytes = Buffer.concat(Array.from(pieces, (piece) => Buffer.from(piece)))
  await writeWhole(file, file.endsWith(".gz") ? await promisify(gzip)(bytes) : bytes)
}

async function print(result: Result, output: OutputOptions, context: Context): Promise<void> {
  const { outcome, delivered } = result
  const { terminal } = context
  const { format } = output
  if (format === "text") {
    const text = table(result, output, context)
    if (text !== null) terminal.out(text)
    for (const { said } of delivered) await said()
    return
  }
  // Each was printed as it ended.
  if (format === "ndjson") return
  const printed = delivered.flatMap((each) => each.printed ?? [])
  if (format === "json") for (const piece of fleetJson(outcome, printed)) terminal.out(piece)
  else if (format === "nagios") terminal.out(await nagios(outcome, printed))
  else terminal.out(await renderedAll(format, printed, { rowsOf: rowsOf(context) }))
}

/** Null: nothing to say. */
function table(
  { outcome, delivered, repeated }: Result,
  { verbose, quiet, onlyChanges }: OutputOptions,
  { terminal }: Context,
): string | null {
  const { statuses, failed, notAudited } = outcome
  const lines = [
    ...delivered.filter(({ spoken }) => spoken).map(({ line }) => line),
    ...failed.map(failedLine),
  ]
  if (lines.length === 0 && (quiet || onlyChanges)) return null
  return renderFleet(
    {
      lines,
      total: statuses.length + failed.length + notAudited.length,
      ok: statuses.filter((status) => status === "ok").length,
      notAudited: notAudited.length,
      repeated,
    },
    { columns: terminal.columns, color: terminal.color, ascii: terminal.ascii, verbose },
  )
}

/** What failed, or was never begun, is no silence. */
async function nagios({ failed, notAudited }: Outcome, snapshots: readonly Snapshot[]): Promise<string> {
  const { renderNagios } = await import("../../render/nagios.ts")
  const missing = failed.map(({ label, error }) => ({ name: label, message: error.message }))
  const unbegun = notAudited.map((name) => ({ name, message: "not audited: stopped before" }))
  return renderNagios(snapshots, [...missing, ...unbegun])
}

const counter = () => {
  let seq = 0
  return () => ++seq
}

/** The end of a stream for each of them; `seq` goes on from one to the next. */
export function* streamed(
  failures: readonly Failed[],
  snapshots: readonly Snapshot[],
  next: () => number,
): Generator<string> {
  for (const snapshot of snapshots) for (const event of endOfStream(snapshot)) yield streamLine(next(), event)
  const at = new Date().toISOString()
  for (const { label, error } of failures) {
    const { code, message, hint } = error
    yield streamLine(next(), { type: "error", at, code, message: `${label}: ${message}`, hint })
  }
}

/** For `--format ndjson`: what is printed as each audit ends. */
export function printerOf(
  { format }: Pick<OutputOptions, "format">,
  { terminal }: Context,
): (failures: readonly Failed[], snapshot: Snapshot | null) => void {
  const next = counter()
  return (failures, snapshot) => {
    if (format !== "ndjson") return
    for (const text of streamed(failures, snapshot === null ? [] : [snapshot], next)) terminal.out(text)
  }
}
