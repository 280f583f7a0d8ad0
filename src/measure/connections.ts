import type { Attempt, Peer } from "../evidence.ts"

/** The handshaken connection with it that was open then; null where none was, or the record doesn't tell which. */
export function connectionAt({ attempts }: Pick<Peer, "attempts">, atMs: number): Attempt | null {
  const open = attempts.filter(
    (each) => each.ok && each.atMs <= atMs && atMs <= each.atMs + each.ms + roundMs,
  )
  return open.length === 1 ? (open[0] ?? null) : null
}
/** Records are rounded. */
const roundMs = 1
