import type { Endpoint, Estimate, Evidence, Peer, Span, Trial } from "../evidence.ts"
import { meanRate, stretchesOf, totalRate, type MeanRate, type Stretch } from "./curve.ts"
import { goodput } from "./goodput.ts"
import { once } from "./once.ts"

/** Less of a rise when alone is within what peers do by themselves. */
const slowedRatio = 1.25
const freeRatio = 1.15
/** Standard errors of a gain that is no chance: Student's t, 99% two-sided, for the few windows that a trial has. */
const surely = 3.5
/** Between hosts one trial may have met a change of the peer's own. */
export const fewestTrials = { hosts: 2, neighbours: 1 } as const
/** Who comes this close to the ceiling may have been stopped by it. */
const nearCeiling = 0.85
/** Who was seen above a ceiling by that much was not under it. */
const aboveCeiling = 1.15

/** `slowed`: the first peer was faster alone; `free`: it was not; `unclear`: too close, or too little came. */
export interface TrialResult {
  verdict: "slowed" | "free" | "unclear"
  /** How much faster alone, bytes per second, with the standard error of that. */
  gain: MeanRate
  /** Between hosts of everybody who gave anything meanwhile, else of its peers; bytes per second. */
  togetherBytesPerSecond: number
}

/** What held peers back beside themselves. */
export interface Contention {
  /** What our own link carried when peers of several hosts slowed each other; null when none did. */
  ceiling: Estimate | null
  /** The most that it was seen to carry without that, bytes per second; null when no trial showed it. */
  carriedBytesPerSecond: number | null
  /**
   * Groups of peers that slow each other, with what they gave together. `theirs`: our link was seen to carry more, so that it
   * is an uplink of theirs; else it may be ours all the same.
   */
  uplinks: { addresses: Endpoint[]; rate: Estimate; theirs: boolean }[]
}

/**
 * One trial: the witness's mean rate alone against its rate together, at the ends of bursts. Slowed: at least a quarter faster
 * alone; free: at most 15% faster. Whoever is slowed most by a full link is the fastest: so the witness is the fastest.
 */
export function resultOf({ between, peers, togetherMs, aloneMs }: Trial, curves: Curves): TrialResult {
  const witness = curves.get(peers[0] ?? "") ?? []
  const together = meanRate(witness, togetherMs)
  const alone = meanRate(witness, aloneMs)
  // Our link carried what others gave, too; an uplink of theirs did not.
  const counted = between === "hosts" ? curves.values() : peers.map((address) => curves.get(address) ?? [])
  return {
    verdict: together && alone ? compared(alone, together) : "unclear",
    gain: {
      value: (alone?.value ?? 0) - (together?.value ?? 0),
      error: Math.hypot(alone?.error ?? 0, together?.error ?? 0),
    },
    togetherBytesPerSecond: totalRate(counted, togetherMs),
  }
}

function compared(alone: MeanRate, together: MeanRate): TrialResult["verdict"] {
  if (alone.value >= slowedRatio * together.value) return "slowed"
  return alone.value <= freeRatio * together.value ? "free" : "unclear"
}

/** Whether trials of the same peers show that these slow each other: enough of them do, and together surely (99%). */
export function agree(results: readonly TrialResult[], fewest: number): boolean {
  const slowed = results.filter(({ verdict }) => verdict === "slowed")
  const gain = slowed.reduce((sum, result) => sum + result.gain.value, 0)
  return slowed.length >= fewest && gain > surely * Math.hypot(...slowed.map((each) => each.gain.error))
}

export type Curves = ReadonlyMap<Endpoint, readonly Stretch[]>

interface Judged extends Trial, TrialResult {}

const curvesFrom = (peers: readonly Peer[]): Curves =>
  new Map(peers.map(({ address, samples }) => [address, stretchesOf(samples)]))

const judged = ({ trials = [] }: Evidence["run"], curves: Curves): Judged[] =>
  trials.map((trial) => ({ ...trial, ...resultOf(trial, curves) }))

const judgedOf = once(["run", "peers"], ({ run, peers }: Pick<Evidence, "run" | "peers">) =>
  (run.trials ?? []).length === 0 ? [] : judged(run, curvesFrom(peers)),
)

/**
 * What peers that were asked together did to each other. A ceiling of our own link: at least two trials between hosts agree
 * that the witness was slowed, and nobody, alone or together, was seen to carry 15% more. Where somebody was, or where the
 * peers have one host, what was slowed is an uplink of theirs. Values are means over the trials, ±10%, or their range if
 * that is wider. `rates` are what peers were measured at when nothing of this kind was in their way.
 */
export const contentionOf = once(["run", "peers"], (evidence: Pick<Evidence, "run" | "peers">): Contention =>
  contentionFrom(
    judgedOf(evidence),
    new Map(
      evidence.peers.map(({ address, goodputBytesPerSecond }) => [
        address,
        goodputBytesPerSecond?.value ?? 0,
      ]),
    ),
  ),
)

