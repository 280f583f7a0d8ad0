import type { Attempt, Peer, Silence } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { connectionAt } from "../measure/connections.ts"
import { deliveriesOf, type Deliveries } from "../measure/deliveries.ts"
import { whyNoPieces } from "../measure/depth.ts"
import { finding } from "../measure/finding.ts"
import { membershipOf } from "../measure/members.ts"
import { counted, countedIfKnown, lasting } from "../measure/wording.ts"

const audit = "snubbing-peer"
const leastMs = 60_000
const leastConnections = 2
/** A sign of life so close to the end of a silence shows that the path was open in it. */
const nearMs = 60_000
const mostRows = 50

interface Row extends Silence {
  connection: Attempt | null
  /** Others of whom bytes came meanwhile, the first few: our own line, and our side of the program, worked. */
  servedBy: string[]
  /** When it was next heard of, on whatever connection; null: never, or much later. */
  aliveMs: number | null
}

interface Suspect {
  peer: Peer
  rows: Row[]
  /** Null: it is accused. */
  doubt: string | null
}

/**
 * Unchoked us and never sent a byte of a block: asked for a minute, on either of two connections, without a choke, a reject or any
 * part of an answer in between, while others served us and its own line was shown to work. The second time as little is asked for
 * as fits into one packet. A crowded uplink, a disk that wakes up, a line that fails for a while all give something in that time.
 */
export const snubbingPeer = {
  id: audit,
  title: "Snubbing peer",
  question: "Does each peer that unchokes us send something?",
  references: ["BEP 3", "BEP 6"],
  requires: ["run", "torrent", "peers"],
  judge(evidence) {
    const { run, peers } = evidence
    const { reached } = membershipOf(evidence)
    const unchoked = reached.filter(({ peer }) => peer.samples.some(isAnswerable))
    const mute = unchoked.filter(({ peer }) => isMute(peer))
    const deliveries = deliveriesOf(mute.length > 0 ? peers : [])
    const suspects = mute.map(({ peer }) => suspectOf(peer, deliveries))
    const group = suspects.filter(({ doubt }) => doubt === null).map(({ peer }) => peer.address)
    const cutShort = run.stopReason === "timeout"
    if (suspects.length > 0) return suspects.map((suspect) => suspicion(suspect, group, cutShort))
    if (unchoked.length === 0) return [finding(audit, "skipped", whyNoPieces(run.depth))]
    const because = `each of ${counted(unchoked.length, "peer")} that unchoked us answered`
    return [finding(audit, "pass", because)]
  },
} satisfies Audit<"run" | "torrent" | "peers">

/** It sent something, or was asked and silent. */
const isAnswerable = ({ bytes, failure }: Peer["samples"][number]): boolean =>
  bytes > 0 || failure?.code === "snubbed" || failure?.code === "rejected"

const isMute = ({ samples }: Peer): boolean =>
  samples.some(({ failure }) => failure?.code === "snubbed") && samples.every(({ bytes }) => bytes === 0)

function suspectOf(peer: Peer, deliveries: Deliveries): Suspect {
  const rows = (peer.silences ?? []).map((silence): Row => ({
    ...silence,
    connection: connectionAt(peer, silence.fromMs),
    servedBy: deliveries.within([silence.fromMs, silence.toMs], peer),
    aliveMs: aliveAfter(peer, silence),
  }))
  return { peer, rows, doubt: doubtOf(peer, rows) }
}

/** Heard in the later half of the silence or after it, on that connection or the next. */
function aliveAfter({ attempts, echo }: Peer, { fromMs, toMs, heardMs }: Silence): number | null {
  const answers = [
    ...(heardMs === null ? [] : [heardMs]),
    ...attempts.filter(({ ok }) => ok).map(({ atMs }) => atMs),
    ...(echo && (echo.echoed || answered.has(echo.failure?.code ?? "")) ? [echo.atMs] : []),
  ]
  const near = answers.filter((atMs) => atMs >= (fromMs + toMs) / 2 && atMs <= toMs + nearMs)
  return near.length === 0 ? null : Math.min(...near)
}

/** An open connection that was then closed is an answer. */
const answered: ReadonlySet<string> = new Set([
  "closed",
  "reset",
  "wrong-info-hash",
  "protocol-error",
  "handshake-timeout",
])

/** Why it is not accused. */
function doubtOf({ samples }: Peer, rows: readonly Row[]): string | null {
  if (rows.some(({ begunBytes }) => begunBytes > 0)) return "it had begun a message: slow, or not silent"
  if (samples.some(({ failure }) => failure?.code === "rejected"))
    return "it refused other requests, which is an answer"
  const whole = rows.filter(({ waitedMs, connection }) => waitedMs >= leastMs && connection !== null)
  const connections = new Set(whole.map(({ connection }) => connection)).size
  if (connections < leastConnections)
    return `a whole minute on each of two connections would tell a snub from a stall, and it had ${connections === 0 ? "none" : "one"}`
  const attended = whole.filter(({ servedBy }) => servedBy.length > 0)
  if (new Set(attended.map(({ connection }) => connection)).size < leastConnections)
    return "nobody else served us meanwhile: the fault may be ours"
  const alive = attended.filter(({ aliveMs }) => aliveMs !== null)
  if (new Set(alive.map(({ connection }) => connection)).size < leastConnections)
    return "nothing shows that its line still worked"
  return null
}

function suspicion({ peer, rows, doubt }: Suspect, group: readonly string[], cutShort: boolean): Finding {
  const accused = doubt === null
  const more = cutShort ? "Raise --timeout: two minutes and a half are enough to ask twice." : null
  const waits = rows.map(({ waitedMs }) => lasting(waitedMs))
  const long = waits.length > 0 ? ` in ${waits.join(" and ")}` : ""
  const what = `${peer.address} unchoked us and sent nothing that was asked for${long}`
  const because = accused ? `${what}, on two connections, while others served us` : `${what}; ${doubt}`
  return finding(audit, accused ? "warn" : "inconclusive", because, {
    subject: `peer:${peer.address}`,
    claimed: countedIfKnown(peer.haveCount, "piece"),
    measured: "not one byte",
    advice: accused ? "If this is your client, look at its disk and its upload limit." : more,
    evidence: {
      client: peer.client,
      silences: rows.slice(0, mostRows).map(({ connection, servedBy, ...row }) => ({
        ...row,
        connectionAtMs: connection?.atMs ?? null,
        servedBy,
      })),
      group: accused ? group.slice(0, mostRows) : [],
    },
  })
}
