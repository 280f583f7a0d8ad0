import type { Evidence, Peer, Tracker } from "../../evidence.ts"
import { hypergeometricAtLeast } from "../statistics/fisher.ts"
import { freshAnswers } from "./draws.ts"
import { byFamily, claimedIn, inCommon, readingsOf, type Reading } from "./readings.ts"
import { siteOf } from "./tracker-host.ts"

/** Shorter lists are held against their counts by `lists.ts`. */
export const leastListed = 50
/** A claim below this many times the list accuses nobody: one that is twice the swarm, and lost a few peers on the way, is above. */
export const leastFactor = 1.9
/** A tracker that lists only whom it can connect to still counts the rest: up to two thirds of a swarm are behind NAT. */
export const hidingFactor = 3
/** So many whom it lists, whom our dials don't reach, and who are there all the same: it lists those behind NAT, too. */
const leastUnreachable = 5
/** A list as like the one before, if both were draws from all that are claimed, is this rare. */
export const mostByChance = 1e-5
/** Lengths to which software cuts its lists, ourselves still in them or taken out: multiples of 10 and 25, powers of two and these. */
const oddCaps: ReadonlySet<number> = new Set([74, 82])
/** Of two lengths at one cap the longer one is longer by ourselves only, and a peer that came or went meanwhile. */
const leastShorter = 3

export interface Overstated {
  url: string
  /** In that reply of this run whose claim is nearest to what was listed then, ourselves not counted. */
  claimed: number
  /** Then, all families together. */
  listed: number
  replies: number
  /** That any two replies agree so much by chance, if they were draws from all that are claimed; the largest of all families. */
  pValue: number
  /** Of those listed: our dials failed, and they came to us, or a peer said that it is connected to them. */
  unreachable: number
  /** `hiding`: a tracker that doesn't list who is behind NAT would look like this. `cut`: its lists may be a part. */
  state: "proven" | "hiding" | "cut"
}

/**
 * Trackers that claim twice as many peers as their own long lists name, or nearly. A list is taken for whole if another one, of this
 * run or an earlier one, repeats so much of it that draws from all that are claimed would not (hypergeometric, `mostByChance`), and
 * nothing hints at a cut: a longer list came at another time, or its length is one to which nobody cuts. That keeps out random
 * draws, of any length, and fixed orders and caches with a cap; every family must have been asked, and every reply of this run claim
 * as much, so that counts kept for a while in a swarm that shrinks are no lie. A tracker that
 * counts those behind NAT and doesn't list them is no liar: up to `hidingFactor` it must be seen to list such, or to count us twice.
 */
export function overstatedOf(evidence: Pick<Evidence, "trackers" | "peers" | "earlier">): Overstated[] {
  const { trackers, peers } = evidence
  const webSites = new Set(trackers.filter(isWebSocket).map(({ url }) => siteOf(url)))
  const webPeers = new Set(
    peers.flatMap(({ address, clientFamily }) => (clientFamily?.startsWith("WebTorrent") ? [address] : [])),
  )
  const hidden = new Set(peers.filter(isThereUnreachable).map(({ address }) => address))
  return readingsOf(evidence).flatMap((readings, i) => {
    const tracker = trackers[i]
    if (!tracker || webSites.has(siteOf(tracker.url))) return []
    const found = overstatedIn(tracker, readings, hidden)
    const named = readings.flatMap(({ listed }) => [...(listed ?? [])])
    return found && !named.some((address) => webPeers.has(address)) ? [found] : []
  })
}

const isWebSocket = ({ protocol }: Tracker): boolean => protocol === "ws" || protocol === "wss"

