/** The rows in which two tools are compared, of one scenario or of all together. */
import { seconds, share } from "./figures.ts"
import { recallOf } from "./plantings.ts"
import { quantile } from "./quantile.ts"
import { together } from "./rate-score.ts"
import { ratesOf } from "./bounds.ts"
import { MiB } from "./scenario.ts"
import type { Score } from "./score.ts"

export type Row = readonly [what: string, value: string]

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const kibibytes = (bytes: number | null): string =>
  bytes === null ? "–" : `${(bytes / 1_024).toFixed(0)} KiB`

/** `counted`: whether the kernel's count of what peers sent was taken while this tool looked. */
export function rowsOf(scores: readonly Score[], counted: boolean): Row[] {
  const honest = scores.flatMap(({ parties }) => parties.filter((party) => party.honest))
  const count = (is: (party: (typeof honest)[number]) => boolean) =>
    `${honest.filter(is).length} of ${honest.length}`
  const rates = together(ratesOf(scores))
  const sent = ratesOf(scores).flatMap(({ sentBytes }) => (sentBytes === null ? [] : [sentBytes]))
  const of = (kind: keyof Score["accusations"]) =>
    sum(scores.map(({ accusations }) => accusations[kind].length))
  return [
    ["honest peers found", count(({ found }) => found)],
    ["reached", count(({ reached }) => reached)],
    [
      "clients not named right",
      String(honest.filter(({ reached, identified }) => reached && identified === false).length),
    ],
    ["bitfields wrong", String(honest.filter(({ wrongBits }) => (wrongBits ?? 0) > 0).length)],
    ["seeders, leechers miscounted by", errors(scores)],
    ["rates measured", `${rates.measured} of ${rates.peers}, ${rates.censored} as lower bounds`],
    ["error: median", share(rates.medianError)],
    [
      "size of the error: median, 90th percentile",
      `${share(rates.medianAbsoluteError)}, ${share(rates.p90AbsoluteError)}`,
    ],
    ["truth within the interval", share(rates.coverage)],
    [
      "bytes per peer: median, and as the kernel counts",
      `${kibibytes(
        quantile(
          ratesOf(scores).map(({ bytes }) => bytes),
          0.5,
        ),
      )}, ${counted ? kibibytes(quantile(sent, 0.5)) : "–"}`,
    ],
    [
      "of a 10 s download: where 5 s hold two pieces, elsewhere",
      `${share(rates.roomyCostShare)}, ${share(rates.otherCostShare)}`,
    ],
    [
      "wall, CPU",
      `${seconds(sum(scores.map(({ wallMs }) => wallMs)))} s, ${seconds(sum(scores.map(({ cpuMs }) => cpuMs)))} s`,
    ],
    ["peak memory", `${(Math.max(...scores.map(({ peakRssBytes }) => peakRssBytes)) / MiB).toFixed(0)} MiB`],
    ["payload taken", `${(sum(scores.map(({ payloadBytes }) => payloadBytes)) / MiB).toFixed(1)} MiB`],
    ["lies named, missed", `${of("right")}, ${of("missed")}`],
    ["plantings named by the right audit", plantingsOf(scores)],
    ["liars named by another audit", String(of("beside"))],
    ["the honest accused", String(of("wrong"))],
  ]
}

function plantingsOf(scores: readonly Score[]): string {
  const all = scores.flatMap(({ plantings }) => plantings)
  return `${all.filter(({ outcome }) => outcome === "named").length} of ${all.length}`
}

/** Signed while it is one scenario; of several, sizes. */
const errors = (scores: readonly Score[]): string => {
  const size = (error: number) => (scores.length === 1 ? error : Math.abs(error))
  const of = (kind: "seedersError" | "leechersError") => sum(scores.map((score) => size(score[kind])))
  return `${of("seedersError")}, ${of("leechersError")}`
}

/** One row for each kind of client, from its rates over all scenarios. */
export function kindRows(scores: readonly Score[]): string[][] {
  const parties = scores.flatMap((score) => score.parties)
  const kinds = [...new Set(parties.flatMap(({ kind, rate }) => (rate?.counts ? [kind] : [])))].sort()
  return kinds.map((kind) => {
    const rates = together(
      parties.flatMap((party) => (party.kind === kind && party.rate ? [party.rate] : [])),
    )
    return [
      kind,
      `${rates.measured} of ${rates.peers}`,
      share(rates.medianError),
      share(rates.medianAbsoluteError),
      share(rates.p90AbsoluteError),
      share(rates.coverage),
    ]
  })
}

/**
 * One row for each audit that must name somebody: who lied so, how many, and what became of them; then how many libtorrent
 * named, of those in whose scenarios it looked.
 */
export function recallRows(results: readonly { ours: Score; theirs: Score | null }[]): string[][] {
  const both = results.flatMap(({ theirs }) => theirs?.plantings ?? [])
  const all = results.flatMap(({ ours }) => ours.plantings)
  const theirNamed = (audit: string): string => {
    const of = both.filter((planting) => planting.audit === audit)
    return of.length === 0
      ? "–"
      : `${of.filter(({ outcome }) => outcome !== "missed").length} of ${of.length}`
  }
  const rows = recallOf(all).map(({ audit, kinds, planted, named, beside, missed }) => [
    audit,
    kinds.join(", "),
    ...[planted, named, beside, missed].map(String),
    theirNamed(audit),
  ])
  return rows
}

export const recallHead = [
  "must name it",
  "who",
  "planted",
  "named",
  "by another audit",
  "missed",
  "libtorrent names",
]
