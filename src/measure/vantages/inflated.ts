/** Does a tracker claim to one place more than all its lists, to all places together, can hold? */
import type { Evidence, Peer, Tracker } from "../../evidence.ts"
import { roomFor } from "../roles.ts"
import { listsOf } from "../trackers/lists.ts"
import { keptMs } from "../trackers/readings.ts"
import { answersTo, placedAudits, type PlacedAnswer, type PlacedAudit } from "./audits.ts"
import { individualsOf } from "./individuals.ts"
import { urlsOf } from "./lists.ts"
import { closeMs, type Vantage } from "./vantage.ts"

export interface Inflated {
  url: string
  label: string
  at: string
  /** The least that it claims to this place, and the most to another. */
  claimed: number
  elsewhere: { label: string; claimed: number }
  /** The most peers that its lists can stand for. */
  bound: number
}

/**
 * Trackers whose lists are whole (`listsOf`), all that they name to any place taken together, and which claim to one place more than
 * `roomFor` them, and more than everybody whom any place heard of, while the claim to another fits. Exact, no test, and whoever
 * claims it lies to the one place: his own list there is among those that bound the claim. The claim that fits must be older than any
 * count that this place may have been told from a cache (`keptMs`): of a swarm that shrinks, one server may still tell what it was.
 * Repeated draws bound nothing here: lists of servers that know different peers look like draws.
 */
export function inflatedOf(vantages: readonly Vantage[]): Inflated[] {
  const audits = closeTo(placedAudits(vantages))
  const heard = individualsOf(audits.map(({ evidence }) => evidence)).length
  const pool = pooled(audits)
  return listsOf(pool).flatMap(({ url, bound }) => {
    const answers = answersTo(audits, url).filter(({ claimed }) => claimed !== null)
    if (bound?.by !== "whole list") return []
    const most = Math.max(roomFor(bound.peers), heard)
    const cacheMs = Math.max(...pool.trackers.map((tracker) => (tracker.url === url ? keptMs(tracker) : 0)))
    const fitting = answers.filter(({ claimed }) => (claimed ?? 0) <= roomFor(bound.peers))
    return [...Map.groupBy(answers, ({ audit }) => audit.label)].flatMap(([label, own]) => {
      const least = own.toSorted((one, other) => (one.claimed ?? 0) - (other.claimed ?? 0))[0]
      if (!least || (least.claimed ?? 0) <= most) return []
      const lastMs = Math.max(...own.map(({ atMs }) => atMs))
      const fits = fitting.find(({ atMs }) => atMs <= lastMs - cacheMs)
      if (!fits) return []
      const elsewhere = { label: fits.audit.label, claimed: fits.claimed ?? 0 }
      return [{ url, label, at: least.at, claimed: least.claimed ?? 0, elsewhere, bound: bound.peers }]
    })
  })
}

/** Those near the newest of all. */
function closeTo(audits: readonly PlacedAudit[]): PlacedAudit[] {
  const newest = Math.max(...audits.map(({ startMs }) => startMs))
  return audits.filter(({ startMs }) => newest - startMs <= closeMs)
}

/** What every tracker said to any place, as if one had asked. */
function pooled(audits: readonly PlacedAudit[]): Pick<Evidence, "trackers" | "peers"> {
  const byUrl = new Map(
    audits.flatMap(({ evidence }) => evidence.trackers).map((tracker) => [tracker.url, tracker] as const),
  )
  const trackers = urlsOf(audits.map(({ evidence }) => evidence)).flatMap((url): Tracker[] => {
    const tracker = byUrl.get(url)
    const answers: PlacedAnswer[] = answersTo(audits, url)
    if (!tracker || answers.length === 0) return []
    const families = audits.flatMap(({ evidence }) =>
      evidence.trackers.flatMap((each) => (each.url === url ? each.families : [])),
    )
    const announces = answers.map(({ announce }) => announce)
    return [{ ...tracker, families: [...new Set(families)], announces, scrape: null, canary: null }]
  })
  const peers = individualsOf(audits.map(({ evidence }) => evidence)).flatMap(({ seen }): Peer[] => {
    const [one] = seen
    return one ? [{ ...one.peer, sources: seen.flatMap(({ peer }) => peer.sources) }] : []
  })
  return { trackers, peers }
}