function overstatedIn(
  tracker: Tracker,
  readings: readonly Reading[],
  hidden: ReadonlySet<string>,
): Overstated | null {
  const answers = freshAnswers(tracker)
  // Before the lists are looked through: one alone holds too many.
  const held = readings.some((reading) => {
    const claimed = claimedIn(reading)
    const tooFew =
      claimed === null || claimed < leastFactor * Math.max(leastListed, reading.listed?.size ?? 0)
    return reading.fresh && reading.listed !== null && tooFew
  })
  if (held) return null
  const everyAsked = tracker.families.every((family) => answers.some((answer) => answer.family === family))
  const lists = readings.flatMap(({ listed, ...reading }) =>
    listed === null
      ? []
      : [
          {
            ...reading,
            claimed: claimedIn(reading),
            families: byFamily(listed, reading.family ?? "unknown"),
          },
        ],
  )
  const fresh = lists.filter((list) => list.fresh)
  if (!everyAsked || tracker.families.length === 0 || fresh.length < answers.length) return null
  const families = [...new Set(fresh.flatMap((list) => [...list.families.keys()]))]
  const rounds = fresh.map(({ atMs, claimed }) => ({
    claimed,
    listed: families.map((family) => nearest(fresh, family, atMs)),
  }))
  const factors = rounds.map(({ claimed, listed }) => (claimed ?? 0) / Math.max(1, sum(listed)))
  const least = factors.indexOf(Math.min(...factors))
  const { claimed, listed } = {
    claimed: rounds[least]?.claimed ?? 0,
    listed: sum(rounds[least]?.listed ?? []),
  }
  const factor = factors[least] ?? 0
  if (listed < leastListed || factor < leastFactor) return null
  const numwant = Math.min(...answers.map((answer) => answer.numwant))
  const parts = families.map((family) =>
    partOf(
      lists.flatMap((list) => {
        const peers = list.families.get(family)
        return peers ? [{ fresh: list.fresh, peers }] : []
      }),
      { factor, numwant },
    ),
  )
  const named = new Set(fresh.flatMap((list) => [...list.families.values()].flatMap((each) => [...each])))
  const unreachable = inCommon(named, hidden)
  // It counts us so many times, and so many times those whom it names: then they are all.
  const times = timesCounted(tracker)
  const multiplied = times >= 2 && factors.every((each) => Math.abs(each - times) <= 0.5)
  const open = factor >= hidingFactor || timesCounted(tracker) >= 2 || unreachable >= leastUnreachable
  return {
    url: tracker.url,
    claimed,
    listed,
    replies: lists.length,
    pValue: Math.max(...parts.map((part) => part.pValue)),
    unreachable,
    state: !parts.every((part) => part.whole || (multiplied && part.pValue <= mostByChance))
      ? "cut"
      : open
        ? "proven"
        : "hiding",
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

/** How many of a family the reply named that is nearest in time among those that named any: each family is asked apart. */
function nearest(
  lists: readonly { atMs: number; families: ReadonlyMap<string, ReadonlySet<string>> }[],
  family: string,
  atMs: number,
): number {
  const naming = lists.filter(({ families }) => families.has(family))
  const [closest] = naming.toSorted((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs))
  return closest?.families.get(family)?.size ?? 0
}

interface OfFamily {
  fresh: boolean
  peers: ReadonlySet<string>
}

interface Part {
  /** One list of this run at least was seen to be whole. */
  whole: boolean
  /** At most so likely is it that this list agrees so with any other one, were they drawn from all. */
  pValue: number
}

/** If a claim of `factor` times the lists is true, one family at least has so many times as many as its list: all are held against that. */
function partOf(lists: readonly OfFamily[], { factor, numwant }: { factor: number; numwant: number }): Part {
  const longestEver = Math.max(0, ...lists.map(({ peers }) => peers.size))
  const fresh = lists
    .filter((list) => list.fresh)
    .map((list): Part => {
      const { size } = list.peers
      const all = Math.ceil(factor * size)
      const others = lists.filter((other) => other !== list)
      const rarest = Math.min(1, ...others.map((other) => chanceOf(list.peers, other.peers, all)))
      // The rarest of so many pairs: Bonferroni.
      const pairs = Math.max(1, others.length * lists.filter((each) => each.fresh).length)
      const pValue = Math.min(1, rarest * pairs)
      const uncut = size < numwant - 1 && (size <= longestEver - leastShorter || !isUsualCap(size))
      return { whole: uncut && pValue <= mostByChance, pValue }
    })
    .toSorted((a, b) => a.pValue - b.pValue)
  return fresh.find(({ whole }) => whole) ?? fresh[0] ?? { whole: false, pValue: 1 }
}

const isUsualCap = (length: number): boolean =>
  [length, length + 1].some(
    (cap) => cap % 10 === 0 || cap % 25 === 0 || oddCaps.has(cap) || Number.isInteger(Math.log2(cap)),
  )

/** P(two lists share that many), if each were drawn at random from `all`; a family of a few peers agrees by itself. */
function chanceOf(one: ReadonlySet<string>, other: ReadonlySet<string>, all: number): number {
  const common = inCommon(one, other)
  if (one.size + other.size - common > all) return 1
  return hypergeometricAtLeast({ all, marked: one.size, drawn: other.size }, common)
}

/** As how many one registration of ours was counted, where nobody else can be; 0: not known. */
const timesCounted = ({ canary }: Tracker): number =>
  canary?.ok === true && (canary.peerCount ?? 0) === 0 ? (canary.seeders ?? 0) + (canary.leechers ?? 0) : 0

function isThereUnreachable({ attempts, sources, outcome }: Peer): boolean {
  const dials = attempts.filter(({ direction }) => direction === "outgoing")
  const came = attempts.some(({ direction, ok }) => direction === "incoming" && ok)
  const vouched = sources.some(({ kind }) => kind === "pex")
  return outcome !== "self" && dials.length > 0 && !dials.some(({ ok }) => ok) && (came || vouched)
}
