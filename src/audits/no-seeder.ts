import type { Audit, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { nobodyListed } from "../measure/downloadable.ts"
import { finding } from "../measure/finding.ts"
import { holdingsOf } from "../measure/holdings.ts"
import { reachOf } from "../measure/reach.ts"
import { rolesOf } from "../measure/roles.ts"
import { wholeWebSeeds } from "../measure/web-seeds.ts"
import { andWhy, counted, countedIfKnown } from "../measure/wording.ts"

const audit = "no-seeder"

export const noSeeder = {
  id: audit,
  title: "No seeder",
  question: "Is anybody there who holds everything?",
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
        evidence: { reached, heard, possibleSeeders: seeders.possible },
      }),
    ]
    if (depth === "scrape") return say("skipped", "depth scrape contacts no peer")
    const whole = wholeWebSeeds(evidence).length
    if (seeders.reached === 0 && whole > 0) {
      const have = `${counted(whole, "web seed")} ${whole === 1 ? "has" : "have"}`
      return say("pass", `no seeder reached, but ${have} every piece`)
    }
    if (nobodyListed(evidence)) {
      return say(
        "fail",
        "the sources that answered list nobody",
        "Seed it, or check that this is still the right torrent.",
      )
    }
    if (depth === "discover") return say("skipped", "depth discover contacts no peer")
    if (seeders.reached > 0) return say("pass", `${counted(seeders.reached, "seeder")} reached`)
    if (heard === 0) return say("inconclusive", andWhy("no peer was heard of", doubts))
    const because = `no seeder among ${reached} of ${counted(heard, "peer")} reached`
    if (!suffices) return say("inconclusive", andWhy(because, doubts))
    const complete = holdingsOf(evidence)?.rarest !== 0
    return complete
      ? say(
          "warn",
          `${because}, though the leechers together hold every piece`,
          "Bring a seeder back before leechers leave.",
        )
      : say("warn", because, "Seed it again from a full copy.")
  },
} satisfies Audit
