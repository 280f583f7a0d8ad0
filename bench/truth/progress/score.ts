/** What was said of each leecher's download rate, against what the kernel counted meanwhile; pure. */
import type { Bound } from "../bounds.ts"
import { share, whole } from "../figures.ts"
import { quantile } from "../quantile.ts"
import type { ProgressRecording } from "./play.ts"
import { receivedBetween, type Received } from "./received.ts"

export interface LeecherScore {
  readonly name: string
  readonly kind: string
  /** While it was watched; null: it was not, or not counted. */
  readonly trueBytesPerSecond: number | null
  /** null: not measured. */
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly n: number | null
  /** Signed, of the truth. */
  readonly error: number | null
  readonly covered: boolean | null
  /** libtorrent's own figure for it (`remote_dl_rate`), the last one; null: libtorrent didn't see it. */
  readonly shownBytesPerSecond: number | null
  readonly shownError: number | null
  /** What a user could reckon from the pieces that libtorrent shows, first look to last, and how wrong that is. */
  readonly reckonedBytesPerSecond: number | null
  readonly reckonedError: number | null
}

export interface ProgressScore {
  readonly scenario: string
  readonly pieceBytes: number
  readonly leechers: readonly LeecherScore[]
  readonly wallMs: number
}

export function scoreProgress({ scenario, leechers, snapshot, watched }: ProgressRecording): ProgressScore {
  const startedMs = Date.parse(snapshot.run.startedAt)
  const { pieceBytes } = snapshot.torrent
  return {
    scenario,
    pieceBytes,
    wallMs: snapshot.run.durationMs,
    leechers: leechers.map(({ name, kind, endpoints, received }) => {
      const peer = snapshot.peers.find(({ address, alsoAt }) =>
        [address, ...alsoAt].some((each) => endpoints.includes(each)),
      )
      const rate = peer?.downloadBytesPerSecond ?? null
      const spans = (peer?.readings ?? []).map(
        ({ fromMs, toMs }) => [startedMs + fromMs, startedMs + toMs] as const,
      )
      const truth = rateOver(received, spans)
      const shown = watched?.peers.find(({ endpoint }) => endpoints.includes(endpoint))?.readings ?? []
      const [first, last] = [shown[0], shown.at(-1)]
      const theirTruth = first && last ? rateOver(received, [[first[0], last[0]]]) : null
      const reckoned =
        first && last && last[0] > first[0]
          ? ((last[2] - first[2]) * pieceBytes * 1_000) / (last[0] - first[0])
          : null
      return {
        name,
        kind,
        trueBytesPerSecond: truth,
        value: rate?.value ?? null,
        low: rate?.low ?? null,
        high: rate?.high ?? null,
        n: rate?.n ?? null,
        error: errorOf(rate?.value ?? null, truth),
        covered:
          rate === null || truth === null ? null : rate.low <= truth && truth <= (rate.high ?? Infinity),
        shownBytesPerSecond: last?.[1] ?? null,
        shownError: errorOf(last?.[1] ?? null, theirTruth),
        reckonedBytesPerSecond: reckoned,
        reckonedError: errorOf(reckoned, theirTruth),
      }
    }),
  }
}

const errorOf = (value: number | null, truth: number | null): number | null =>
  value === null || truth === null || truth === 0 ? null : value / truth - 1

function rateOver(received: Received, spans: readonly (readonly [number, number])[]): number | null {
  const parts = spans.map(([from, to]) => receivedBetween(received, from, to))
  const ms = spans.reduce((sum, [from, to]) => sum + to - from, 0)
  if (ms === 0 || parts.includes(null)) return null
  return (parts.reduce<number>((sum, part) => sum + (part ?? 0), 0) * 1_000) / ms
}

interface Demands {
  readonly leechers: number
  readonly kinds: number
  readonly medianError: number
  readonly coverage: number
}

const demands: Record<"long" | "short", Demands> = {
  long: { leechers: 24, kinds: 4, medianError: 0.1, coverage: 0.93 },
  // In so short a watch Transmission hardly ever shows a rate: it tells of its pieces every ten seconds. One of those left may be outside.
  short: { leechers: 3, kinds: 3, medianError: 0.1, coverage: 0.65 },
}

export const medianOf = (scores: readonly LeecherScore[], of: (score: LeecherScore) => number | null) =>
  quantile(scores.flatMap((score) => of(score) ?? []).map(Math.abs), 0.5)

export function progressBounds(scores: readonly ProgressScore[], form: keyof typeof demands): Bound[] {
  const wanted = demands[form]
  const all = scores.flatMap(({ leechers }) => leechers)
  const measured = all.filter(({ error }) => error !== null)
  const kinds = new Set(measured.map(({ kind }) => kind))
  const median = medianOf(measured, ({ error }) => error)
  const covered = measured.filter((leecher) => leecher.covered).length
  const coverage = measured.length === 0 ? null : covered / measured.length
  return [
    {
      what: "leechers' download rates measured, by HAVEs alone",
      measured: `${whole(measured.length)} of ${all.length}`,
      bound: `≥ ${wanted.leechers}`,
      ok: measured.length >= wanted.leechers,
    },
    {
      what: "kinds of client among them",
      measured: whole(kinds.size),
      bound: `≥ ${wanted.kinds}`,
      ok: kinds.size >= wanted.kinds,
    },
    {
      what: "their error, median of sizes",
      measured: share(median),
      bound: `≤ ${share(wanted.medianError)}`,
      ok: median !== null && median <= wanted.medianError,
    },
    {
      what: "true download rates within their 95% interval",
      measured: share(coverage),
      bound: `≥ ${share(wanted.coverage)}`,
      ok: coverage !== null && coverage >= wanted.coverage,
    },
  ]
}
