/** One scenario's part of RESULTS.md. */
import { between, kib, share } from "./figures.ts"
import { lined } from "./markdown.ts"
import type { Result } from "./result.ts"
import type { PartyScore, Score } from "./score.ts"
import { rowsOf } from "./totals.ts"

function comparison(ours: Score, theirs: Score | null): string {
  const others = new Map(theirs ? rowsOf([theirs], false) : [])
  return lined(
    ["", "torrent-audit", "libtorrent"],
    rowsOf([ours], true).map(([what, value]) => [what, value, others.get(what) ?? "–"]),
  )
}

export function scenarioText({ title, ours, theirs, recording }: Result): string {
  const { right, missed, wrong, beside } = ours.accusations
  const lists = { named: right, missed, "named by another audit": beside, "wrongly accused": wrong }
  const said = Object.entries(lists).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`- ${what}: ${names.join(", ")}`],
  )
  const { pieceBytes, sizeBytes } = recording.truth
  return [
    `## ${ours.scenario}: ${title}`,
    `${(sizeBytes / 1_048_576).toFixed(0)} MiB in pieces of ${pieceBytes / 1_024} KiB`,
    comparison(ours, theirs),
    lined(
      ["peer", "KiB/s", "torrent-audit", "error", "KiB taken", "of 10 s", "libtorrent", "error"],
      ours.parties.map((party, at) => partyRow(party, theirs?.parties[at] ?? null)),
    ),
    ...(said.length > 0 ? [said.join("\n")] : []),
  ].join("\n\n")
}

function partyRow(
  { name, found, reached, identified, wrongBits, rate, honest }: PartyScore,
  other: PartyScore | null,
): string[] {
  const notes = [
    ...(found ? [] : ["not found"]),
    ...(found && !reached ? ["not reached"] : []),
    ...(honest && reached && identified === false ? ["client not named"] : []),
    ...(honest && (wrongBits ?? 0) > 0 ? [`${wrongBits} wrong bits`] : []),
  ]
  const interval =
    rate?.value == null
      ? "–"
      : `${rate.censored ? "≥ " : ""}${kib(rate.value)} (${between(rate.low, rate.high, kib)})`
  return [
    notes.length > 0 ? `${name}: ${notes.join(", ")}` : name,
    rate ? `${kib(rate.trueBytesPerSecond)}${rate.counts ? "" : " shared"}` : "–",
    rate?.covered === false && rate.counts ? `${interval} **outside**` : interval,
    share(rate?.error ?? null),
    rate ? (rate.bytes / 1_024).toFixed(0) : "–",
    share(rate?.costShare ?? null),
    kib(other?.rate?.value ?? null),
    share(other?.rate?.error ?? null),
  ]
}
