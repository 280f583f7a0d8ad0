import type { Announce, Evidence, Family, Peer, Tracker } from "../../evidence.ts"
import { once } from "../once.ts"
import { chao2 } from "../population.ts"
import { namedBy } from "./draws.ts"
import { inCommon } from "./readings.ts"
import { siteOf } from "./tracker-host.ts"

/** A reply this long may be cut: trackers cap their lists at 30, 50 or 200, whatever is asked for. */
const wholeBelow = 30
/** Shorter caps that are in use. */
const shortCaps = [20, 25]
/** Peers come and go between two replies. */
const churnRatio = 0.1
const leastChurn = 2

export interface TrackerList {
  url: string
  /** Distinct peers that it named to us, all replies together. */
  named: ReadonlySet<string>
  replies: number
  /** The most peers that its lists can stand for; null: they bound nothing. */
  bound: { peers: number; by: "whole list" | "repeated draws" } | null
  /** Counts that came with the lists or before the last of them, ourselves subtracted. */
  claim: Claimed
}

export interface Claimed {
  seeders: number | null
  leechers: number | null
}

type Counts = Pick<Announce, "seeders" | "leechers" | "selfCount">

/** A tracker counts us among its leechers as often as we registered. */
const withoutSelf = ({ leechers, selfCount }: Counts): number | null =>
  leechers === null ? null : Math.max(0, leechers - selfCount)

const highest = (counts: readonly (number | null)[]): number | null => {
  const known = counts.filter((count) => count !== null)
  return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b))
}

const claimIn = (counts: readonly Counts[]): Claimed => ({
  seeders: highest(counts.map(({ seeders }) => seeders)),
  leechers: highest(counts.map(withoutSelf)),
})

/** Answers while we took part; a reply to `stopped` names nobody. */
const answersOf = ({ announces }: Tracker): Announce[] =>
  announces.filter(({ ok, event }) => ok && event !== "stopped")

/** The highest counts that a tracker gave, fresh or reused. */
export const claimOf = (tracker: Tracker): Claimed =>
  claimIn([...answersOf(tracker), ...(tracker.scrape?.ok ? [tracker.scrape] : [])])

/** The highest counts of any tracker: claims are never added up. */
export const claimedBy = (trackers: readonly Tracker[]): Claimed => {
  const claims = trackers.map(claimOf)
  return {
    seeders: highest(claims.map(({ seeders }) => seeders)),
    leechers: highest(claims.map(({ leechers }) => leechers)),
  }
}

/** Who each tracker named, and how many peers that can stand for at most. */
export const listsOf = once(["trackers", "peers"], (evidence) => readLists(evidence, boundOf))

/** Bounded by nothing but lists that are whole. */
export const wholeListsOf = once(["trackers", "peers"], (evidence) => readLists(evidence, wholeOf))

function readLists(
  { trackers, peers }: Pick<Evidence, "trackers" | "peers">,
  boundBy: typeof boundOf,
): TrackerList[] {
  const draws = namedBy({ peers })
  const webSites = new Set(trackers.filter(isWebSocket).map(({ url }) => siteOf(url)))
  const webPeers = new Set(peers.filter(isWebTorrent).map(({ address }) => address))
  return trackers.map((tracker) => {
    const named = draws.get(tracker.url) ?? new Map<string, ReadonlySet<string>>()
    const answers = answersOf(tracker)
    const all = new Set([...named.values()].flatMap((draw) => [...draw]))
    // An older list can't hold a newer count: a swarm may grow in between, and within a second when it was just published.
    const { scrape } = tracker
    const counted = scrape?.ok && answers.some(({ at, reused }) => !reused && at >= scrape.at) ? [scrape] : []
    return {
      url: tracker.url,
      named: all,
      replies: answers.length,
      bound:
        webSites.has(siteOf(tracker.url)) || [...all].some((address) => webPeers.has(address))
          ? null
          : boundBy(tracker.families, answers, named, all.size),
      claim: claimIn([...answers, ...counted]),
    }
  })
}

