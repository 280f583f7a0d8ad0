/**
 * Conservation: what one client uploads, others download. Between two announces its `uploaded` can't rise by more than all others together
 * could take in that time:
 *
 * - any other session: the whole torrent, 10% for what is wasted, and two pieces; or, where we saw before and after what it holds, what it
 *   gained, 10% and eight pieces begun; a seeder that we saw before takes only what is wasted. Never less than it reports to have
 *   downloaded itself;
 * - ourselves: our run's payload;
 * - one more client that no line tells of, as it was there before the log begins and went without a word: the whole torrent.
 *
 * It holds only if the log has the whole swarm: every peer that any source named is in it, it has dropped nothing and has no hole, there
 * is one tracker with one address, and the torrent is private (BEP 27) or the DHT and PEX were asked all the while and named nobody
 * else: who came by them and left before we looked is known to nobody.
 */
import type { Evidence } from "../../evidence.ts"
import { lasting } from "../wording.ts"
import type { Clock } from "./clock.ts"
import type { Reporter, Reports, ReportsEvidence } from "./matched.ts"
import type { ReportSession, TimedReport } from "./sessions.ts"
import { missingBytes } from "./sizes.ts"

const waste = 1.1

export interface UploadedTested {
  readonly session: ReportSession
  readonly from: TimedReport
  readonly to: TimedReport
  readonly roseBytes: number
  /** Null: not worked out, as one stranger could have taken so little, or as too many others rose by more. */
  readonly mostBytes: number | null
  /** Too many others rose by more. */
  readonly leftOut: boolean
  /** The others who may have taken it, and how much each, most first: some of so many. */
  readonly takers: readonly { readonly address: string; readonly bytes: number }[]
  readonly takersInAll: number
}

/** Each is held against everybody else: so many, those of the highest rises. */
export const mostCompared = 200
const mostTakers = 20

const reportersOf = ({ reporters }: Reports): ReadonlyMap<ReportSession, Reporter> =>
  new Map(reporters.map((reporter) => [reporter.session, reporter]))

/** One for each session with a rise. */
export function testUploaded(reports: Reports, evidence: ReportsEvidence): UploadedTested[] {
  const { torrent, run } = evidence
  const reporterOf = reportersOf(reports)
  const stranger = torrent.sizeBytes * waste
  const rises = reports.sessions.flatMap((session) => {
    const rows = session.rows.filter(({ uploadedBytes }) => uploadedBytes !== null)
    const [from, to] = [rows[0], rows.at(-1)]
    if (!from || !to || from === to || session.doubled || session.peerId === null) return []
    return [{ session, from, to, roseBytes: (to.uploadedBytes ?? 0) - (from.uploadedBytes ?? 0) }]
  })
  const compared = new Set(
    rises
      .filter(({ roseBytes }) => roseBytes > stranger)
      .toSorted((a, b) => b.roseBytes - a.roseBytes)
      .slice(0, mostCompared),
  )
  return rises.map((rise): UploadedTested => {
    const { session, from, to, roseBytes } = rise
    if (!compared.has(rise))
      return { ...rise, mostBytes: null, leftOut: roseBytes > stranger, takers: [], takersInAll: 0 }
    const takers = reports.sessions
      .filter((other) => other !== session && isThere(other, from.ms, to.ms))
      .map((other) => ({
        address: other.address,
        bytes: mostTaken(other, reporterOf.get(other), from.ms, to.ms, evidence, reports.clock),
      }))
      .toSorted((a, b) => b.bytes - a.bytes)
    const ours = run.usage.payloadBytes
    const mostBytes = takers.reduce((sum, { bytes }) => sum + bytes, 0) + ours + stranger
    const shown = takers.slice(0, mostTakers)
    return { ...rise, mostBytes, leftOut: false, takers: shown, takersInAll: takers.length }
  })
}

export interface UploadedTogether {
  readonly clients: number
  readonly roseBytes: number
  readonly mostBytes: number
}

/** The same for all together, from the first rise to the last: who stays below what the others could take may still be one too many. */
export function uploadedTogether(
  tested: readonly UploadedTested[],
  reports: Reports,
  evidence: ReportsEvidence,
): UploadedTogether | null {
  if (tested.length === 0) return null
  const fromMs = tested.reduce((first, { from }) => Math.min(first, from.ms), Infinity)
  const toMs = tested.reduce((last, { to }) => Math.max(last, to.ms), -Infinity)
  const reporterOf = reportersOf(reports)
  const taken = reports.sessions
    .filter((session) => isThere(session, fromMs, toMs))
    .map((session) => mostTaken(session, reporterOf.get(session), fromMs, toMs, evidence, reports.clock))
  const { torrent, run } = evidence
  return {
    clients: tested.length,
    roseBytes: tested.reduce((sum, { roseBytes }) => sum + roseBytes, 0),
    mostBytes: taken.reduce((sum, bytes) => sum + bytes, run.usage.payloadBytes + torrent.sizeBytes * waste),
  }
}

