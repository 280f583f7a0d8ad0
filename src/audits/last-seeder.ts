import type { Audit, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { finding } from "../measure/finding.ts"
import { membershipOf } from "../measure/members.ts"
import { reachOf } from "../measure/reach.ts"
import { rolesOf } from "../measure/roles.ts"
import { wholeWebSeeds } from "../measure/web-seeds.ts"
import { andWhy, counted, countedIfKnown } from "../measure/wording.ts"

const audit = "last-seeder"

/** About the swarm, not about the seeder: it names the address in its evidence only. */
export const lastSeeder = {
  id: audit,
  title: "Last seeder",
  question: "Does the torrent hang on a single seeder?",
  references: ["BEP 3"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const { depth } = evidence.run
    const { seeders } = rolesOf(evidence)
    const { reached, heard, suffices, doubts } = reachOf(evidence)
    const say = (verdict: Verdict, because: string, advice: string | null = null) => [
      finding(audit, verdict, because, {
        claimed: countedIfKnown(seeders.claimed, "seeder"),
        measured: contactsPeers(depth) ? `${counted(seeders.reached, "seeder")} reached` : null,
        advice,
        evidence: {
          reached,
          heard,
          seeders: membershipOf(evidence)
            .reached.filter(({ seeder }) => seeder)
            .slice(0, 3)
            .map(({ peer }) => peer.address),
        },
      }),
    ]
    if (!contactsPeers(depth)) return say("skipped", `depth ${depth} contacts no peer`)
    if (seeders.reached > 1) return say("pass", `${counted(seeders.reached, "seeder")} reached`)
    if (seeders.reached === 0) return say("pass", "no seeder was reached, so none is the last")
    const whole = wholeWebSeeds(evidence).length
    if (whole > 0) return say("pass", `one seeder reached, and ${counted(whole, "web seed")} beside it`)
    return suffices
      ? say(
          "warn",
          `only one seeder among ${reached} of ${counted(heard, "peer")} reached`,
          "Add a second seeder: when this one leaves, new leechers depend on each other.",
        )
      : say(
          "inconclusive",
          andWhy(`only one seeder so far among ${reached} of ${counted(heard, "peer")} reached`, doubts),
        )
  },
} satisfies Audit