/** A tracker may count the WebRTC peers of its WebSocket side, which no list over HTTP or UDP can name. */
const isWebSocket = ({ protocol }: Tracker): boolean => protocol === "ws" || protocol === "wss"
const isWebTorrent = ({ clientFamily }: Peer): boolean => clientFamily?.startsWith("WebTorrent") === true

/**
 * A list counts as whole if every family was asked, every reply was shorter than `numwant` and than 30 and of no other usual cap's
 * length, and later replies named hardly anybody new.
 */
function wholeOf(
  families: readonly Family[],
  answers: readonly Announce[],
  named: ReadonlyMap<string, ReadonlySet<string>>,
  listed: number,
): TrackerList["bound"] {
  const lists = listsByFamily(families, answers)
  if (lists === null || !answers.every(mayBeWhole)) return null
  // Peers that a cap of ours kept out of the record still were in the reply.
  const longest = lists.map((list) => highest(list.map(({ peerCount }) => peerCount)) ?? 0)
  const steady = lists.every((list, i) => {
    const most = longest[i] ?? 0
    const together = new Set(list.flatMap(({ at }) => [...(named.get(at) ?? [])]))
    return together.size <= most + Math.max(leastChurn, churnRatio * most)
  })
  if (!steady) return null
  return {
    peers: Math.max(
      listed,
      longest.reduce((a, b) => a + b),
    ),
    by: "whole list",
  }
}

/** Null: some family was not asked. */
function listsByFamily(families: readonly Family[], answers: readonly Announce[]): Announce[][] | null {
  const lists = families.map((family) => answers.filter((answer) => answer.family === family))
  return lists.length === 0 || lists.some((list) => list.length === 0) ? null : lists
}

/**
 * One that isn't whole is bounded by repeated draws (`chao2`), family by family, if they were drawn at random: the same list twice may be
 * a cache or a fixed order, and one that loses some and gains others a window of it.
 */
function boundOf(
  families: readonly Family[],
  answers: readonly Announce[],
  named: ReadonlyMap<string, ReadonlySet<string>>,
  listed: number,
): TrackerList["bound"] {
  const whole = wholeOf(families, answers, named, listed)
  const lists = listsByFamily(families, answers)
  if (whole !== null || lists === null) return whole
  const times = answers.map(({ at }) => at)
  if (new Set(times).size < times.length) return null
  const highs = lists.map((list) => {
    const draws = list.map(({ at }) => named.get(at) ?? new Set<string>())
    const complete = list.every(({ peerCount }, i) => peerCount === draws[i]?.size)
    return complete && isShuffled(draws) ? (chao2(draws)?.high ?? null) : null
  })
  if (highs.some((high) => high === null)) return null
  return { peers: highs.reduce<number>((sum, high) => sum + (high ?? 0), 0), by: "repeated draws" }
}

/** So many peers, left out of a reply between two that named them: in a window of a fixed order, who is pushed out stays out. */
const leastReturned = 5

/** And any two of random draws have about as many in common: else the order follows the clock, as that of who announced last does. */
function isShuffled(draws: readonly ReadonlySet<string>[]): boolean {
  const returned = draws.slice(1, -1).map((draw, i) => {
    const before = new Set(draws.slice(0, i + 1).flatMap((each) => [...each]))
    const after = new Set(draws.slice(i + 2).flatMap((each) => [...each]))
    return [...before].filter((each) => !draw.has(each) && after.has(each)).length
  })
  const common = draws.flatMap((one, i) => draws.slice(i + 1).map((other) => inCommon(one, other)))
  const most = common.reduce((a, b) => Math.max(a, b), 0)
  const least = common.reduce((a, b) => Math.min(a, b), most)
  return returned.some((each) => each >= leastReturned) && most - least <= 4 * Math.sqrt(Math.max(1, most))
}

/** We may be in the reply ourselves, which `peerCount` leaves out. */
const mayBeWhole = ({ peerCount, numwant }: Announce): boolean =>
  peerCount !== null &&
  peerCount < Math.min(numwant, wholeBelow) - 1 &&
  !shortCaps.some((cap) => peerCount === cap || peerCount === cap - 1)
