/** Trials: peers that are being measured are asked together and apart, and what they gave is recorded. Who does so when: turns.ts. */
import type { Endpoint, Span, Trial } from "../evidence.ts"
import { agree, fewestTrials, resultOf, type TrialResult } from "../measure/contention.ts"
import type { Contestant, Member } from "./member.ts"

export interface TrialContext {
  readonly signal: AbortSignal
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly onTrial: (trial: Trial) => void
}

/** Either part: some fifteen blocks, and a few of the bursts that clients serve in. */
const trialBytes = 15 * 16_384
const shortestPartMs = 2_500
const longestPartMs = 6_000
/** Neighbours are tried once only, so for longer. */
const neighbourPartMs = 4_000
const mostTrials = 3

export const recentRate = (group: readonly Member[]): number =>
  group.reduce((sum, { meter }) => sum + meter.recent(), 0)

const partMsFor = ({ meter }: Member): number =>
  Math.min(longestPartMs, Math.max(shortestPartMs, (trialBytes * 1_000) / Math.max(1, meter.recent())))

/**
 * The fastest alone, against all together since `sinceMs`; again while that is not clear, for a peer may become faster by
 * itself. What our link carried without holding anybody back, or its ceiling, in bytes per second; null when the fastest left. Those
 * whom a full link disturbed end, to be measured again; the others stay paused.
 */
export async function tryLink(
  running: readonly Member[],
  sinceMs: number,
  { signal, now, sleep, onTrial }: TrialContext,
): Promise<{ carried: number } | { ceiling: number } | null> {
  const group = running.toSorted((a, b) => b.meter.recent() - a.meter.recent())
  const [witness, ...others] = group
  if (!witness) return null
  const partMs = partMsFor(witness)
  const meters = new Map(group.map(({ contestant, meter }) => [contestant.address, [meter.curve]]))
  const results: TrialResult[] = []
  const full: Span[] = []
  let togetherMs = sinceMs
  await sleep(Math.max(0, togetherMs + partMs - now()), signal)
  for (;;) {
    const sum = recentRate(group)
    const stoppedMs = now()
    for (const other of others) other.pause()
    await sleep(partMs, signal)
    if (signal.aborted || witness.state !== "running") return null
    const trial: Trial = {
      between: "hosts",
      peers: group.map(({ contestant }) => contestant.address),
      togetherMs: [togetherMs, stoppedMs],
      aloneMs: [stoppedMs, now()],
    }
    onTrial(trial)
    const result = resultOf(trial, meters)
    results.push(result)
    full.push([results.length === 1 ? 0 : togetherMs, stoppedMs])
    if (agree(results, fewestTrials.hosts)) break
    if (result.verdict === "free" || results.length === mostTrials) return { carried: sum }
    togetherMs = now()
    for (const other of others) other.resume()
    await sleep(partMs, signal)
  }
  for (const { disturbed } of group) disturbed.push(...full)
  for (const other of others) other.end("again")
  const sums = results
    .filter(({ verdict }) => verdict === "slowed")
    .map((each) => each.togetherBytesPerSecond)
  return { ceiling: sums.reduce((total, each) => total + each, 0) / sums.length }
}

/** Somebody that was measured before, and when. */
export interface Measured {
  readonly contestant: Contestant
  readonly ms: Span
}

/** One that has just been measured goes on, and another of its host, measured before, joins it. */
export async function tryNeighbour(
  member: Member,
  neighbour: Measured,
  { signal, now, sleep, onTrial }: TrialContext,
): Promise<void> {
  const { contestant } = member
  const own: Measured = { contestant, ms: [member.joinedMs, now()] }
  const over = new AbortController()
  const taking = neighbour.contestant.take(AbortSignal.any([signal, over.signal]))
  await Promise.race([sleep(Math.max(neighbourPartMs, partMsFor(member)), signal), taking])
  const togetherMs: Span = [own.ms[1], now()]
  over.abort()
  const lasted = await taking
  if (!lasted || signal.aborted || member.state !== "running") return
  const [first, second] = [own, neighbour].toSorted((a, b) => meanOf(b) - meanOf(a)) as [Measured, Measured]
  const peers: Endpoint[] = [first.contestant.address, second.contestant.address]
  onTrial({ between: "neighbours", peers, togetherMs, aloneMs: first.ms })
}

const meanOf = ({ contestant, ms: [from, to] }: Measured): number =>
  contestant.samples().reduce((sum, { atMs, bytes }) => (atMs >= from && atMs <= to ? sum + bytes : sum), 0) /
  Math.max(1, to - from)
