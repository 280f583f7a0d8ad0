import type { Announce, Evidence, Tracker } from "../../evidence.ts"

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
export function drawsOf({ trackers, peers }: Pick<Evidence, "trackers" | "peers">): Draw[][] {
  const named = new Map<string, Set<string>>()
  for (const { address, outcome, sources } of peers) {
    if (outcome === "self") continue
    for (const { kind, via, at } of sources) {
      if (kind !== "tracker") continue
      const reply = keyOf(via ?? "", at)
      named.set(reply, (named.get(reply) ?? new Set()).add(address))
    }
  }
  return trackers.map((tracker) => {
    const replies = Map.groupBy(freshAnswers(tracker), ({ at }) => at)
    return [...replies].map(([at, answers]): Draw => {
      const drawn = named.get(keyOf(tracker.url, at)) ?? new Set<string>()
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

const keyOf = (url: string, at: string): string => `${at} ${url}`

const claimedIn = ({ seeders, leechers, selfCount }: Announce): number | null =>
  seeders === null || leechers === null ? null : seeders + Math.max(0, leechers - selfCount)

/** Null if any of them is. */
export const lowest = (counts: readonly (number | null)[]): number | null =>
  counts.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)))
