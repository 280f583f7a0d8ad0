/** A finished audit goes into the history, unless `--no-history`. */
import type { Snapshot } from "../report.ts"
import type { Context } from "./context.ts"

/** The name under which it can be found again; null: it wasn't kept. A history that can't be written ends no audit: it is said on standard error. */
export async function keep(_snapshot: Snapshot, _context: Context): Promise<string | null> {
  return null
}
