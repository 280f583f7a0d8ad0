/** All audits of all places that saw anything, each with its place. */
import type { Announce, Evidence } from "../../evidence.ts"
import { freshAnswers, namedBy } from "../trackers/draws.ts"
import { byFamily, claimedIn } from "../trackers/readings.ts"
import { byTracker, type Asked } from "./lists.ts"
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

/** From two places, and so near in time that a tracker may be held to what it told both. */
export const areNear = (one: PlacedAudit, other: PlacedAudit): boolean =>
  one.label !== other.label && Math.abs(one.startMs - other.startMs) <= closeMs

/** A tracker in all audits that asked it. */
export type AskedAudit = Asked<PlacedAudit>

export const askedIn = (audits: readonly PlacedAudit[]): Map<string, AskedAudit[]> =>
  byTracker(audits, ({ evidence }) => evidence.trackers)

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
export function answersTo(asked: readonly AskedAudit[], url: string): PlacedAnswer[] {
  return asked
    .flatMap(({ audit, trackers }) => {
      const replies = namedBy({ peers: audit.evidence.peers }).get(url)
      return trackers
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

/** Whom some of its answers named. */
export function namedIn(answers: readonly PlacedAnswer[], family: string): Set<string> {
  const all = new Set<string>()
  for (const { named } of answers) for (const address of named.get(family) ?? []) all.add(address)
  return all
}
