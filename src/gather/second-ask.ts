/**
 * Whom to ask once more, on another connection: who unchoked us and gave not one byte, whether it was silent for a minute or
 * refused whatever was asked for. One connection may go wrong in many innocent ways. And whom we closed, as another stood for it (see
 * namesakes.ts) that then gave nothing.
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

/** Null: there is no reason to, or it was done. */
export function secondAsk(entry: Entry, policy: EncryptionPolicy): Plan | null {
  if (entry.askedAgain || !givesNothing(entry)) return null
  const { pauseMs, refusedPauseMs } = limits.silence
  return { ...planBack(entry, policy, entry.visits.some(wasMute) ? pauseMs : refusedPauseMs), again: true }
}

/** Null: no other stood for it under its peer id, or it was dialled since. */
export const released = (entry: Entry, policy: EncryptionPolicy): Plan | null =>
  entry.released === 0 ? null : planBack(entry, policy, limits.peer.redialMs)

/** By the way that worked, to who came by itself over TCP. */
function planBack({ attempts }: Entry, policy: EncryptionPolicy, waitMs: number): Plan {
  const worked = attempts.findLast(({ ok, direction }) => ok && direction === "outgoing")
  const way = worked ? wayOf(worked) : firstOver("tcp", policy)
  return { way, beside: null, waitMs, later: false, stuck: false }
}
