/** Trials: peers that are being measured are asked together and apart, and what they gave is recorded. Who does so when: turns.ts. */
import type { Span, Trial } from "../evidence.ts"
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
/** A little faster alone: the sum may have been near the ceiling, and is to be tried again when it comes back. */
const hardlyFaster = 0.05
const doubtful = 0.85

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
    await Promise.race([sleep(partMs, signal), witness.ended])
    const left = witness.state !== "running"
    if (signal.aborted || (left && now() - stoppedMs < shortestPartMs / 2)) return null
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
    const unsettled = results.length === mostTrials
    if (result.verdict === "free" || unsettled)
      return {
        carried:
          unsettled || result.gain.value > hardlyFaster * witness.meter.recent() ? doubtful * sum : sum,
      }
    if (left) return null
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

/** One that has just been measured goes on, with another of its host beside it for a moment, and then without. */
export async function tryNeighbour(
  member: Member,
  neighbour: Contestant,
  { signal, now, sleep, onTrial }: TrialContext,
): Promise<void> {
  const partMs = Math.max(neighbourPartMs, partMsFor(member))
  const startedMs = now()
  const over = new AbortController()
  const taking = neighbour.take(AbortSignal.any([signal, over.signal]))
  await Promise.race([sleep(partMs, signal), taking, member.ended])
  const stoppedMs = now()
  over.abort()
  if (!(await taking) || signal.aborted || member.state !== "running") return
  await Promise.race([sleep(partMs, signal), member.ended])
  if (signal.aborted || now() - stoppedMs < partMs / 2) return
  onTrial({
    between: "neighbours",
    peers: [member.contestant.address, neighbour.address],
    togetherMs: [startedMs, stoppedMs],
    aloneMs: [stoppedMs, now()],
  })
}
