/**
 * Whom to ask once more, on another connection: who unchoked us and gave not one byte, whether it was silent for a minute or
 * refused whatever was asked for. One connection may go wrong in many innocent ways.
 */
import type { EncryptionPolicy } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { Session, SessionRecord } from "../wire/session.ts"
import type { Entry } from "./peer-book.ts"
import { firstOver, wayOf, type Plan } from "./ways.ts"

const leastRefused = 2

/** Distinct, in the order in which they were asked for. */
export const refusedPieces = ({ visits }: Pick<Entry, "visits">): number[] => [
  ...new Set(
    visits.flatMap(({ samples }) =>
      samples.filter(({ failure }) => failure?.code === "rejected").map(({ piece }) => piece),
    ),
  ),
]

const wasMute = ({ silence }: SessionRecord): boolean => (silence?.waitedMs ?? 0) >= limits.silence.askMs

export function givesNothing(entry: Entry): boolean {
  const { visits } = entry
  if (visits.some(({ payloadBytes }) => payloadBytes > 0)) return false
  return visits.some(wasMute) || refusedPieces(entry).length >= leastRefused
}

/** The same while its session lasts: then it is not listened to any longer, so that the second one follows soon. */
export const isMute = (entry: Entry, { silentMs, record }: Pick<Session, "silentMs" | "record">): boolean =>
  record.payloadBytes === 0 && (silentMs >= limits.silence.askMs || givesNothing(entry))

/** By the way that worked, to who came by itself over TCP; null: there is no reason to, or it was done. */
export function secondAsk(entry: Entry, policy: EncryptionPolicy): Plan | null {
  if (entry.askedAgain || !givesNothing(entry)) return null
  const worked = entry.attempts.findLast(({ ok, direction }) => ok && direction === "outgoing")
  return {
    way: worked ? wayOf(worked) : firstOver("tcp", policy),
    beside: null,
    waitMs: entry.visits.some(wasMute) ? limits.silence.pauseMs : limits.silence.refusedPauseMs,
    later: false,
    stuck: false,
    again: true,
  }
}

/** Closed when another stood for it under its peer id, which then had nothing to give: dialled anew, by the way that worked. */
export function released({ attempts, released: left }: Entry, policy: EncryptionPolicy): Plan | null {
  if (left === 0) return null
  const worked = attempts.findLast(({ ok, direction }) => ok && direction === "outgoing")
  const way = worked ? wayOf(worked) : firstOver("tcp", policy)
  return { way, beside: null, waitMs: limits.peer.redialMs, later: false, stuck: false }
}