/** It may have been, at any time in between: who said no farewell may still be there. */
const isThere = ({ rows, begun, ended }: ReportSession, fromMs: number, toMs: number): boolean =>
  (!begun || (rows[0]?.ms ?? 0) <= toMs) && (!ended || (rows.at(-1)?.ms ?? 0) >= fromMs)

function mostTaken(
  session: ReportSession,
  reporter: Reporter | undefined,
  fromMs: number,
  toMs: number,
  { torrent }: Pick<Evidence, "torrent">,
  { slackMs, known }: Clock,
): number {
  const most = session.rows.reduce((high, { downloadedBytes }) => Math.max(high, downloadedBytes ?? 0), 0)
  const told = most - (session.begun ? 0 : (session.rows[0]?.downloadedBytes ?? 0))
  const moments = known && reporter?.by === "address" ? reporter.moments : []
  const before = moments.findLast(({ ms }) => ms <= fromMs - slackMs)
  const after = moments.find(({ ms, silent }) => !silent && ms >= toMs + slackMs)
  const missing = before ? missingBytes(torrent, before.count).high : torrent.sizeBytes
  const gained = before && after ? Math.max(0, after.count - before.count) * torrent.pieceBytes : Infinity
  const begun = 8 * torrent.pieceBytes
  return Math.max(told, Math.min(missing, gained) * waste + begun)
}

/** A client announces at each interval; where it misses one and the next, it may be the log that misses them. */
const mostIntervals = 2
const usualIntervalMs = 1_800_000
const spareMs = 60_000

/** Why the log may not have the whole swarm between two announces of a session; null: it has. */
export function openTo(
  { session, from, to }: Pick<UploadedTested, "session" | "from" | "to">,
  reports: Reports,
  evidence: ReportsEvidence,
): string | null {
  const { torrent, run, peers, trackers, announceLog } = evidence
  if ((announceLog?.dropped ?? 0) > 0)
    return `${announceLog?.dropped} older announces of the log were left out`
  const doors = new Set(trackers.map(({ url }) => doorOf(url)))
  if (doors.size > 1) return `the torrent has ${doors.size} trackers or ways to one, and a log may be of one`
  const intervalMs = Math.max(
    0,
    ...trackers.flatMap(({ announces }) => announces.map((each) => each.intervalMs ?? 0)),
  )
  const holeMs = longestGap(session.rows.filter(({ ms }) => ms >= from.ms && ms <= to.ms))
  if (holeMs > mostIntervals * (intervalMs || usualIntervalMs) + spareMs)
    return `nothing is heard of it for ${lasting(holeMs)} in between: the log may have a hole`
  const strangers = strangersTo(reports, peers)
  if (strangers > 0)
    return `${strangers === 1 ? "one peer" : `${strangers} peers`} of this swarm never announced there`
  if (torrent.private) return null
  const { dht, pex } = run.discovery ?? {}
  if (dht !== "on" || pex !== "on" || (evidence.dht?.replies ?? 0) === 0)
    return "peers that only the DHT or PEX knows could have taken it, and neither of them was heard in full"
  if (from.ms < Date.parse(run.startedAt))
    return "peers that only the DHT or PEX knew could have taken it, and have left before we looked"
  return null
}

const strangersKnown = new WeakMap<Reports, { peers: unknown; strangers: number }>()

/** Peers of the swarm that no line tells of: the same for all who are tested. */
function strangersTo(reports: Reports, peers: Evidence["peers"]): number {
  const known = strangersKnown.get(reports)
  if (known?.peers === peers) return known.strangers
  const addresses = new Set(reports.sessions.map(({ address }) => address))
  const ids = new Set(reports.sessions.map(({ peerId }) => peerId))
  const strangers = peers.filter(
    ({ outcome, address, alsoAt, peerId }) =>
      outcome !== "self" &&
      ![address, ...alsoAt].some((home) => addresses.has(home)) &&
      (peerId === null || !ids.has(peerId)),
  ).length
  strangersKnown.set(reports, { peers, strangers })
  return strangers
}

/** HTTP and UDP at one host are often two programs, or one that logs HTTP alone. */
function doorOf(url: string): string {
  if (!URL.canParse(url)) return url
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

const longestGap = (rows: readonly TimedReport[]): number =>
  rows.slice(1).reduce((longest, { ms }, i) => Math.max(longest, ms - (rows[i]?.ms ?? ms)), 0)
