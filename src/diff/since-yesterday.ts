/** A fleet's status → what changed since yesterday, torrent by torrent; pure. */
import { worstFirst, reachedOf } from "../report/standing.ts"
import type { AuditRow, FleetStatus, FleetTorrent } from "../report.ts"
import { differingRows } from "./since-yesterday/conditions.ts"
import { problemMoves } from "./since-yesterday/problems.ts"

type Direction = "better" | "worse" | "neither"

export interface Move {
  /** `new`: nothing was known of the torrent a day before. */
  kind: "status" | "problem" | "seeders" | "new"
  direction: Direction
  /** A status, a verdict or a count; null: it was not there. */
  before: string | null
  after: string | null
  /** Of a problem. */
  audit: string | null
  /** Of a problem; empty: the swarm, or one of its peers, whom every run meets anew. */
  subject: string | null
  /** Who saw it. */
  vantages: readonly string[]
  /** Why the two audits can't be held against each other; empty: they can. */
  but: string
}

export interface TorrentMoves {
  infoHash: string
  name: string
  /** Worse, as soon as one of them is. */
  direction: Direction
  /** When the earliest of those audits began that the newest are held against; null: it is new. */
  since: string | null
  moves: readonly Move[]
  /** How many vantage points look at it: what all of them saw needs no names. */
  vantages: number
}

const dayMs = 24 * 3_600_000
/** As with a trend, one or two seeders more or less are none. */
const leastSeeders = 3

/** One vantage point's two audits. */
export interface Pair {
  vantage: string
  before: AuditRow
  after: AuditRow
}

/** Worse first, each in the order of the table. What was last audited more than a day ago is no news. */
export function sinceYesterday(status: FleetStatus): TorrentMoves[] {
  const from = Date.parse(status.at) - dayMs
  const told = worstFirst(status).flatMap(({ torrent }) => movesOf(torrent, from) ?? [])
  const order: readonly Direction[] = ["worse", "neither", "better"]
  const rank = ({ direction, since }: TorrentMoves) => (since === null ? 3 : order.indexOf(direction))
  return told.toSorted((a, b) => rank(a) - rank(b))
}

function movesOf(torrent: FleetTorrent, from: number): TorrentMoves | null {
  const { infoHash, name, views } = torrent
  const fresh = views.filter(({ newest }) => newest !== null && Date.parse(newest.startedAt) >= from)
  const pairs = fresh.flatMap(({ vantage, newest, dayBefore }): Pair[] =>
    newest === null || dayBefore === null ? [] : [{ vantage, before: dayBefore, after: newest }],
  )
  if (fresh.length > 0 && views.every(({ dayBefore }) => dayBefore === null))
    return {
      infoHash,
      name,
      direction: "neither",
      since: null,
      moves: [isNew(fresh)],
      vantages: views.length,
    }
  const alike = pairs.filter(({ before, after }) => differingRows(before, after) === "")
  const moves = [...statusMoves(pairs), ...problemMoves(alike), ...seederMoves(alike)]
  if (moves.length === 0) return null
  const since = pairs.map(({ before }) => before.startedAt).toSorted()[0] ?? null
  return { infoHash, name, direction: together(moves), since, moves, vantages: views.length }
}

function together(moves: readonly Move[]): Direction {
  const has = (wanted: Direction) => moves.some(({ direction }) => direction === wanted)
  return has("worse") ? "worse" : has("better") ? "better" : "neither"
}

const plainMove = { audit: null, subject: null, but: "" } as const

const isNew = (fresh: FleetTorrent["views"]): Move => ({
  ...plainMove,
  kind: "new",
  direction: "neither",
  before: null,
  after: null,
  vantages: fresh.map(({ vantage }) => vantage),
})

/** Unknown is on no scale: who could not be tested may be well. */
const severities: Partial<Record<AuditRow["status"], number>> = { ok: 0, warning: 1, critical: 2 }

function directionOf(before: AuditRow["status"], after: AuditRow["status"]): Direction {
  const [from, to] = [severities[before], severities[after]]
  if (from === undefined || to === undefined || from === to) return "neither"
  return to > from ? "worse" : "better"
}

/** The same step from several vantage points is told once. */
function statusMoves(pairs: readonly Pair[]): Move[] {
  const steps = pairs
    .filter(({ before, after }) => before.status !== after.status)
    .map((pair) => ({ ...pair, but: differingRows(pair.before, pair.after) }))
  const groups = Object.values(
    Object.groupBy(steps, ({ before, after, but }) => [before.status, after.status, but].join(" ")),
  )
  return groups.flatMap((group = []) => {
    const [first] = group
    if (first === undefined) return []
    const { before, after, but } = first
    const direction = but === "" ? directionOf(before.status, after.status) : "neither"
    const vantages = group.map(({ vantage }) => vantage)
    return [
      {
        ...plainMove,
        kind: "status" as const,
        direction,
        before: before.status,
        after: after.status,
        vantages,
        but,
      },
    ]
  })
}

/** Of the most that any of them reached: halved, or doubled. An audit that could tell nothing, often for our own network's sake, counts nobody. */
function seederMoves(pairs: readonly Pair[]): Move[] {
  const counted = pairs.filter(
    ({ before, after }) =>
      reachedOf(after) !== null && before.status !== "unknown" && after.status !== "unknown",
  )
  if (counted.length === 0) return []
  const before = Math.max(...counted.map((pair) => pair.before.seedersReached))
  const after = Math.max(...counted.map((pair) => pair.after.seedersReached))
  if (Math.abs(before - after) < leastSeeders || (before < 2 * after && after < 2 * before)) return []
  return [
    {
      ...plainMove,
      kind: "seeders",
      direction: after < before ? "worse" : "better",
      before: String(before),
      after: String(after),
      vantages: counted.map(({ vantage }) => vantage),
    },
  ]
}

export interface MoveCounts {
  worse: number
  better: number
  /** Neither: become unknown, or looked at in another way. */
  other: number
  new: number
}

/** Torrents, each once. */
export function countMoves(torrents: readonly TorrentMoves[]): MoveCounts {
  const counts = { worse: 0, better: 0, other: 0, new: 0 }
  for (const { direction, since } of torrents)
    counts[since === null ? "new" : direction === "neither" ? "other" : direction]++
  return counts
}
