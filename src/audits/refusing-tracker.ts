import type { Audit } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { counted } from "../measure/wording.ts"

const audit = "refusing-tracker"

export const refusingTracker = {
  id: audit,
  title: "Refusing tracker",
  question: "Does every tracker serve this torrent to us?",
  references: ["BEP 3", "BEP 15"],
  requires: ["trackers"],
  judge({ trackers }) {
    const refusing = trackers.flatMap(({ url, announces, scrape }) => {
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
      const because = scrapeOnly
        ? `${url} refused to be scraped, which trackers need not offer (BEP 48): ${quoted}`
        : `${url} refused: ${quoted}`
      return [
        finding(audit, scrapeOnly ? "inconclusive" : "warn", because, {
          subject: `tracker:${url}`,
          measured: reason ?? null,
          advice: scrapeOnly
            ? null
            : "Ask its operator whether it serves this torrent and this client; we say who we are and don't pretend to be another.",
          evidence: {
            reason: reason ?? null,
            at: refusal.at,
            tries: replies.reduce((sum, { tries }) => sum + tries, 0),
          },
        }),
      ]
    })
    if (refusing.length > 0) return refusing
    const because =
      trackers.length === 0
        ? "there are no trackers"
        : `none of ${counted(trackers.length, "tracker")} refused`
    return [finding(audit, "pass", because)]
  },
} satisfies Audit<"trackers">
