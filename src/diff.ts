/** Two snapshots of one torrent → what changed between them, and whether that can be told at all; pure. */
import { differing, reachDiffers, reachOf, type Condition } from "./diff/conditions.ts"
import { countChanges } from "./diff/counts.ts"
import { partChanges } from "./diff/parts.ts"
import { peersBetween, type PeersBetween } from "./diff/peers.ts"
import { problemChanges } from "./diff/problems.ts"
import { verdictChanges } from "./diff/verdicts.ts"
import type { Snapshot } from "./report.ts"

export interface Change {
  /** `seeders reached`, `▲ dead-tracker udp://…` without its mark: what a line of the drawing names. */
  what: string
  kind: "count" | "finding" | "verdict" | "torrent"
  /** A number, a word or a verdict; null: it was not there. */
  before: string | null
  after: string | null
  direction: "better" | "worse" | "neither"
  /** More than chance, and what we could see of it, explains. Only such a change for the worse is a regression. */
  significant: boolean
  /** Of a finding: the audit's id, whom it is about (empty: the swarm, or us), and its sentence. */
  audit: string | null
  subject: string | null
  because: string | null
}

export interface Diff {
  comparable: boolean
  /** Why it is, or is not: depth, vantage and reach of both. */
  because: string
  /** What of depth and vantage differs; empty where only the reach does. */
  conditions: readonly Condition[]
  changes: readonly Change[]
  /** More than a list should have. */
  changesLeftOut: number
  /** Peers that told us what they hold; null: the two snapshots renamed them differently. */
  peers: PeersBetween | null
  /** Comparable, and something became worse. */
  regression: boolean
}

const mostChanges = 1_000
/** More than any name, URL or sentence of ours has. */
const longest = 2_000

/** An info hash in common, of either version. */
export const sameTorrent = ({ torrent: one }: Snapshot, { torrent: other }: Snapshot): boolean =>
  (one.infoHashV1 !== null && one.infoHashV1 === other.infoHashV1) ||
  (one.infoHashV2 !== null && one.infoHashV2 === other.infoHashV2)

/** Of the same torrent; what differs between two torrents is no change. */
export function diffOf(before: Snapshot, after: Snapshot): Diff {
  const conditions = sameTorrent(before, after) ? differing(before, after) : [otherTorrent(before, after)]
  const comparable = conditions.length === 0 && !reachDiffers(before, after)
  const peers = peersBetween(before, after)
  const problems = problemChanges(before, after, peers !== null)
  const all = [
    ...verdictChanges(before, after, problems),
    ...countChanges(before, after),
    ...partChanges(before, after),
    ...problems,
  ]
  return {
    comparable,
    because: reason(conditions, before, after),
    conditions,
    changes: all.slice(0, mostChanges).map(bounded),
    changesLeftOut: Math.max(0, all.length - mostChanges),
    peers,
    regression: comparable && all.some(({ direction, significant }) => direction === "worse" && significant),
  }
}

function bounded(change: Change): Change {
  const { what, before, after, subject, because } = change
  const cut = (text: string | null) => text && text.slice(0, longest).toWellFormed()
  return {
    ...change,
    what: what.slice(0, longest).toWellFormed(),
    before: cut(before),
    after: cut(after),
    subject: cut(subject),
    because: cut(because),
  }
}

function otherTorrent({ torrent: one }: Snapshot, { torrent: other }: Snapshot): Condition {
  const hash = ({ infoHashV1, infoHashV2 }: Snapshot["torrent"]) => infoHashV1 ?? infoHashV2 ?? "unknown"
  return { what: "torrent", before: hash(one), after: hash(other) }
}

function reason(conditions: readonly Condition[], before: Snapshot, after: Snapshot): string {
  const how =
    conditions.length === 0
      ? ["same depth and vantage"]
      : conditions.map((each) => `${each.what} ${each.before.slice(0, 200)} → ${each.after.slice(0, 200)}`)
  const [one, other] = [reachOf(before), reachOf(after)]
  if (one === null && other === null) return how.join(", ")
  return [...how, `reach ${share(one)} → ${share(other)}`].join(", ")
}

const share = (reach: { alive: number; tested: number } | null): string =>
  reach === null || reach.tested === 0 ? "unknown" : `${Math.round((100 * reach.alive) / reach.tested)}%`
