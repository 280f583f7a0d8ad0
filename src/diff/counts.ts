/** Who is there, and what they hold: numbers, before and after. */
import type { Change } from "../diff.ts"
import type { Estimate } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import { countsDiffer } from "./chance.ts"

export function countChanges(before: Snapshot, after: Snapshot): Change[] {
  const { seeders: fewer, leechers: fewerLeechers } = before.swarm
  const { seeders: more, leechers: moreLeechers } = after.swarm
  const [copies, laterCopies] = [before.swarm.availability, after.swarm.availability]
  const [web, laterWeb] = [before.swarm.webSeeds, after.swarm.webSeeds]
  const missingIsProblem = hasProblem(after, "missing-pieces")
  return [
    // A claim is no measurement.
    count("seeders claimed", fewer.claimed, more.claimed, "neither"),
    count("seeders reached", fewer.reached, more.reached, "more is better", countsDiffer),
    count("seeders verified", fewer.verified, more.verified, "more is better"),
    count("leechers claimed", fewerLeechers.claimed, moreLeechers.claimed, "neither"),
    count("leechers reached", fewerLeechers.reached, moreLeechers.reached, "neither"),
    copiesChange(copies?.distributedCopies ?? null, laterCopies?.distributedCopies ?? null),
    count(
      "missing pieces",
      copies?.missingPieces.length ?? null,
      laterCopies?.missingPieces.length ?? null,
      "less is better",
      () => missingIsProblem,
    ),
    count("whole web seeds", web?.whole ?? null, laterWeb?.whole ?? null, "more is better"),
    ...slower("full copy", before.swarm.fullCopyMs, after.swarm.fullCopyMs),
  ].filter((each) => each.before !== each.after)
}

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

/** No two runs estimate it alike: a change is what both intervals exclude. */
function slower(what: string, before: Estimate | null, after: Estimate | null): Change[] {
  if (before === null || after === null) return []
  const longer = before.high !== null && after.low > before.high
  const shorter = after.high !== null && before.low > after.high
  if (!longer && !shorter) return []
  return [
    {
      ...count(what, before.value, after.value, "less is better", () => true),
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
