import type { Audit } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  fastestBytesPerSecond,
  implausibleOf,
  leastGaps,
  leastShare,
  type Implausible,
} from "../measure/trackers/throughput.ts"
import { counted } from "../measure/wording.ts"

const audit = "implausible-downloads"

/** A count of downloads that rises faster than all the leechers whom the tracker claims could download. */
export const implausibleDownloads = {
  id: audit,
  title: "Implausible downloads",
  question: "Could the leechers that each tracker claims have made the downloads that it counts?",
  references: ["BEP 48"],
  requires: ["torrent", "trackers", "peers", "earlier"],
  judge(evidence) {
    const found = implausibleOf(evidence)
    const accused = found.filter(({ implausible }) => implausible)
    if (accused.length > 0) return accused.map((each) => accusation(each, found.length))
    if (found.length === 0)
      return [finding(audit, "skipped", "no tracker gave a count of downloads at two times")]
    const details = { evidence: { tests: found.length, trackers: found.map(row) } }
    const first = found.find(({ gaps, leechers }) => gaps.some(({ needed }) => needed > leechers))
    if (first) {
      const because = `${first.url}'s count of downloads jumped further than its leechers could carry, which a restored backup does too`
      return [finding(audit, "inconclusive", because, details)]
    }
    const because = `${counted(found.length, "tracker")}: no count of downloads rose faster than the leechers claimed could carry`
    return [finding(audit, "pass", because, details)]
  },
} satisfies Audit<"torrent" | "trackers" | "peers" | "earlier">

const row = ({ gaps, ...found }: Implausible) => ({
  ...found,
  gaps: gaps.slice(-10).map((gap) => ({ ...gap })),
  fastestBytesPerSecond,
  leastShare,
  leastGaps,
})

function accusation(found: Implausible, tests: number) {
  const { url, leechers, gaps } = found
  const rise = gaps.reduce((sum, gap) => sum + gap.rise, 0)
  const needed = Math.round(Math.min(...gaps.map((gap) => gap.needed)))
  const because = `${url} counted ${counted(rise, "download")} more from ${gaps[0]?.from} to ${gaps.at(-1)?.to}: at 10 Gbit/s each that takes ${counted(needed, "leecher")} at any time, and it claims ${leechers} at most`
  return {
    ...finding(audit, "warn", because, {
      subject: `tracker:${url}` as const,
      claimed: counted(rise, "download"),
      measured: `${counted(leechers, "leecher")} claimed at most`,
      advice: "Don't trust this tracker's count of downloads.",
      evidence: { tests, ...row(found) },
    }),
    pValue: Math.max(...gaps.map(({ pValue }) => pValue)),
  }
}
