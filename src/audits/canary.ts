import type { Canary, Evidence, Tracker } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { finding } from "../measure/finding.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "canary"

/** We may be there once for each address family, or be seen at two addresses of a carrier's NAT. */
const mostOfUs = 2

/**
 * A tracker is asked about a random info hash, which nobody else can know. Whoever it names or counts there besides us is
 * invented. Nothing invented proves nothing: some lie about popular swarms only.
 */
export const canary = {
  id: audit,
  title: "Canary",
  question: "Does any tracker name or count peers for an info hash that nobody has?",
  references: ["BEP 3", "BEP 15"],
  requires: ["run", "torrent", "trackers"],
  judge(evidence) {
    const asked = evidence.trackers.flatMap((tracker) =>
      tracker.canary ? [{ tracker, canary: tracker.canary, answer: answerOf(tracker.canary) }] : [],
    )
    const of = (kind: Answer) => asked.filter(({ answer }) => answer === kind)
    if (asked.length === 0) return [finding(audit, "skipped", whyNotAsked(evidence))]
    const doubts = [
      ...of("invented").map(({ tracker, canary }) => accusation(tracker, canary)),
      ...of("unclear").map(({ tracker, canary }) => doubt(tracker, canary)),
    ]
    if (doubts.length > 0) return doubts
    const clean = of("clean")
    const evidenceOf = {
      evidence: {
        trackers: asked.map(({ tracker, canary }) => ({ url: tracker.url, ...numbersIn(canary) })),
      },
    }
    if (clean.length === 0) {
      const reasons = [...new Set(asked.map(({ canary }) => whyFailed(canary)))]
      const because = `${counted(asked.length, "tracker")} asked about a random info hash, none answered: ${listed(reasons, 3)}`
      return [finding(audit, "inconclusive", because, evidenceOf)]
    }
    const because = `${clean.length} of ${counted(asked.length, "tracker")} asked about a random info hash named and counted nobody but us; a tracker may lie about popular ones only, so that proves nothing`
    return [finding(audit, "pass", because, evidenceOf)]
  },
} satisfies Audit<"run" | "torrent" | "trackers">

type Answer = "invented" | "unclear" | "clean" | "none"

/**
 * Two leechers or two peers may be ourselves; so may seeders where no leecher is counted, by a tracker that takes us for one. A
 * seeder beside a leecher is nobody.
 */
function answerOf({ ok, seeders, leechers, peerCount }: Canary): Answer {
  if (!ok) return "none"
  const [complete, incomplete, named] = [seeders ?? 0, leechers ?? 0, peerCount ?? 0]
  if (named > mostOfUs || complete + incomplete > mostOfUs || (complete > 0 && incomplete > 0))
    return "invented"
  return complete > 0 || named > 0 ? "unclear" : "clean"
}

const numbersIn = ({ at, ok, failure, seeders, leechers, peerCount }: Canary) => ({
  at,
  ok,
  failure: failure?.code ?? null,
  seeders,
  leechers,
  listed: peerCount,
})

function numbered({ seeders, leechers, peerCount }: Canary): string {
  const parts = [
    ...(seeders ? [counted(seeders, "seeder")] : []),
    ...(leechers ? [counted(leechers, "leecher")] : []),
  ]
  const counts = parts.length > 0 ? `counted ${parts.join(" and ")}` : null
  const list = peerCount ? `named ${counted(peerCount, "peer")} besides us` : null
  return [counts, list].filter((part) => part !== null).join(" and ")
}

const about = "for a random info hash that nobody has"

function accusation({ url }: Tracker, canary: Canary): Finding {
  return finding(audit, "warn", `${url} ${numbered(canary)} ${about}`, {
    subject: `tracker:${url}`,
    claimed: numbered(canary),
    measured: `at most ${counted(mostOfUs, "registration")} of ours`,
    advice: "Don't trust its counts or its list: it makes peers up. Drop it from the torrent.",
    evidence: { ...numbersIn(canary), mostOfUs },
  })
}

function doubt({ url }: Tracker, canary: Canary): Finding {
  const because = `${url} ${numbered(canary)} ${about}: that may be ourselves, at another address or taken for a seeder`
  return finding(audit, "inconclusive", because, {
    subject: `tracker:${url}`,
    claimed: numbered(canary),
    measured: `at most ${counted(mostOfUs, "registration")} of ours`,
    evidence: { ...numbersIn(canary), mostOfUs },
  })
}

/** A whitelist refuses, which is no lie. */
function whyFailed({ failure }: Canary): string {
  if (failure?.code === "tracker-refused") return "it serves only torrents it knows"
  return `it failed (${failure?.code ?? "unknown"})`
}

const isMasked = ({ url }: Tracker): boolean => url.includes("***")
const isWebSocket = ({ protocol }: Tracker): boolean => protocol === "ws" || protocol === "wss"
const isReused = ({ announces }: Tracker): boolean => announces.some(({ reused }) => reused)

function whyNotAsked({ run, torrent, trackers }: Pick<Evidence, "run" | "torrent" | "trackers">): string {
  if (trackers.length === 0) return "there are no trackers"
  if (torrent.private) return "the torrent is private: a strange info hash may get its users banned"
  if (run.depth === "scrape") return "depth scrape announces nothing"
  if (trackers.every(isMasked))
    return "every tracker URL has a passkey: a strange info hash may get its owner banned"
  if (trackers.every(isWebSocket)) return "WebSocket trackers are not asked about other info hashes"
  if (trackers.every(isReused)) return "earlier answers were used: no tracker was asked in this run"
  if (!trackers.some(({ announces }) => announces.some(({ ok }) => ok))) return "no tracker answered"
  return "no tracker was asked about a random info hash"
}
