import type { Audit } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { contactsOf, offline } from "../measure/offline.ts"
import { counted } from "../measure/wording.ts"

const audit = "self-offline"

/** If everything fails at once, it is us: nobody is accused of anything then. */
export const selfOffline = {
  id: audit,
  title: "Offline",
  question: "Did anything at all answer?",
  references: [],
  requires: ["trackers", "dht", "peers", "webSeeds"],
  judge(evidence) {
    const { asked, answers } = contactsOf(evidence)
    const silent = offline(evidence)
    const contacts = counted(asked, "source or peer", "sources and peers")
    const because = silent
      ? `nothing answered: none of ${contacts} gave any sign of life`
      : asked === 0
        ? "nobody was asked"
        : `${answers} of ${contacts} gave a sign of life`
    return [
      finding(audit, silent ? "inconclusive" : "pass", because, {
        subject: "self",
        measured: `${answers} of ${asked}`,
        advice: silent ? "Check this machine's network, then audit again." : null,
        evidence: { asked, answers },
      }),
    ]
  },
} satisfies Audit<"trackers" | "dht" | "peers" | "webSeeds">
