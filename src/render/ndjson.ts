/** A stream of JSON lines: what happens as it happens, then every finding, and last the snapshot. */
import type { RunEvent } from "../evidence.ts"
import { plainJson } from "../evidence/plain-json.ts"
import type { Finding, Snapshot } from "../report.ts"
import type { ShownError } from "./errors.ts"
import { endOf } from "./units.ts"

export type StreamEvent =
  | RunEvent
  | { type: "finding"; at: string; finding: Finding }
  | { type: "snapshot"; at: string; snapshot: Snapshot }
  /** The run ended without a snapshot, or, with one, what of the stream is missing. */
  | ({ type: "error"; at: string } & ShownError)

/** `{"seq":7,"at":"…","type":"…",…}`; `seq` counts the lines of one stream from 1. */
export function streamLine(seq: number, event: StreamEvent): string {
  const { at, type, ...rest } = event
  return `${plainJson({ seq, at, type, ...rest })}\n`
}

/** What a finished run ends with; `at` is its end. */
export function endOfStream(snapshot: Snapshot): StreamEvent[] {
  const at = endOf(snapshot.run)
  return [
    ...snapshot.findings.map((finding): StreamEvent => ({ type: "finding", at, finding })),
    { type: "snapshot", at, snapshot },
  ]
}

/** Whole, for a file. */
export const renderNdjson = (events: readonly StreamEvent[], snapshot: Snapshot): string =>
  [...events, ...endOfStream(snapshot)].map((event, i) => streamLine(i + 1, event)).join("")
