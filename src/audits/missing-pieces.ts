import type { Audit } from "../report.ts"
import { missingForCertain } from "../measure/downloadable.ts"
import { fileAvailability } from "../measure/files.ts"
import { holdingsOf } from "../measure/holdings.ts"
import { reachOf } from "../measure/reach.ts"
import { andWhy, counted, listed, ranges } from "../measure/wording.ts"

const audit = "missing-pieces"
const mostFiles = 20

/** Holds every reached peer's bitfield together. Fails only where the reach suffices for an absence to mean something. */
export const missingPieces = {
  id: audit,
  title: "Missing pieces",
  question: "Do the reached peers together hold every piece?",
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
    const { reached, heard, doubts } = reachOf(evidence)
    const share = `${reached} of ${counted(heard, "peer")}`
    const rows = { reached, heard }
    if (!holdings) {
      return [
        {
          ...base,
          verdict: "inconclusive",
          measured: null,
          because: "no reached peer said what it holds",
          evidence: rows,
        },
      ]
    }
    const { missingPieces, distributedCopies } = holdings
    const measured = `${distributedCopies.toFixed(2)} distributed copies`
    if (missingPieces.length === 0) {
      const because = `${counted(reached, "reached peer")} together hold all ${counted(torrent.pieceCount, "piece")}`
      return [{ ...base, verdict: "pass", measured, because, evidence: rows }]
    }
    const files = fileAvailability(torrent.files, holdings.copies).filter(({ rarest }) => rarest === 0)
    const names = listed(
      files.map(({ path }) => path),
      3,
    )
    const lacking = `${counted(missingPieces.length, "piece")} of ${torrent.pieceCount} (${ranges(missingPieces, 3)}) missing among ${share} reached, needed for ${names}`
    const certain = missingForCertain(evidence)
    return [
      {
        ...base,
        verdict: certain ? "fail" : "inconclusive",
        measured,
        because: certain
          ? lacking
          : andWhy(lacking, doubts.length > 0 ? doubts : ["those not reached may hold them"]),
        advice: certain
          ? "Seed it again from a full copy; until then these files can't be completed."
          : "Audit again later, for longer, or from another network.",
        evidence: {
          ...rows,
          missingPieces: ranges(missingPieces, 100),
          files: files
            .slice(0, mostFiles)
            .map(({ path, missingPieces }) => ({ path, missing: missingPieces.length })),
        },
      },
    ]
  },
} satisfies Audit<"run" | "torrent" | "trackers" | "peers" | "webSeeds">
