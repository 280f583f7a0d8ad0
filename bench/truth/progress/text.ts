/** Leechers' rates as a table, for the terminal and for RESULTS.md. */
import { between, kib, share, whole } from "../figures.ts"
import { lined } from "../markdown.ts"
import { table } from "../../../test/clients/table.ts"
import { medianOf, type LeecherScore, type ProgressScore } from "./score.ts"

const head = [
  "leecher",
  "KiB/s",
  "torrent-audit",
  "error",
  "n",
  "libtorrent's figure",
  "error",
  "by the pieces it shows",
  "error",
]

const row = (leecher: LeecherScore): string[] => [
  leecher.name,
  kib(leecher.trueBytesPerSecond),
  leecher.value === null
    ? "–"
    : `${kib(leecher.value)} (${between(leecher.low, leecher.high, kib)})${leecher.covered === false ? " outside" : ""}`,
  share(leecher.error),
  whole(leecher.n),
  kib(leecher.shownBytesPerSecond),
  share(leecher.shownError),
  kib(leecher.reckonedBytesPerSecond),
  share(leecher.reckonedError),
]

const medians = (scores: readonly LeecherScore[]): string[] => [
  "median of the errors' sizes",
  "",
  "",
  share(medianOf(scores, ({ error }) => error)),
  "",
  "",
  share(medianOf(scores, ({ shownError }) => shownError)),
  "",
  share(medianOf(scores, ({ reckonedError }) => reckonedError)),
]

export const progressText = ({ leechers }: ProgressScore): string =>
  table([head, ...leechers.map(row), medians(leechers)])

/** `titles` by the scenarios' names. */
export function progressResults(
  scores: readonly ProgressScore[],
  titles: ReadonlyMap<string, string>,
): string {
  const all = scores.flatMap(({ leechers }) => leechers)
  return [
    "## Leechers' download rates",
    "Truth: what the kernel counted on the way to each leecher while it was watched. Libtorrent looked at the same time: its own figure (`remote_dl_rate`), and what its user could reckon from the pieces that it shows.",
    lined(
      ["over all of them", "torrent-audit", "libtorrent's figure", "by the pieces it shows"],
      [
        [
          "median of the errors' sizes",
          share(medianOf(all, ({ error }) => error)),
          share(medianOf(all, ({ shownError }) => shownError)),
          share(medianOf(all, ({ reckonedError }) => reckonedError)),
        ],
      ],
    ),
    ...scores.flatMap(({ scenario, leechers }) => [
      `### ${scenario}: ${titles.get(scenario) ?? ""}`,
      lined(head, leechers.map(row)),
    ]),
  ].join("\n\n")
}
