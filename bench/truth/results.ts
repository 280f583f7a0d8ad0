/** RESULTS.md: what the long form gave the last time. */
import { arch, cpus, release } from "node:os"
import type { Bound } from "./bounds.ts"
import { between, seconds } from "./figures.ts"
import { lined } from "./markdown.ts"
import type { Result } from "./result.ts"
import { scenarioText } from "./results-scenario.ts"
import type { FullCopyScore, Score } from "./score.ts"
import { kindRows, recallHead, recallRows, rowsOf } from "./totals.ts"

export function resultsText(results: readonly Result[], bounds: readonly Bound[], command: string): string {
  const date = results.map(({ recording }) => recording.snapshot.run.startedAt).sort()[0] ?? ""
  const kernel = /^\d+\.\d+(\.\d+)?/.exec(release())?.[0] ?? ""
  return `${[
    "# Truth bench: the last long run",
    [
      `- ${date.slice(0, 10)}, \`${command}\``,
      `- ${cpus().length} cores, ${arch()}, Linux ${kernel}, Node ${process.versions.node}`,
      `- clients: ${clientsOf(results).join(", ")}`,
      "- truth: each client's own API for its pieces, plain TCP over its shaped link for its rate, before the audit",
      "- libtorrent: joined from the same place afterwards, for as long as the audit took; its rate is the mean of its readings above zero",
    ].join("\n"),
    "## Bounds",
    lined(
      ["over all scenarios", "measured", "bound", ""],
      bounds.map(({ what, measured, bound, ok }) => [what, measured, bound, ok ? "pass" : "**FAIL**"]),
    ),
    "## All together",
    totalsText(results),
    "## Lies, and who was named",
    [
      "One planting is one liar, or several that lie together. Nobody else may be accused: of the honest, that is",
      `${decentText(results)}.`,
      "libtorrent names nobody but whom it bans for wrong bytes; its column is of the scenarios in which it looked.",
    ].join(" "),
    lined(recallHead, recallRows(results)),
    "## The honest, odd as they are",
    lined(["scenario", "", "real clients", "of the cast", "accused"], results.map(decentRow)),
    "## Trackers and web seeds",
    lined(["scenario", "url", "lies", "must be named by", ""], results.flatMap(servedRows)),
    "## Rates by client",
    lined(
      ["client", "measured", "error: median", "size: median", "90th percentile", "truth within"],
      kindRows(results.map(({ ours }) => ours)),
    ),
    "## Full copies, in seconds",
    lined(
      ["scenario", "by", "really", "said", "within"],
      results.flatMap(({ ours }) => (ours.fullCopy ? [copyRow(ours.scenario, ours.fullCopy)] : [])),
    ),
    ...results.map(scenarioText),
  ].join("\n\n")}\n`
}

function decentText(results: readonly Result[]): string {
  const parties = results.flatMap(({ ours }) => ours.parties.filter(({ honest }) => honest))
  const real = parties.filter(({ identified }) => identified !== null).length
  const wrong = results.flatMap(({ ours }) => ours.accusations.wrong)
  const accused = wrong.length === 0 ? "none was" : `accused were ${wrong.join(", ")}`
  return `${real} real clients and ${parties.length - real} of the cast, most of them odd in some way: ${accused}`
}

const decentRow = ({ ours, title }: Result): string[] => {
  const decent = ours.parties.filter(({ honest }) => honest)
  const real = decent.filter(({ identified }) => identified !== null)
  const numbers = [real.length, decent.length - real.length, ours.accusations.wrong.length]
  return [ours.scenario, title, ...numbers.map(String)]
}

/** Of those that lie, and of the honest ones beside them. */
const servedRows = ({ ours, recording: { truth } }: Result): string[][] => {
  const served = [...truth.trackers, ...(truth.webSeeds ?? [])]
  if (served.every(({ honest }) => honest)) return []
  return served.map(({ url, honest, accusedBy, lie }) => {
    const says = (list: readonly string[]) => list.filter((line) => line.endsWith(` ${url}`))
    const [right, wrong] = [says(ours.accusations.right), says(ours.accusations.wrong)]
    const named = right.length > 0 ? "named" : "**missed**"
    return [
      ours.scenario,
      url,
      honest ? "no" : (lie ?? "yes"),
      accusedBy ?? "nobody",
      accusedBy === null ? (wrong.length === 0 ? "not accused" : `**accused**: ${wrong.join(", ")}`) : named,
    ]
  })
}

const copyRow = (scenario: string, copy: FullCopyScore): string[] => [
  scenario,
  copy.driver,
  seconds(copy.realMs),
  copy.valueMs === null
    ? "nothing"
    : `${seconds(copy.valueMs)} (${between(copy.lowMs, copy.highMs, seconds)})`,
  copy.inside ? "yes" : "**no**",
]

/** Of all scenarios, and of those in which libtorrent looked as well: only these two columns compare. */
function totalsText(results: readonly Result[]): string {
  const both = results.filter(({ theirs }) => theirs !== null)
  const rows = (scores: readonly (Score | null)[], counted: boolean) =>
    new Map(
      rowsOf(
        scores.filter((score) => score !== null),
        counted,
      ),
    )
  const theirs = rows(
    both.map((result) => result.theirs),
    false,
  )
  const medians = rows(
    both.map((result) => result.theirMedians),
    false,
  )
  const compared = rows(
    both.map(({ ours }) => ours),
    true,
  )
  const all = rows(
    results.map(({ ours }) => ours),
    true,
  )
  const note = (what: string) =>
    what.startsWith("size of the error") ? ` (by its median reading: ${medians.get(what)})` : ""
  return lined(
    [
      "",
      `torrent-audit, all ${results.length}`,
      `torrent-audit, ${both.length} of them`,
      "libtorrent, the same",
    ],
    [...all].map(([what, value]) => [
      what,
      value,
      compared.get(what) ?? "–",
      theirs.has(what) ? `${theirs.get(what)}${note(what)}` : "–",
    ]),
  )
}

/** Each once, as they call themselves. */
const clientsOf = (results: readonly Result[]): string[] =>
  [
    ...new Set(
      results.flatMap(({ recording }) =>
        recording.truth.parties.flatMap(({ kind, client }) =>
          client === null || kind === "libtorrent-partial" ? [] : [`${kind} ${client.version}`],
        ),
      ),
    ),
  ].sort()
