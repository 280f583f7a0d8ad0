/** Who is there, and what they hold: numbers, before and after. */
import { contactsPeers } from "../evidence/words.ts"
import type { Change } from "../diff.ts"
import type { Snapshot } from "../report.ts"
import { countsDiffer } from "./chance.ts"
import { leastCopyMs } from "./meetings.ts"

export function countChanges(before: Snapshot, after: Snapshot): Change[] {
  const { seeders: fewer, leechers: fewerLeechers } = before.swarm
  const { seeders: more, leechers: moreLeechers } = after.swarm
  const [copies, laterCopies] = [before.swarm.availability, after.swarm.availability]
  const [web, laterWeb] = [before.swarm.webSeeds, after.swarm.webSeeds]
  const missingIsProblem = hasProblem(after, "missing-pieces")
  return [
    // A claim is no measurement.
    count("seeders claimed", fewer.claimed, more.claimed, "neither"),
    count(
      "seeders reached",
      met(before, fewer.reached),
      met(after, more.reached),
      "more is better",
      countsDiffer,
    ),
    count(
      "seeders verified",
      sampled(before, fewer.verified),
      sampled(after, more.verified),
      "more is better",
    ),
    count("leechers claimed", fewerLeechers.claimed, moreLeechers.claimed, "neither"),
    count(
      "leechers reached",
      met(before, fewerLeechers.reached),
      met(after, moreLeechers.reached),
      "neither",
    ),
    copiesChange(copies?.distributedCopies ?? null, laterCopies?.distributedCopies ?? null),
    count(
      "missing pieces",
      copies?.missingPieces.length ?? null,
      laterCopies?.missingPieces.length ?? null,
      "less is better",
      () => missingIsProblem,
    ),
    count("whole web seeds", web?.whole ?? null, laterWeb?.whole ?? null, "more is better"),
    ...slower("full copy", before, after),
  ].filter((each) => each.before !== each.after)
}

/** What a depth did not look at is unknown, and not zero. */
const met = ({ run }: Snapshot, value: number): number | null => (contactsPeers(run.depth) ? value : null)

const sampled = (snapshot: Snapshot, value: number): number | null =>
  snapshot.run.depth === "handshake" ? null : met(snapshot, value)

const hasProblem = ({ findings }: Snapshot, id: string): boolean =>
  findings.some(({ audit, verdict }) => audit === id && (verdict === "warn" || verdict === "fail"))

type Liking = "more is better" | "less is better" | "neither"

/** Who verified a piece, or what a web seed held back, has its own audit: beyond chance is only what is said to be. */
function count(
  what: string,
  before: number | null,
  after: number | null,
  liking: Liking,
  differ: (before: number, after: number) => boolean = () => false,
): Change {
  const both = before !== null && after !== null && before !== after
  const grew = both && after > before
  return {
    what,
    kind: "count",
    before: before === null ? null : String(before),
    after: after === null ? null : String(after),
    direction:
      !both || liking === "neither" ? "neither" : grew === (liking === "more is better") ? "better" : "worse",
    significant: both && differ(before, after),
    audit: null,
    subject: null,
    because: null,
  }
}

const copiesChange = (before: number | null, after: number | null): Change => ({
  ...count("availability", before, after, "more is better"),
  before: before === null ? null : before.toFixed(2),
  after: after === null ? null : after.toFixed(2),
})

/** No two runs estimate it alike: a change is what both intervals exclude, and not for want of peers that chance left unmeasured. */
function slower(what: string, one: Snapshot, other: Snapshot): Change[] {
  const { fullCopyMs: before } = one.swarm
  const { fullCopyMs: after } = other.swarm
  if (before === null || after === null) return []
  const longer = before.high !== null && after.low > before.high
  const shorter = after.high !== null && before.low > after.high
  if (!longer && !shorter) return []
  const surely = longer
    ? leastCopyMs(after, other, one) > (before.high ?? Infinity)
    : leastCopyMs(before, one, other) > (after.high ?? Infinity)
  return [
    {
      ...count(what, before.value, after.value, "less is better", () => surely),
      before: minutes(before.value),
      after: minutes(after.value),
    },
  ]
}

const minutes = (ms: number): string =>
  ms < 90_000
    ? `${Math.round(ms / 1_000)} s`
    : ms < 5_400_000
      ? `${Math.round(ms / 60_000)} min`
      : `${(ms / 3_600_000).toFixed(1)} h`
