import type { Audit } from "../report.ts"
import { contentionOf, freeTrials } from "../measure/contention.ts"
import { finding } from "../measure/finding.ts"
import { counted, perSecond } from "../measure/wording.ts"

const audit = "local-bottleneck"

/** Rates that our own link or machine held down say more about us than about the peers. */
export const localBottleneck = {
  id: audit,
  title: "Local bottleneck",
  question: "Was our own link far from full while rates were measured?",
  references: [],
  requires: ["run", "peers"],
  judge(evidence) {
    const trials = (evidence.run.trials ?? []).filter(({ between }) => between === "hosts")
    if (trials.length === 0) return []
    const { ceiling, carriedBytesPerSecond } = contentionOf(evidence)
    if (ceiling !== null) {
      const held = evidence.peers.filter(
        ({ goodputBytesPerSecond }) => goodputBytesPerSecond?.censored,
      ).length
      const bounds = held > 0 ? `; ${counted(held, "rate is a lower bound", "rates are lower bounds")}` : ""
      return [
        finding(
          audit,
          "inconclusive",
          `peers slowed each other at ${perSecond(ceiling.value)}: that is what our own link carries${bounds}`,
          {
            subject: "self",
            measured: perSecond(ceiling.value),
            advice: "Audit from a faster link, or with nothing else on this one, to see faster rates.",
            evidence: { bytesPerSecond: ceiling, trials },
          },
        ),
      ]
    }
    if (carriedBytesPerSecond === null || freeTrials(evidence, "hosts") < trials.length) return []
    return [
      finding(audit, "pass", `our link carried ${perSecond(carriedBytesPerSecond)} and slowed nobody`, {
        subject: "self",
        measured: perSecond(carriedBytesPerSecond),
        evidence: { trials },
      }),
    ]
  },
} satisfies Audit<"run" | "peers">
