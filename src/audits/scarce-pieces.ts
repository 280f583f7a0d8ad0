import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { holdingsOf } from "../measure/holdings.ts"
import { reachOf } from "../measure/reach.ts"
import { rolesOf } from "../measure/roles.ts"
import { wholeWebSeeds } from "../measure/web-seeds.ts"
import { andWhy, counted, ranges } from "../measure/wording.ts"

const audit = "scarce-pieces"

/** Without a seeder, a piece with one copy is lost when that leecher leaves. A lone seeder is last-seeder's question. */
export const scarcePieces = {
  id: audit,
  title: "Scarce pieces",
  question: "Would one leecher's leaving lose a piece?",
  references: ["BEP 3"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const { run, torrent } = evidence
    if (!contactsPeers(run.depth)) return say("skipped", `depth ${run.depth} asks no peer what it holds`)
    const holdings = holdingsOf(evidence)
    if (!holdings) return say("skipped", "no reached peer said what it holds")
    const measured = `rarest piece ${counted(holdings.rarest, "copy", "copies")}`
    const { reached, heard, suffices, doubts } = reachOf(evidence)
    const { seeders } = rolesOf(evidence)
    const single = [...holdings.copies.keys()].filter((piece) => holdings.copies[piece] === 1)
    const rows = { reached, heard, single: single.length }
    if (seeders.reached > 0) {
      const because = `every piece is on ${counted(seeders.reached, "seeder")}`
      return say("pass", because, { measured, evidence: rows })
    }
    const whole = wholeWebSeeds(evidence).length
    if (whole > 0)
      return say("pass", `every piece is on ${counted(whole, "web seed")}`, { measured, evidence: rows })
    if (single.length === 0) return say("pass", "no piece hangs on one leecher", { measured, evidence: rows })
    const only = `${counted(single.length, "piece")} of ${torrent.pieceCount} (${ranges(single, 3)})`
    const share = `${reached} of ${counted(heard, "peer")} reached`
    const details = { ...rows, pieces: ranges(single, 100) }
    return suffices
      ? say("warn", `${only} on one leecher only, and no seeder among ${share}`, {
          measured,
          advice: "Bring a seeder back before these leechers leave.",
          evidence: details,
        })
      : say("inconclusive", andWhy(`${only} seen on one leecher only, with ${share}`, doubts), {
          measured,
          evidence: details,
        })
  },
} satisfies Audit

/** Not `finding`: this audit's keys have an older order, and reports stay the same byte for byte. */
const say = (
  verdict: Verdict,
  because: string,
  {
    measured = null,
    advice = null,
    evidence = {},
  }: Partial<Pick<Finding, "measured" | "advice" | "evidence">> = {},
): Finding[] => [
  { audit, subject: "swarm", claimed: null, pValue: null, advice, verdict, measured, because, evidence },
]
