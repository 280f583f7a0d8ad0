import type { Announce, Evidence, Tracker } from "../../evidence.ts"
import { once } from "../once.ts"

/** One reply of this run: a draw from the tracker's list. */
export interface Draw {
  at: string
  /** Over which family it was asked; both, when two replies came in the same millisecond and can't be told apart. */
  family: string
  peers: ReadonlySet<string>
  /** Nobody that it named is missing in the record. */
  complete: boolean
  /** Peers that it claimed at that moment, ourselves subtracted; null: not both counts. */
  claimed: number | null
  /** Of them, seeders. */
  seeders: number | null
}

/** Answers while we took part; a reply to `stopped` names nobody. A reused one tells how things were when it was asked for. */
export const freshAnswers = ({ announces }: Tracker): Announce[] =>
  announces.filter(({ ok, event, reused }) => ok && event !== "stopped" && !reused)

/** What each tracker named in this run, reply by reply, in the order of the trackers; ourselves left out. */
export const drawsOf = once(["trackers", "peers"], readDraws)

function readDraws({ trackers, peers }: Pick<Evidence, "trackers" | "peers">): Draw[][] {
  const named = namedBy({ peers })
  return trackers.map((tracker) => {
    const replies = Map.groupBy(freshAnswers(tracker), ({ at }) => at)
    return [...replies].map(([at, answers]): Draw => {
      const drawn = named.get(tracker.url)?.get(at) ?? new Set<string>()
      return {
        at,
        family: [...new Set(answers.map(({ family }) => family ?? "unknown"))].sort().join("+"),
        peers: drawn,
        complete: answers.length === 1 && answers[0]?.peerCount === drawn.size,
        claimed: lowest(answers.map(claimedIn)),
        seeders: lowest(answers.map(({ seeders }) => seeders)),
      }
    })
  })
}

/** Addresses by tracker URL and reply time; ourselves left out. */
export const namedBy = once(["peers"], readNamed)

type Named = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

function readNamed({ peers }: Pick<Evidence, "peers">): Named {
  const named = new Map<string, Map<string, Set<string>>>()
  for (const { address, outcome, sources } of peers) {
    if (outcome === "self") continue
    for (const { kind, via, at } of sources) {
      if (kind !== "tracker" || via === null) continue
      let ofTracker = named.get(via)
      if (!ofTracker) named.set(via, (ofTracker = new Map()))
      const draw = ofTracker.get(at)
      if (draw) draw.add(address)
      else ofTracker.set(at, new Set([address]))
    }
  }
  return named
}

const claimedIn = ({ seeders, leechers, selfCount }: Announce): number | null =>
  seeders === null || leechers === null ? null : seeders + Math.max(0, leechers - selfCount)

/** Null if any of them is. */
export const lowest = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)))
