/** A run as a stream of events: on standard output while it lasts (`--format ndjson`), and kept for `-o x.ndjson`. */
import type { RunEvent } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import type { ShownError } from "../../render/errors.ts"
import { endOfStream, streamLine, type StreamEvent } from "../../render/ndjson.ts"
import type { Snapshot } from "../../report.ts"
import { renamer, type Redaction } from "../../store/redact.ts"
import { redactionKey, stateDirectory } from "../../store/state.ts"
import type { Context } from "../context.ts"
import { fileFormat } from "./outputs.ts"
import type { OutputOptions } from "../request.ts"

export interface Stream {
  /** Something happened: printed at once, with addresses as in the snapshot that will be printed. */
  take: (event: RunEvent) => void
  /** Prints the findings and the snapshot. */
  finish(snapshot: Snapshot): void
  /** Prints why there is no snapshot, if there is none. */
  fail(error: ShownError): void
  /** What happened since the last snapshot, for a file; from now on nothing did. */
  taken(how: Redaction): readonly StreamEvent[]
  forget(): void
}

/** With a stream where the flags ask for one. */
export const streaming = (
  output: OutputOptions,
  context: Pick<Context, "terminal" | "environment">,
): OutputOptions =>
  output.format === "ndjson" || output.files.some((file) => fileFormat(file) === "ndjson")
    ? { ...output, events: createStream(output, context) }
    : output

export function createStream(
  output: Pick<OutputOptions, "format" | "files" | "redact">,
  { terminal, environment }: Pick<Context, "terminal" | "environment">,
): Stream {
  const isPrinted = output.format === "ndjson"
  const isKept = output.files.some((file) => fileFormat(file) === "ndjson")
  const kept: RunEvent[] = []
  let dropped = 0
  let seq = 0
  /** The snapshot is the last line. */
  let ended = false
  const namesFor = (how: Redaction) =>
    how === "none" ? (address: string) => address : renamer(how, redactionKey(stateDirectory(environment)))
  const rename = namesFor(output.redact ?? (terminal.stdoutIsTty ? "none" : "prefix"))
  const print = (event: StreamEvent) => {
    if (isPrinted) terminal.out(streamLine(++seq, event))
  }
  return {
    take(event) {
      ended = false
      print(renamed(event, rename))
      if (!isKept) return
      if (kept.length < limits.events.maxKept) kept.push(event)
      else dropped++
    },
    finish(snapshot) {
      for (const event of endOfStream(snapshot)) print(event)
      ended = true
    },
    fail(error) {
      if (!ended) print(failed(error, new Date().toISOString()))
    },
    taken(how) {
      const name = namesFor(how)
      const events: StreamEvent[] = kept.map((event) => renamed(event, name))
      if (dropped > 0) events.push(failed(tooMany(dropped), kept.at(-1)?.at ?? ""))
      return events
    },
    forget() {
      kept.length = 0
      dropped = 0
    },
  }
}

const renamed = (event: RunEvent, rename: (address: string) => string): RunEvent =>
  "address" in event && event.address !== null ? { ...event, address: rename(event.address) } : event

export const failed = ({ code, message, hint }: ShownError, at: string): StreamEvent => ({
  type: "error",
  at,
  code,
  message,
  hint,
})

const tooMany = (dropped: number): ShownError => ({
  code: "budget",
  message: `${dropped} further events were not kept`,
  hint: "Use --format ndjson, which prints every one.",
})