function contentionFrom(trials: readonly Judged[], rates: ReadonlyMap<Endpoint, number>): Contention {
  const free = trials.filter(({ between, verdict }) => between === "hosts" && verdict === "free")
  const carried = highest(free.map(({ togetherBytesPerSecond }) => togetherBytesPerSecond))
  const full = slowing(trials, "hosts")
  const fastestFirst = [...rates].toSorted(([, a], [, b]) => b - a)
  const seenWithout = (addresses: readonly Endpoint[]) => {
    const own = new Set(addresses)
    return Math.max(carried, fastestFirst.find(([address]) => !own.has(address))?.[1] ?? 0)
  }
  const most = seenWithout([])
  const ours = full.filter((each) => most <= aboveCeiling * each.togetherBytesPerSecond)
  const ceiling = ours.length > 0 ? estimateOf(ours) : null
  const theirs = full.filter((each) => !ours.includes(each) && each.peers.length === 2)
  const neighbours = slowing(trials, "neighbours").filter(
    (each) => ceiling === null || each.togetherBytesPerSecond < nearCeiling * ceiling.value,
  )
  return {
    ceiling,
    carriedBytesPerSecond: carried > 0 ? carried : null,
    uplinks: joined([...neighbours, ...theirs]).map(({ addresses, rate }) => ({
      addresses,
      rate,
      theirs: seenWithout(addresses) > aboveCeiling * rate.value,
    })),
  }
}

const highest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), 0)

/** How many trials showed that their peers don't slow each other. */
export const freeTrials = (evidence: Pick<Evidence, "run" | "peers">, between: Trial["between"]): number =>
  judgedOf(evidence).filter((trial) => trial.between === between && trial.verdict === "free").length

/** Trials that agree, witness by witness. */
const slowing = (trials: readonly Judged[], between: Trial["between"]): Judged[] =>
  [
    ...Map.groupBy(
      trials.filter((trial) => trial.between === between && trial.verdict === "slowed"),
      ({ peers }) => peers[0],
    ).values(),
  ]
    .filter((group) => agree(group, fewestTrials[between]))
    .flat()

const spread = 0.1

function estimateOf(trials: readonly Judged[]): Estimate {
  const totals = trials.map(({ togetherBytesPerSecond }) => togetherBytesPerSecond)
  const value = totals.reduce((sum, total) => sum + total, 0) / totals.length
  return {
    value,
    low: Math.min((1 - spread) * value, ...totals),
    high: Math.max((1 + spread) * value, ...totals),
    n: totals.length,
    confidence: 0.95,
    censored: false,
  }
}

/** Trials that have a peer in common speak of one uplink. */
function joined(trials: readonly Judged[]): { addresses: Endpoint[]; rate: Estimate }[] {
  const groups: { addresses: Set<Endpoint>; trials: Judged[] }[] = []
  for (const trial of trials) {
    const mine = groups.filter(({ addresses }) => trial.peers.some((address) => addresses.has(address)))
    for (const group of mine) groups.splice(groups.indexOf(group), 1)
    groups.push({
      addresses: new Set([...mine.flatMap(({ addresses }) => [...addresses]), ...trial.peers]),
      trials: [...mine.flatMap((group) => group.trials), trial],
    })
  }
  return groups.map(({ addresses, trials: own }) => ({ addresses: [...addresses], rate: estimateOf(own) }))
}

/**
 * The granted rate of each peer, in order, with what contention did to it left out: while peers of several hosts slowed each
 * other no rate was the peer's own. Near our ceiling a rate may have been stopped by it: `censored`, no upper bound.
 */
export function grantedRates({ run, peers }: Pick<Evidence, "run" | "peers">): (Estimate | null)[] {
  const curves = curvesFrom(peers)
  const trials = judged(run, curves)
  const disturbed = disturbances(trials, curves)
  const rates = peers.map((peer) => goodput(peer.samples, disturbed(peer)))
  const { ceiling } = contentionFrom(
    trials,
    new Map(peers.map(({ address }, i) => [address, rates[i]?.value ?? 0])),
  )
  return rates.map((rate) =>
    rate !== null && ceiling !== null && rate.value >= nearCeiling * ceiling.value
      ? { ...rate, high: null, censored: true }
      : rate,
  )
}

/** Neighbours' trials are kept out whatever they showed. Peers that slowed each other had done so before it was noticed. */
function disturbances(trials: readonly Judged[], curves: Curves): (peer: Peer) => Span[] {
  const slowed = new Set(slowing(trials, "hosts"))
  const trialsOf = new Map<Endpoint, Set<number>>()
  for (const [i, { peers }] of trials.entries())
    for (const address of peers) {
      const own = trialsOf.get(address)
      if (own) own.add(i)
      else trialsOf.set(address, new Set([i]))
    }
  return (peer) => {
    const isPeer = (address: Endpoint) => address === peer.address || peer.alsoAt.includes(address)
    const own = new Set(
      [peer.address, ...peer.alsoAt].flatMap((address) => [...(trialsOf.get(address) ?? [])]),
    )
    return [...own]
      .toSorted((a, b) => a - b)
      .flatMap((i) => trials[i] ?? [])
      .flatMap((trial) => {
        const { between, peers, togetherMs } = trial
        if (between === "neighbours") return [togetherMs]
        if (!slowed.has(trial)) return []
        const others = peers
          .filter((address) => !isPeer(address))
          .flatMap((address) => curves.get(address) ?? [])
        return others.map(({ ms }): Span => [ms[0] ?? 0, Math.min(ms.at(-1) ?? 0, togetherMs[1])])
      })
      .filter(([from, to]) => to > from)
  }
}
