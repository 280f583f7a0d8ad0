/** What each tracker answered to each place, side by side. */
import type { Announce, Scrape, Tracker } from "../evidence.ts"
import { byTracker } from "../measure/vantages/lists.ts"
import type { Vantage } from "../measure/vantages/vantage.ts"
import type { MergedAnswer, MergedTracker } from "../report/merged.ts"

/** All rounds of all places, in the order of the places and then of time; goodbyes left out. */
export function mergedTrackers(vantages: readonly Vantage[]): MergedTracker[] {
  const rounds = vantages.flatMap(({ label, rounds: own }) => own.map((round) => ({ label, round })))
  return [...byTracker(rounds, ({ round }) => round.trackers)].map(([url, asked]) => ({
    url,
    answers: asked.flatMap(({ audit: { label }, trackers }) =>
      trackers.flatMap((tracker) => answersIn(label, tracker)),
    ),
  }))
}

const answersIn = (vantage: string, { announces, scrape }: Tracker): MergedAnswer[] => [
  ...announces
    .filter(({ event }) => event !== "stopped")
    .map((announce) => ({
      ...shared(vantage, announce),
      by: "announce" as const,
      reused: announce.reused,
      peers: announce.peerCount,
    })),
  ...(scrape ? [{ ...shared(vantage, scrape), by: "scrape" as const, reused: false, peers: null }] : []),
]

const shared = (
  vantage: string,
  { at, family, ok, failure, ms, seeders, leechers, selfCount }: Announce | Scrape,
) => ({
  vantage,
  at,
  family,
  ok,
  failure,
  ms,
  seeders,
  leechers: leechers === null ? null : Math.max(0, leechers - selfCount),
})
