/** A result as plain text, for the terminal: every party, then the rows in which the two tools are compared. */
import { table } from "../../test/clients/table.ts"
import { between, kib, seconds, share } from "./figures.ts"
import type { RateScore } from "./rate-score.ts"
import type { Result } from "./result.ts"
import type { PartyScore, Score } from "./score.ts"
import { recallHead, recallRows, rowsOf } from "./totals.ts"

export function resultText({ ours, theirs }: Result): string {
  const head = [
    "party",
    "bits",
    "KiB/s",
    "ours",
    "95%",
    "error",
    "in",
    "KiB",
    "of 10 s",
    "libtorrent",
    "error",
  ]
  const rows = ours.parties.map((party, at) => partyRow(party, theirs?.parties[at]?.rate ?? null))
  const others = new Map(theirs ? rowsOf([theirs], false) : [])
  const compared = rowsOf([ours], true).map(([what, value]) => [what, value, others.get(what) ?? "–"])
  return [
    table([head, ...rows]),
    table([["", "torrent-audit", "libtorrent"], ...compared]),
    ...(ours.plantings.length === 0 ? [] : [table([recallHead, ...recallRows([{ ours, theirs }])])]),
    ...copyText(ours),
    ...accusationsText(ours),
  ].join("\n\n")
}

function partyRow(party: PartyScore, other: RateScore | null): string[] {
  const { rate } = party
  const lack = !party.found ? " ?found" : !party.reached ? " ?reached" : " ?client"
  const state = party.honest && party.identified === false ? lack : ""
  return [
    party.name + state,
    String(party.wrongBits ?? "–"),
    `${kib(rate?.trueBytesPerSecond ?? null)}${rate && !rate.counts ? "?" : ""}`,
    `${rate?.censored ? "≥" : ""}${kib(rate?.value ?? null)}`,
    rate ? between(rate.low, rate.high, kib) : "–",
    share(rate?.error ?? null),
    rate?.covered === true ? "✓" : rate?.covered === false ? "✗" : "–",
    rate ? (rate.bytes / 1_024).toFixed(0) : "–",
    share(rate?.costShare ?? null),
    kib(other?.value ?? null),
    share(other?.error ?? null),
  ]
}

const copyText = ({ fullCopy: copy }: Score): string[] =>
  copy === null
    ? []
    : [
        `    full copy: ${seconds(copy.valueMs)} s (${between(copy.lowMs, copy.highMs, seconds)}); ${copy.driver} took ${seconds(copy.realMs)}: ${copy.inside ? "inside" : "OUTSIDE"}`,
      ]

function accusationsText({ accusations }: Score): string[] {
  const { right, missed, beside, wrong } = accusations
  const lists = { named: right, MISSED: missed, "named by another audit": beside, "WRONGLY accused": wrong }
  const lines = Object.entries(lists).flatMap(([what, names]) => names.map((name) => `    ${what}: ${name}`))
  return lines.length > 0 ? [lines.join("\n")] : []
}
