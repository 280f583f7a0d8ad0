import type { Audit } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  leastListed,
  mostClaimedRatio,
  understatedOf,
  type Understated,
} from "../measure/trackers/understated.ts"
import { claimedIn, readingsOf } from "../measure/trackers/readings.ts"
import { counted, lasting } from "../measure/wording.ts"

const audit = "understated-counts"

/** Count against list, the other way: a tracker that names twice as many peers as it counts, all of them named before. */
export const understatedCounts = {
  id: audit,
  title: "Understated counts",
  question: "Does each tracker count at least those peers whom it names?",
  references: ["BEP 3", "BEP 15"],
  requires: ["run", "trackers", "peers", "earlier"],
  judge(evidence) {
    if (evidence.run.depth === "scrape") return [finding(audit, "skipped", "depth scrape asks for no list")]
    const found = understatedOf(evidence)
    if (found.length > 0)
      return found.map((each) => (each.state === "proven" ? accusation(each) : doubt(each)))
    const held = readingsOf(evidence).flatMap((readings) =>
      readings.filter(
        ({ fresh, listed, ...counts }) => fresh && listed !== null && claimedIn(counts) !== null,
      ),
    )
    if (held.length === 0)
      return [finding(audit, "skipped", "no tracker gave counts together with a list in this run")]
    const most = Math.max(...held.map(({ listed }) => listed?.size ?? 0))
    const because =
      most < leastListed
        ? `the longest list names ${counted(most, "peer")}: too few to hold against a count`
        : `no tracker counts fewer than half of those whom it names, at most ${counted(most, "peer")}`
    return [finding(audit, "pass", because)]
  },
} satisfies Audit<"run" | "trackers" | "peers" | "earlier">

const row = (found: Understated) => ({ ...found, leastListed, mostClaimedRatio })

function accusation(found: Understated) {
  const { url, claimed, listed, steady, since } = found
  const because = `${url} counts ${counted(claimed, "peer")} and names ${listed}, of whom it named ${steady} already at ${since}`
  return finding(audit, "warn", because, {
    subject: `tracker:${url}` as const,
    claimed: counted(claimed, "peer"),
    measured: `${counted(listed, "peer")} in the same reply, ${steady} of them in an older one too`,
    advice: "Don't trust this tracker's counts: the swarm is larger than it says.",
    evidence: row(found),
  })
}

function doubt(found: Understated) {
  const { url, claimed, listed, state } = found
  const why =
    state === "silent"
      ? "it may not count at all"
      : `the swarm may have grown since the counts were made; another announce, ${lasting(found.cacheMs)} later or more, would tell`
  return finding(
    audit,
    "inconclusive",
    `${url} counts ${counted(claimed, "peer")} and names ${listed}: ${why}`,
    {
      subject: `tracker:${url}` as const,
      claimed: counted(claimed, "peer"),
      measured: `${counted(listed, "peer")} in the same reply`,
      evidence: row(found),
    },
  )
}
