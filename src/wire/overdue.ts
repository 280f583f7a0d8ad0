/** When what was asked of one peer has waited long enough, and what to call it then. */
import { failure, type Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Fetch } from "./fetch.ts"

const { leastBytesPerSecond } = limits.peer
/** Clients reject what is queued when they choke, just before or after saying so. */
export const rejectGraceMs = 1_000

const tooSlow = failure("timeout", `slower than ${leastBytesPerSecond} bytes per second`)

/** Why it ends now; null: it goes on. `mayAsk`: the peer would take a request for it; `blockMs`: what it has for a block. */
export function overdue(
  fetch: Fetch,
  { nowMs, blockMs, choked, mayAsk }: { nowMs: number; blockMs: number; choked: boolean; mayAsk: boolean },
): Failure | null {
  if (choked) fetch.wasChoked ||= fetch.firstAskMs !== null
  if (mayAsk) fetch.stuckSinceMs = null
  else fetch.stuckSinceMs ??= nowMs
  if (nowMs - (fetch.rejectedSinceMs ?? Infinity) >= rejectGraceMs) return failure("rejected")
  if (nowMs - (fetch.stuckSinceMs ?? Infinity) >= blockMs) return failure("choked")
  if (nowMs < (fetch.dueMs ?? Infinity)) return null
  return fetch.wasChoked ? failure("choked") : tooSlow
}

/** When to look at it again; times that are past among them. */
export const deadlinesOf = (
  { dueMs, stuckSinceMs, rejectedSinceMs }: Fetch,
  blockMs: number,
): (number | null)[] => [
  dueMs,
  stuckSinceMs === null ? null : stuckSinceMs + blockMs,
  rejectedSinceMs === null ? null : rejectedSinceMs + rejectGraceMs,
]

/** When even a very slow peer would have sent it: every piece asked for before shares the line with it. */
export function dueTime(fetches: Iterable<Fetch>, nowMs: number, blockMs: number): number {
  let bytes = 0
  for (const fetch of fetches) if (fetch.firstAskMs !== null) bytes += fetch.lengthBytes - fetch.bytes
  return nowMs + blockMs + (bytes / leastBytesPerSecond) * 1_000
}
