/** Why a run that told nothing told nothing, where the reason is known: said as an error is, beside what it found (UX §7, 19, 21 and 22). */
import type { Evidence } from "../evidence.ts"
import type { Snapshot } from "../report.ts"

export interface Misfortune {
  code: "file-descriptors" | "self-offline" | "not-allowed" | "udp-blocked"
  message: string
  hint: string
}

/** Null: it told something, or nobody knows why it didn't. The likeliest cause alone. */
export function misfortuneOf(snapshot: Snapshot): Misfortune | null {
  if (snapshot.verdict.status !== "unknown" || !snapshot.run.complete) return null
  if (snapshot.run.capsHit.some(({ cap }) => cap === "file-descriptors"))
    return {
      code: "file-descriptors",
      message: "out of file descriptors",
      hint: "Raise `ulimit -n`, or use a gentler --pace.",
    }
  if (snapshot.findings.some(({ audit, verdict }) => audit === "self-offline" && verdict === "inconclusive"))
    return { code: "self-offline", message: "nothing answered", hint: "Run `torrent-audit doctor`." }
  const reason = refusalOf(snapshot)
  if (reason !== null)
    return {
      code: "not-allowed",
      message: `tracker: "${reason}"`,
      hint: "Ask its operator; we do not spoof.",
    }
  if (udpIsSilent(snapshot))
    return {
      code: "udp-blocked",
      message: "no UDP replies; DHT, uTP untested",
      hint: "Check firewall; result covers TCP only.",
    }
  return null
}

/** Every tracker refused us, and nobody else led to a peer: the first one's reason. */
function refusalOf({ trackers, peers }: Pick<Evidence, "trackers" | "peers">): string | null {
  const refusals = trackers.map(({ announces, scrape }) =>
    [...announces, ...(scrape ? [scrape] : [])].find(({ failure }) => failure?.code === "tracker-refused"),
  )
  if (peers.length > 0 || refusals.length === 0 || refusals.includes(undefined)) return null
  const answered = trackers.some(
    ({ announces, scrape }) => announces.some(({ ok }) => ok) || scrape?.ok === true,
  )
  return answered ? null : (refusals[0]?.failure?.detail ?? "no reason given")
}

/** UDP was tried, by the DHT or a tracker, and nothing of it came back. */
function udpIsSilent({ trackers, dht, peers }: Pick<Evidence, "trackers" | "dht" | "peers">): boolean {
  const replies = [
    ...(dht === null || dht.queries === 0 ? [] : [dht.replies > 0]),
    ...trackers
      .filter(({ protocol }) => protocol === "udp")
      .flatMap(({ announces, scrape }) => [...announces, ...(scrape ? [scrape] : [])])
      .map(({ ok, failure }) => ok || failure?.code !== "timeout"),
  ]
  const overUtp = peers.some(({ attempts }) =>
    attempts.some(({ transport, ok }) => transport === "utp" && ok),
  )
  return replies.length > 0 && !replies.includes(true) && !overUtp
}
