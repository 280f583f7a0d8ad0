/** Does a tracker claim to one place more than all its lists, to all places together, can hold? */
import type { Evidence, Peer, Tracker } from "../../evidence.ts"
import { roomFor } from "../roles.ts"
import { wholeListsOf } from "../trackers/lists.ts"
import { keptMs } from "../trackers/readings.ts"
import { answersTo, askedIn, placedAudits, type PlacedAudit } from "./audits.ts"
import { individualsOf, type Individual } from "./individuals.ts"
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
  const asked = askedIn(audits)
  const individuals = individualsOf(audits.map(({ evidence }) => evidence))
  const heard = individuals.length
  const pool = pooled(asked, individuals)
  return wholeListsOf(pool).flatMap(({ url, bound }, i) => {
    if (bound === null) return []
    const answers = answersTo(asked.get(url) ?? [], url).filter(({ claimed }) => claimed !== null)
    const most = Math.max(roomFor(bound.peers), heard)
    const cacheMs = keptMs(pool.trackers[i])
    const fitting = answers.filter(({ claimed }) => (claimed ?? 0) <= roomFor(bound.peers))
    return [...Map.groupBy(answers, ({ audit }) => audit.label)].flatMap(([label, own]) => {
      const least = own.toSorted((one, other) => (one.claimed ?? 0) - (other.claimed ?? 0))[0]
      if (!least || (least.claimed ?? 0) <= most) return []
      const lastMs = own.reduce((last, { atMs }) => Math.max(last, atMs), -Infinity)
      const fits = fitting.find(({ atMs }) => atMs <= lastMs - cacheMs)
      if (!fits) return []
      const elsewhere = { label: fits.audit.label, claimed: fits.claimed ?? 0 }
      return [{ url, label, at: least.at, claimed: least.claimed ?? 0, elsewhere, bound: bound.peers }]
    })
  })
}

/** Those near the newest of all. */
function closeTo(audits: readonly PlacedAudit[]): PlacedAudit[] {
  const newest = audits.reduce((last, { startMs }) => Math.max(last, startMs), -Infinity)
  return audits.filter(({ startMs }) => newest - startMs <= closeMs)
}

/** What every tracker said to any place, as if one had asked. */
function pooled(
  asked: ReturnType<typeof askedIn>,
  individuals: readonly Individual[],
): Pick<Evidence, "trackers" | "peers"> {
  const trackers = [...asked].flatMap(([url, own]): Tracker[] => {
    const tracker = own.at(-1)?.trackers.at(-1)
    const announces = answersTo(own, url).map(({ announce }) => announce)
    if (!tracker || announces.length === 0) return []
    const families = new Set(own.flatMap((each) => each.trackers.flatMap((of) => of.families)))
    return [{ ...tracker, families: [...families], announces, scrape: null, canary: null }]
  })
  const peers = individuals.flatMap(({ seen }): Peer[] => {
    const [one] = seen
    return one ? [{ ...one.peer, sources: seen.flatMap(({ peer }) => peer.sources) }] : []
  })
  return { trackers, peers }
}
