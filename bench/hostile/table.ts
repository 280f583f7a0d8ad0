/** What the table says of each case and of all of them, as Markdown. */
import { lined } from "../truth/markdown.ts"
import type { HostileCase } from "./case.ts"
import type { Played, Verdict } from "./play.ts"

export interface Row extends Pick<HostileCase, "id" | "stranger" | "does" | "bound">, Played {
  /** Peak memory above that of the honest run of the same shape. */
  readonly aboveHonestBytes: number
}

export interface Totals {
  readonly cases: number
  readonly crashes: number
  readonly hangs: number
  /** Ended in time, but not as the case demands; or could not be staged. */
  readonly wrong: number
  readonly mostAboveHonestBytes: number
  readonly wallSeconds: number
}

const MiB = 1_048_576
const maxAboveHonestBytes = 64 * MiB

export const rowOf = (
  { id, stranger, does, bound }: HostileCase,
  played: Played,
  honestRssBytes: number,
): Row => ({
  id,
  stranger,
  does,
  bound,
  ...played,
  aboveHonestBytes: played.peakRssBytes === 0 ? 0 : played.peakRssBytes - honestRssBytes,
})

export function totalsOf(rows: readonly Row[], wallMs: number): Totals {
  const count = (...verdicts: Verdict[]) => rows.filter(({ verdict }) => verdicts.includes(verdict)).length
  return {
    cases: rows.length,
    crashes: count("crash"),
    hangs: count("hang"),
    wrong: count("wrong", "broken"),
    mostAboveHonestBytes: Math.max(0, ...rows.map(({ aboveHonestBytes }) => aboveHonestBytes)),
    wallSeconds: Math.round(wallMs / 1_000),
  }
}

export const isGood = (row: Row): boolean =>
  row.verdict === "survived" && row.aboveHonestBytes <= maxAboveHonestBytes

/** One line for a terminal. */
export function lineOf(row: Row): string {
  const figures = `${(row.wallMs / 1_000).toFixed(1)} s, ${memoryOf(row)} MiB`
  return `${isGood(row) ? "ok  " : "FAIL"} ${row.id.padEnd(34)} ${figures.padEnd(16)} ${row.verdict === "survived" ? "" : `${row.verdict}: `}${row.happened}`
}

export function resultsText(
  rows: readonly Row[],
  totals: Totals,
  about: { on: string; honestShapes: number; at: string },
): string {
  const { cases, crashes, hangs, wrong, mostAboveHonestBytes } = totals
  const strangers = [...new Set(rows.map(({ stranger }) => stranger))]
  return [
    "# Hostile bench: the last run",
    "",
    `- ${about.at}, \`npm run bench:hostile\`, ${totals.wallSeconds} s in all`,
    `- ${about.on}`,
    "- every case: the built program as a process of its own, against a stranger on loopback who does this and nothing else; where",
    "  the case is about peers, an honest tracker and an honest seed stand beside it, and the seed must be verified all the same",
    `- memory: the process's peak above that of an honest run of the same shape (${about.honestShapes} shapes, the median of three runs each)`,
    "",
    lined(
      ["over all cases", "measured", "bound", ""],
      [
        ["hostile behaviours", String(cases), "≥ 60", cases >= 60 ? "pass" : "FAIL"],
        ["crashes", String(crashes), "0", crashes === 0 ? "pass" : "FAIL"],
        ["hangs past the run's timeout", String(hangs), "0", hangs === 0 ? "pass" : "FAIL"],
        ["ended otherwise than they should", String(wrong), "0", wrong === 0 ? "pass" : "FAIL"],
        [
          "most memory above an honest run",
          `${(mostAboveHonestBytes / MiB).toFixed(1)} MiB`,
          `≤ ${maxAboveHonestBytes / MiB} MiB`,
          mostAboveHonestBytes <= maxAboveHonestBytes ? "pass" : "FAIL",
        ],
      ],
    ),
    ...strangers.flatMap((stranger) => ["", `## ${stranger}`, "", strangersTable(rows, stranger)]),
    "",
  ].join("\n")
}

const strangersTable = (rows: readonly Row[], stranger: Row["stranger"]): string =>
  lined(
    ["it", "what happened", "bound hit", "s", "MiB above honest"],
    rows
      .filter((row) => row.stranger === stranger)
      .map((row) => [
        cell(row.does),
        cell(isGood(row) ? row.happened : `**${row.verdict}**: ${row.happened}`),
        row.bound.includes(".") ? `\`${row.bound}\`` : cell(row.bound),
        (row.wallMs / 1_000).toFixed(1),
        memoryOf(row),
      ]),
  )

const memoryOf = ({ aboveHonestBytes }: Row): string => (aboveHonestBytes / MiB).toFixed(1)

/** A stranger's words are shown, never rendered. */
const cell = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, "·")
    .replaceAll(/[|\\<>`*_]/g, "\\$&")
    .slice(0, 300)
