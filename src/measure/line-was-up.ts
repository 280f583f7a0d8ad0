import type { Attempt, Peer } from "../evidence.ts"
import { placeOf } from "./networks.ts"

/** One family's dials, ms since the start of the run. */
interface Line {
  /** When each meeting began, and until when it surely went on. */
  met: { fromMs: number; untilMs: number }[]
  /** When somebody who had been met before was dialled in vain. */
  lostMs: number[]
}

/**
 * Whether a dial that went unanswered says anything of its address: somebody at an address of the same family was met after it, and
 * our own line was in no doubt then. Our network may have gone, or have no IPv6 that leads anywhere; and where somebody whom we had met
 * before went unanswered, it may have been gone from the last meeting before that until the next one after it.
 */
export function lineWasUp(
  peers: readonly Pick<Peer, "address" | "attempts">[],
  isMet: (attempt: Attempt) => boolean,
): (address: string, atMs: number) => boolean {
  const lines = new Map<string | null, Line>()
  for (const { address, attempts } of peers) {
    const { family } = placeOf(address)
    const line = lines.get(family) ?? { met: [], lostMs: [] }
    lines.set(family, line)
    let wasMet = false
    for (const attempt of attempts) {
      if (isMet(attempt)) line.met.push({ fromMs: attempt.atMs, untilMs: metUntilMs(attempt) })
      else if (wasMet && isLost(attempt)) line.lostMs.push(attempt.atMs)
      wasMet ||= isMet(attempt)
    }
  }
  const judged = new Map(
    [...lines].map(([family, line]) => [family, { lastMs: lastMs(line), doubts: doubtsIn(line) }]),
  )
  return (address, atMs) => {
    const line = judged.get(placeOf(address).family)
    return (
      line !== undefined &&
      atMs <= line.lastMs &&
      !line.doubts.some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs)
    )
  }
}

const lastMs = ({ met }: Line): number => met.reduce((last, { untilMs }) => Math.max(last, untilMs), -1)

function doubtsIn({ met, lostMs }: Line): { fromMs: number; toMs: number }[] {
  const doubts = new Map<number, number>()
  for (const atMs of lostMs) {
    let [fromMs, toMs] = [-1, Infinity]
    for (const meeting of met) {
      if (meeting.fromMs > atMs) toMs = Math.min(toMs, meeting.fromMs)
      else fromMs = Math.max(fromMs, Math.min(meeting.untilMs, atMs))
    }
    doubts.set(fromMs, Math.max(toMs, doubts.get(fromMs) ?? -1))
  }
  return [...doubts].map(([fromMs, toMs]) => ({ fromMs, toMs }))
}

/** A refusal came over the line. */
const isLost = ({ direction, failure }: Attempt): boolean =>
  direction === "outgoing" && (failure?.code === "timeout" || failure?.code === "unreachable")

const endedByThem: ReadonlySet<string> = new Set(["reset", "closed", "protocol-error", "wrong-info-hash"])
/** Of a conversation that we ended ourselves: a network that went meanwhile would have been noticed no sooner. */
const surelyMs = 5_000

const metUntilMs = ({ atMs, ms, failure }: Attempt): number =>
  atMs + (failure !== null && endedByThem.has(failure.code) ? ms : Math.min(ms, surelyMs))
