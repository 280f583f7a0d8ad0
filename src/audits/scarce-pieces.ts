import type { Audit } from "../report.ts"
import { holdingsOf } from "../measure/holdings.ts"
import { reachOf } from "../measure/reach.ts"
import { rolesOf } from "../measure/roles.ts"
import { andWhy, counted, ranges } from "../measure/wording.ts"

const audit = "scarce-pieces"

/** Without a seeder, a piece with one copy is lost when that leecher leaves. A lone seeder is last-seeder's question. */
export const scarcePieces = {
  id: audit,
  title: "Scarce pieces",
  question: "Would one leecher's leaving lose a piece?",
  references: ["BEP 3"],
  requires: ["run", "torrent", "trackers", "peers", "webSeeds"],
  judge(evidence) {
    const { run, torrent } = evidence
    const base = { audit, subject: "swarm" as const, claimed: null, pValue: null, advice: null }
    if (run.depth === "scrape" || run.depth === "discover") {
      return [
        {
          ...base,
          verdict: "skipped",
          measured: null,
          because: `depth ${run.depth} asks no peer what it holds`,
          evidence: {},
        },
      ]
    }
    const holdings = holdingsOf(evidence)
    if (!holdings) {
      return [
        {
          ...base,
          verdict: "skipped",
          measured: null,
          because: "no reached peer said what it holds",
          evidence: {},
        },
      ]
    }
    const measured = `rarest piece ${counted(holdings.rarest, "copy", "copies")}`
    const { reached, heard, suffices, doubts } = reachOf(evidence)
    const { seeders } = rolesOf(evidence)
    const single = [...holdings.copies.keys()].filter((piece) => holdings.copies[piece] === 1)
    const rows = { reached, heard, single: single.length }
    if (single.length === 0 || seeders.reached > 0) {
      const because =
        seeders.reached > 0
          ? `every piece is on ${counted(seeders.reached, "seeder")}`
          : "no piece hangs on one leecher"
      return [{ ...base, verdict: "pass", measured, because, evidence: rows }]
    }
    const only = `${counted(single.length, "piece")} of ${torrent.pieceCount} (${ranges(single, 3)})`
    return [
      {
        ...base,
        verdict: suffices ? "warn" : "inconclusive",
        measured,
        because: suffices
          ? `${only} on one leecher only, and no seeder among ${reached} of ${counted(heard, "peer")} reached`
          : andWhy(
              `${only} seen on one leecher only, with ${reached} of ${counted(heard, "peer")} reached`,
              doubts,
            ),
        advice: suffices ? "Bring a seeder back before these leechers leave." : null,
        evidence: { ...rows, pieces: ranges(single, 100) },
      },
    ]
  },
} satisfies Audit<"run" | "torrent" | "trackers" | "peers" | "webSeeds">
