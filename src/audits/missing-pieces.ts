import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { missingForCertain } from "../measure/downloadable.ts"
import { fileAvailability } from "../measure/files.ts"
import { holdingsOf } from "../measure/holdings.ts"
import { reachOf } from "../measure/reach.ts"
import { wholeWebSeeds } from "../measure/web-seeds.ts"
import { andWhy, counted, listed, ranges } from "../measure/wording.ts"

const audit = "missing-pieces"
const mostFiles = 20

/** Holds every reached peer's bitfield together. Fails only where the reach suffices for an absence to mean something. */
export const missingPieces = {
  id: audit,
  title: "Missing pieces",
  question: "Do the reached peers together, or web seeds, hold every piece?",
  references: ["BEP 3"],
  requires: ["run", "torrent", "trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const { run, torrent } = evidence
    if (!contactsPeers(run.depth)) return say("skipped", `depth ${run.depth} asks no peer what it holds`)
    const holdings = holdingsOf(evidence)
    const { reached, heard, doubts } = reachOf(evidence)
    const rows = { reached, heard }
    const whole = wholeWebSeeds(evidence).length
    const only = `only from ${counted(whole, "web seed")}`
    if (!holdings)
      return whole > 0
        ? say("pass", `all ${counted(torrent.pieceCount, "piece")} ${only}`, { evidence: rows })
        : say("inconclusive", "no reached peer said what it holds", { evidence: rows })
    const { missingPieces, distributedCopies } = holdings
    const measured = `${distributedCopies.toFixed(2)} distributed copies`
    if (missingPieces.length === 0) {
      const hold = reached === 1 ? "holds" : "together hold"
      const all = `${counted(reached, "reached peer")} ${hold} all ${counted(torrent.pieceCount, "piece")}`
      return say("pass", all, { measured, evidence: rows })
    }
    const files = fileAvailability(torrent.files, holdings.copies).filter(({ rarest }) => rarest === 0)
    const names = listed(
      files.map(({ path }) => path),
      3,
    )
    const lacking = `${counted(missingPieces.length, "piece")} of ${torrent.pieceCount} (${ranges(missingPieces, 3)}) missing among ${reached} of ${counted(heard, "peer")} reached, needed for ${names}`
    const details = {
      ...rows,
      missingPieces: ranges(missingPieces, 100),
      files: files
        .slice(0, mostFiles)
        .map(({ path, missingPieces }) => ({ path, missing: missingPieces.length })),
    }
    if (whole > 0) {
      const share = `${counted(missingPieces.length, "piece")} of ${torrent.pieceCount} (${ranges(missingPieces, 3)})`
      return say("pass", `${share} ${only}, the rest from ${counted(reached, "reached peer")} too`, {
        measured,
        evidence: details,
      })
    }
    return missingForCertain(evidence)
      ? say("fail", lacking, {
          measured,
          advice: "Seed it again from a full copy; until then these files can't be completed.",
          evidence: details,
        })
      : say(
          "inconclusive",
          andWhy(lacking, doubts.length > 0 ? doubts : ["those not reached may hold them"]),
          {
            measured,
            advice: "Audit again later, for longer, or from another network.",
            evidence: details,
          },
        )
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
