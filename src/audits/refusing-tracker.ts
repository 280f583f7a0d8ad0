import type { Audit, Finding } from "../report.ts"
import { counted } from "../measure/wording.ts"

const audit = "refusing-tracker"

export const refusingTracker = {
  id: audit,
  title: "Refusing tracker",
  question: "Does every tracker serve this torrent to us?",
  references: ["BEP 3", "BEP 15"],
  requires: ["trackers"],
  judge({ trackers }) {
    const refusing = trackers.flatMap(({ url, announces, scrape }): Finding[] => {
      const replies = [...announces.filter(({ event }) => event !== "stopped"), ...(scrape ? [scrape] : [])]
      const refusal = replies.find(({ failure }) => failure?.code === "tracker-refused")
      const served =
        announces.length > 0
          ? announces.some(({ ok, event }) => ok && event !== "stopped")
          : scrape?.ok === true
      if (!refusal || served) return []
      const reason = refusal.failure?.detail
      const quoted = reason ? `"${reason}"` : "no reason given"
      const scrapeOnly = announces.every(({ failure }) => failure?.code !== "tracker-refused")
      return [
        {
          audit,
          verdict: scrapeOnly ? "inconclusive" : "warn",
          subject: `tracker:${url}`,
          claimed: null,
          measured: reason ?? null,
          because: scrapeOnly
            ? `${url} refused to be scraped, which trackers need not offer (BEP 48): ${quoted}`
            : `${url} refused: ${quoted}`,
          advice: scrapeOnly
            ? null
            : "Ask its operator whether it serves this torrent and this client; we say who we are and don't pretend to be another.",
          pValue: null,
          evidence: {
            reason: reason ?? null,
            at: refusal.at,
            tries: replies.reduce((sum, { tries }) => sum + tries, 0),
          },
        },
      ]
    })
    if (refusing.length > 0) return refusing
    return [
      {
        audit,
        verdict: "pass",
        subject: "swarm",
        claimed: null,
        measured: null,
        because:
          trackers.length === 0
            ? "there are no trackers"
            : `none of ${counted(trackers.length, "tracker")} refused`,
        advice: null,
        pValue: null,
        evidence: {},
      },
    ]
  },
} satisfies Audit<"trackers">
