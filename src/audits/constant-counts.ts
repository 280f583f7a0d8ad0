import type { Audit } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { comparedCounts, leastCounted, type Compared } from "../measure/trackers/constant.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "constant-counts"

/**
 * The counts of a random info hash, which nobody can share, beside those of the torrent. Exact: an honest tracker counts us alone
 * there. That it counts others for it at all is the canary's finding; this one is that its counts measure nothing.
 */
export const constantCounts = {
  id: audit,
  title: "Constant counts",
  question: "Does any tracker give the same counts for an info hash that nobody has?",
  references: ["BEP 3", "BEP 15"],
  requires: ["trackers"],
  judge({ trackers }) {
    const compared = trackers.flatMap((tracker) => comparedCounts(tracker) ?? [])
    const constant = compared.filter(({ same, many }) => same && many)
    if (constant.length > 0) return constant.map(accusation)
    if (compared.length === 0) {
      const asked = trackers.some(({ canary }) => canary !== null)
      return asked
        ? [finding(audit, "inconclusive", "no tracker gave counts for a random info hash")]
        : [finding(audit, "skipped", "no tracker was asked about a random info hash")]
    }
    const details = { evidence: { trackers: compared.map(row) } }
    const few = compared.filter(({ same }) => same)
    if (few.length === compared.length) {
      const names = listed(
        few.map(({ url }) => url),
        3,
      )
      const because = `${names}: fewer than ${leastCounted} are counted, as few as our own registrations may be`
      return [finding(audit, "inconclusive", because, details)]
    }
    const because = `${counted(compared.length - few.length, "tracker")} gave other counts for a random info hash`
    return [finding(audit, "pass", because, details)]
  },
} satisfies Audit<"trackers">

const row = (found: Compared) => ({ ...found, leastCounted })

function accusation(found: Compared) {
  const { url, seeders, leechers } = found
  const counts = `${counted(seeders, "seeder")} and ${counted(leechers, "leecher")}`
  return finding(
    audit,
    "warn",
    `${url} counts ${counts}, for this torrent and for a random info hash that nobody has alike`,
    {
      subject: `tracker:${url}` as const,
      claimed: counts,
      measured: `${counts} for a random info hash`,
      advice: "Its counts say nothing about this torrent. Drop it, or ignore what it counts.",
      evidence: row(found),
    },
  )
}
