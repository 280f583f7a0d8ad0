import type { Audit } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  countsDownloads,
  frozenOf,
  leastAnnounces,
  leastCompletions,
  type Frozen,
} from "../measure/trackers/frozen.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "frozen-counter"

/** A counter that stands still while those whom the tracker itself listed were seen to complete. */
export const frozenCounter = {
  id: audit,
  title: "Frozen counter",
  question: "Do each tracker's counts follow what was seen to happen?",
  references: ["BEP 3", "BEP 48"],
  requires: ["run", "torrent", "trackers", "peers", "earlier"],
  judge(evidence) {
    const found = frozenOf(evidence)
    const proven = found.filter(({ state }) => state === "proven")
    if (proven.length > 0) return proven.map(accusation)
    const open = found.filter(({ state }) => state === "open")
    if (open.length > 0) return open.map(doubt)
    if (found.length > 0) {
      const [{ url, at } = { url: "", at: [] }] = found
      const because = `${url} counted the same ${at.length} times, and nobody whom it listed was seen to complete meanwhile`
      return [finding(audit, "pass", because, { evidence: { trackers: found.map(row) } })]
    }
    const because = `no tracker gave the same counts in ${leastAnnounces} announces, the last one in this run`
    return [finding(audit, "skipped", because)]
  },
} satisfies Audit<"run" | "torrent" | "trackers" | "peers" | "earlier">

const row = ({ completions, ...found }: Frozen) => ({
  ...found,
  completions: completions.slice(0, 20).map((each) => ({ ...each })),
  leastCompletions,
})

const countsOf = ({ seeders, leechers, downloads }: Frozen): string =>
  listed(
    [
      counted(seeders, "seeder"),
      counted(leechers, "leecher"),
      ...(downloads === null ? [] : [counted(downloads, "download")]),
    ],
    3,
  )

const meanwhile = ({ completions }: Frozen): string => `${counted(completions.length, "peer")} that it listed`

function accusation(found: Frozen) {
  const { url, at, seedersListed } = found
  const why = !countsDownloads(found)
    ? `it lists at least ${counted(seedersListed, "seeder")}`
    : "each of them should have raised its downloads"
  const because = `${url} counted ${countsOf(found)} ${at.length} times, while ${meanwhile(found)} completed: ${why}`
  return finding(audit, "warn", because, {
    subject: `tracker:${url}` as const,
    claimed: `${countsOf(found)}, ${at.length} times`,
    measured: `${counted(found.completions.length, "completion")} meanwhile`,
    advice: "Don't trust this tracker's counts: they don't move.",
    evidence: row(found),
  })
}

function doubt(found: Frozen) {
  const { url, at, completions } = found
  const why =
    completions.length < leastCompletions
      ? "too few to tell a frozen counter from a client that didn't say so"
      : "it doesn't count downloads, and others may have come and gone"
  const because = `${url} counted ${countsOf(found)} ${at.length} times, while ${meanwhile(found)} completed: ${why}`
  return finding(audit, "inconclusive", because, {
    subject: `tracker:${url}` as const,
    claimed: `${countsOf(found)}, ${at.length} times`,
    measured: `${counted(completions.length, "completion")} meanwhile`,
    evidence: row(found),
  })
}
