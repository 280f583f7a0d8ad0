import type { Audit, Verdict } from "../report.ts"
import { finding } from "../measure/finding.ts"
import {
  groupsOf,
  leastInCommon,
  likenessesOf,
  listingsOf,
  mirroring,
  type Likeness,
  type Listing,
} from "../measure/trackers/mirrors.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "mirrored-trackers"

/**
 * Information only: two names of one list (UDP and HTTP of a host, or a service with two names) are one witness, and what they
 * claim counts once. So it does where every client announces to both.
 */
export const mirroredTrackers = {
  id: audit,
  title: "Mirrored trackers",
  question: "Are several of the trackers one and the same list?",
  references: ["BEP 12"],
  requires: ["trackers", "peers"],
  judge(evidence) {
    const listings = listingsOf(evidence)
    const naming = listings.filter(({ named }) => named.size > 0)
    const likenesses = likenessesOf(listings)
    const groups = groupsOf(
      naming.map(({ url }) => url),
      mirroring(likenesses),
    )
      .map((group) => group.flatMap((i) => naming[i] ?? []))
      .filter(({ length }) => length > 1)
    const unclear = likenesses.filter(({ mirrors }) => mirrors === "unclear")
    const say = (verdict: Verdict, because: string) => [
      finding(audit, verdict, because, {
        evidence: {
          trackers: naming.map(({ named, ...counts }) => ({ ...counts, listed: named.size })),
          mirrors: groups.map((group) => group.map(({ url }) => url)),
          unclear: unclear.map(({ one, other, common }) => ({ trackers: [one.url, other.url], common })),
        },
      }),
    ]
    if (naming.length < 2) return say("skipped", "fewer than two trackers named peers")
    if (groups.length > 0) return say("pass", groups.map(groupSaying).join("; "))
    const [doubt] = unclear
    if (doubt) return say("inconclusive", unclearSaying(doubt))
    return say("pass", `${counted(naming.length, "tracker")} list different peers or count differently`)
  },
} satisfies Audit<"trackers" | "peers">

const groupSaying = (group: readonly Listing[]): string => {
  const [{ seeders, leechers, named } = { seeders: 0, leechers: 0, named: new Set() }] = group
  const counts = `${counted(seeders ?? 0, "seeder")} and ${counted(leechers ?? 0, "leecher")}`
  return `${listed(
    group.map(({ url }) => url),
    3,
  )} answer as one list (${counts}, ${counted(named.size, "peer")} named): their claims count once`
}

const unclearSaying = ({ one, other, common }: Likeness): string =>
  common < leastInCommon
    ? `${one.url} and ${other.url} count alike and name ${common} of the same peers: too few to tell whether they are one`
    : `${one.url} and ${other.url} count alike, and their lists overlap as two draws from one would; so may those of two trackers with the same clients`
