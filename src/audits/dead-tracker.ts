import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { trackerStates, type TrackerState } from "../measure/trackers/tracker-state.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "dead-tracker"

export const deadTracker = {
  id: audit,
  title: "Dead tracker",
  question: "Does every tracker answer?",
  references: ["BEP 3", "BEP 12", "BEP 15"],
  requires: ["run", "trackers", "dht", "peers"],
  judge(evidence) {
    const { trackers } = evidence
    const states = trackerStates(evidence)
    const silent = trackers.flatMap(({ url }, i) => {
      const state = states[i]
      return state?.state === "dead" || state?.state === "doubtful" ? [silence(url, state)] : []
    })
    if (silent.length > 0) return silent
    const asked = states.filter(({ state }) => state !== "unasked").length
    const because =
      asked === 0
        ? "no tracker was asked"
        : `${asked} of ${counted(trackers.length, "tracker")} asked, all answered`
    return [finding(audit, "pass", because)]
  },
} satisfies Audit<"run" | "trackers" | "dht" | "peers">

function silence(url: string, { doubt, failed }: TrackerState): Finding {
  const tries = failed.reduce((sum, each) => sum + each.tries, 0)
  const codes = [...new Set(failed.map(({ failure }) => failure?.code ?? "unknown"))]
  const status = failed.find(({ failure }) => failure?.code === "http-status")?.failure?.detail
  const how = codes
    .map((code) =>
      code === "http-status" && status ? `answered ${status}` : (sayings[code] ?? `failed (${code})`),
    )
    .join(" and ")
  const often = tries > 1 ? ` ${tries} of ${tries} tries` : ""
  const what = `${url} ${how}${often}${doubt === null ? "" : doubts[doubt].because}`
  return finding(audit, doubt === null ? "warn" : "inconclusive", what, {
    subject: `tracker:${url}`,
    measured: listed(codes, 3),
    advice:
      doubt === null ? "Fix it or drop it from the torrent; new peers wait for it." : doubts[doubt].advice,
    evidence: {
      tries,
      questions: failed.map(({ at, family, failure, ms }) => ({
        at,
        family,
        failure: failure?.code ?? null,
        detail: failure?.detail ?? null,
        ms,
      })),
    },
  })
}

const doubts: Record<NonNullable<TrackerState["doubt"]>, { because: string; advice: string | null }> = {
  ours: {
    because: ", and nothing that could tell its fault from ours answered",
    advice: "Check the network and firewall here, UDP included, then audit again.",
  },
  passing: {
    because: ", which may pass, or be meant for us alone",
    advice: "Check the clock here and whether this network blocks it, then audit again later.",
  },
  scrape: { because: " when scraped, which trackers need not offer (BEP 48)", advice: null },
}

const sayings: Record<string, string> = {
  timeout: "timed out",
  refused: "refused the connection",
  reset: "reset the connection",
  closed: "closed the connection",
  unreachable: "could not be reached",
  dns: "did not resolve",
  tls: "failed its TLS handshake",
  "http-status": "answered with an HTTP error",
  "bad-redirect": "redirected us nowhere useful",
  "bad-reply": "answered nonsense",
  "bad-bencode": "answered what is not bencode",
  "bad-encoding": "answered with broken compression",
  "too-large": "answered with more than we accept",
}
