/** One word for how it went with a peer, and the failure behind it. */
import type { Attempt, PeerOutcome } from "../evidence.ts"
import { failure, type Failure } from "../failure.ts"
import type { SessionRecord } from "../wire/session.ts"
import type { Entry } from "./peer-book.ts"

const connectOutcomes: Partial<Record<Failure["code"], PeerOutcome>> = {
  timeout: "connect-timeout",
  refused: "connect-refused",
  unreachable: "unreachable",
  reset: "connection-reset",
  closed: "connection-closed",
  "handshake-timeout": "handshake-timeout",
  "protocol-error": "protocol-error",
  "wrong-info-hash": "wrong-info-hash",
  encryption: "connection-closed",
  self: "self",
  filtered: "filtered",
}

/** How far an attempt got that failed so: they spoke, they took the connection, they refused it, nothing came. Else it was us. */
const reach: Partial<Record<Failure["code"], number>> = {
  self: 5,
  "wrong-info-hash": 5,
  "protocol-error": 4,
  "handshake-timeout": 3,
  closed: 3,
  reset: 3,
  encryption: 3,
  refused: 2,
  timeout: 1,
  unreachable: 1,
}
const reachOf = ({ failure }: Attempt): number => (failure === null ? 0 : (reach[failure.code] ?? 0))

/** Of several that failed, the one that got furthest, and of those the first; null: none failed but by our own doing. */
const mostTelling = ({ attempts }: Entry): Attempt | null =>
  attempts.reduce<Attempt | null>(
    (found, each) => (reachOf(each) > (found === null ? 0 : reachOf(found)) ? each : found),
    null,
  )

/** `visit`: its best one, if there was any. */
export function outcomeOf(
  entry: Entry,
  visit: SessionRecord | null,
): { outcome: PeerOutcome; why: Failure | null } {
  if (entry.barred === "filtered" && entry.leftUntested)
    return { outcome: "not-tried", why: failure("filtered", "its port is another service's") }
  if (entry.barred !== null) return { outcome: entry.barred, why: failure(entry.barred) }
  if (visit === null || visit.handshakeMs === null) {
    const telling = mostTelling(entry) ?? entry.attempts.at(-1)
    if (telling === undefined || telling.failure?.code === "aborted")
      return { outcome: "not-tried", why: telling?.failure ?? null }
    const code = telling.failure?.code ?? "unknown"
    return { outcome: connectOutcomes[code] ?? "unknown", why: telling.failure }
  }
  const samples = entry.visits.flatMap((each) => each.samples)
  const wrong = samples.find(({ verified }) => verified === false)
  if (wrong) return { outcome: "bad-data", why: wrong.failure }
  // What it gave by allowed-fast (BEP 6) proves its claim, and is no unchoke.
  const wasUnchoked = entry.visits.some(({ unchokeMs }) => unchokeMs !== null)
  if (entry.choked && !wasUnchoked) return { outcome: "choked", why: failure("choked") }
  if (samples.some(({ verified }) => verified === true)) {
    const rejected = samples.find((sample) => sample.failure?.code === "rejected")
    return rejected ? { outcome: "rejected", why: rejected.failure } : { outcome: "ok", why: null }
  }
  const failed = samples.at(-1)?.failure
  if (failed?.code === "snubbed") return { outcome: "snubbed", why: failed }
  if (failed?.code === "rejected") return { outcome: "rejected", why: failed }
  if (visit.end?.code === "protocol-error") return { outcome: "protocol-error", why: visit.end }
  if (visit.pieces === null)
    return { outcome: connectOutcomes[visit.end?.code ?? "unknown"] ?? "unknown", why: visit.end }
  if (!entry.interested || visit.unchokeMs !== null) return { outcome: "ok", why: null }
  // Only who was waited for in full choked us; the others left, or we did.
  if (entry.choked || visit.end?.code === "idle") return { outcome: "choked", why: failure("choked") }
  return { outcome: connectOutcomes[visit.end?.code ?? "unknown"] ?? "unknown", why: visit.end }
}
