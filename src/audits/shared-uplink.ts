import type { Audit } from "../report.ts"
import { contentionOf, freeTrials } from "../measure/contention.ts"
import { finding } from "../measure/finding.ts"
import { counted, listed, perSecond } from "../measure/wording.ts"

const audit = "shared-uplink"
const shown = 4

/** Several peers behind one uplink are fewer sources than they look like; a household and a seedbox are both honest. */
export const sharedUplink = {
  id: audit,
  title: "Shared uplink",
  question: "Do peers divide one uplink among themselves?",
  references: [],
  requires: ["run", "peers"],
  judge(evidence) {
    const tried = (evidence.run.trials ?? []).filter(({ between }) => between === "neighbours")
    const { uplinks } = contentionOf(evidence)
    if (uplinks.length > 0)
      return uplinks.map(({ addresses, rate, theirs }) =>
        finding(
          audit,
          "inconclusive",
          `${listed(addresses, shown)} ${theirs ? "share one uplink" : "share one uplink, or our own link is full"}: ` +
            `together they gave ${perSecond(rate.value)}, counted once`,
          { measured: perSecond(rate.value), evidence: { peers: addresses, bytesPerSecond: rate } },
        ),
      )
    const free = freeTrials(evidence, "neighbours")
    if (free === 0 || free < tried.length) return []
    const because = `neighbours did not slow each other in ${counted(free, "trial")}`
    return [finding(audit, "pass", because, { evidence: { trials: tried } })]
  },
} satisfies Audit<"run" | "peers">
