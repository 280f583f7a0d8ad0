/** All audits of all places that saw anything, each with its place. */
import type { Announce, Evidence } from "../../evidence.ts"
import { freshAnswers, namedBy } from "../trackers/draws.ts"
import { byFamily, claimedIn } from "../trackers/readings.ts"
import { closeMs, onlineRounds, startOf, type Vantage } from "./vantage.ts"

export interface PlacedAudit {
  label: string
  evidence: Evidence
  startMs: number
}

export const placedAudits = (vantages: readonly Vantage[]): PlacedAudit[] =>
  vantages.flatMap((vantage) =>
    onlineRounds(vantage).map((evidence) => ({
      label: vantage.label,
      evidence,
      startMs: startOf(evidence),
    })),
  )

/** Audits from other places, so near in time that a tracker may be held to what it told both. */
export const othersNear = (own: PlacedAudit, audits: readonly PlacedAudit[]): PlacedAudit[] =>
  audits.filter(({ label, startMs }) => label !== own.label && Math.abs(startMs - own.startMs) <= closeMs)

/** One fresh answer of a tracker to one place, with a list. */
export interface PlacedAnswer {
  audit: PlacedAudit
  at: string
  atMs: number
  /** Over which it was asked. */
  family: string
  announce: Announce
  /** Ourselves not counted; null: not both counts. */
  claimed: number | null
  /** Whom it named, by the family of their addresses; ourselves left out. */
  named: ReadonlyMap<string, ReadonlySet<string>>
}

/** In order of time. Scrapes and answers of earlier runs name nobody, or tell of another moment. */
export function answersTo(audits: readonly PlacedAudit[], url: string): PlacedAnswer[] {
  return audits
    .flatMap((audit) => {
      const replies = namedBy({ peers: audit.evidence.peers }).get(url)
      return audit.evidence.trackers
        .filter((tracker) => tracker.url === url)
        .flatMap((tracker) => freshAnswers(tracker))
        .filter(({ peerCount }) => peerCount !== null)
        .map((announce): PlacedAnswer => {
          const family = announce.family ?? "unknown"
          return {
            audit,
            at: announce.at,
            atMs: Date.parse(announce.at),
            family,
            announce,
            claimed: claimedIn(announce),
            named: byFamily(replies?.get(announce.at) ?? new Set(), family),
          }
        })
    })
    .toSorted((one, other) => one.atMs - other.atMs)
}
