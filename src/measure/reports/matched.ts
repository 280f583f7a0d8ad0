/** Which announces are whose: a report belongs to the peer that answers at its address and port. */
import type { Evidence, Peer } from "../../evidence.ts"
import { clockOf, type Clock } from "./clock.ts"
import { momentsOf, type Moment } from "./moments.ts"
import { sessionsOf, type ReportSession } from "./sessions.ts"

/** How a report was found to be a peer's. From another host anybody could announce with its peer id: that accuses nobody. */
export type MatchedBy = "address" | "peer id, same host" | "peer id"

export interface Reporter {
  readonly peer: Peer
  readonly session: ReportSession
  readonly by: MatchedBy
  /** Within the session, as far as the log tells where it began and ended. */
  readonly moments: readonly Moment[]
}

export interface Reports {
  readonly clock: Clock
  readonly sessions: readonly ReportSession[]
  readonly reporters: readonly Reporter[]
}

export type ReportsEvidence = Pick<
  Evidence,
  "run" | "trackers" | "peers" | "torrent" | "dht" | "webSeeds"
> & {
  readonly announceLog?: Evidence["announceLog"]
  readonly earlier?: Evidence["earlier"]
}

const known = new WeakMap<readonly Peer[], { log: unknown; reports: Reports }>()

/** Worked out once for one list of peers and one log. Null: no log. */
export function reportsOf(evidence: ReportsEvidence): Reports | null {
  const { announceLog, peers } = evidence
  if (!announceLog) return null
  const before = known.get(peers)
  if (before?.log === announceLog) return before.reports
  const reports = matched(evidence, announceLog.reports)
  known.set(peers, { log: announceLog, reports })
  return reports
}

/** Of sessions with a peer's id at other addresses, the first so many: an id may be everybody's, and these accuse nobody. */
const mostById = 64

function matched(evidence: ReportsEvidence, all: NonNullable<Evidence["announceLog"]>["reports"]): Reports {
  const clock = clockOf(all, evidence)
  const byAddress = sessionsOf(
    all.filter((report) => !clock.own.has(report)),
    clock,
  )
  const sessions = [...byAddress.values()].flat()
  const byPeerId = Map.groupBy(sessions, ({ peerId }) => peerId)
  const claimed = new Set<string>()
  const reporters = evidence.peers.flatMap((peer): Reporter[] => {
    if (peer.outcome === "self" || !peer.readings?.length) return []
    const moments = momentsOf(peer, evidence)
    // In a record of ours no address is two peers'.
    const homes = [peer.address, ...peer.alsoAt].filter((home) => !claimed.has(home))
    for (const home of homes) claimed.add(home)
    const at = homes.flatMap((home) => byAddress.get(home) ?? [])
    const found =
      at.length > 0 || peer.peerId === null ? at : (byPeerId.get(peer.peerId) ?? []).slice(0, mostById)
    const ids = new Set(found.map(({ peerId }) => peerId))
    const mixed = at.length > 0 && mayBeSeveral(at)
    // libtorrent may tell its tracker another peer id than its peers; of others, another peer id is another start.
    const sameIds = moments.some(({ peerId }) => peerId !== null && ids.has(peerId))
    const fits = (peerId: string | null, session: ReportSession) =>
      sameIds ? peerId === null || peerId === session.peerId : !mixed
    return found.map((session) => ({
      peer,
      session,
      by: matchOf(session, homes),
      moments: moments.filter(({ ms, peerId }) => isWithin(ms, session, clock) && fits(peerId, session)),
    }))
  })
  return { clock, sessions, reporters }
}

/**
 * Two clients behind one NAT that both say port 6881 share an address in the log, and one of them at most answers there. One that
 * restarts is told from them if it said `stopped`, and `started`; without peer ids nothing is.
 */
function mayBeSeveral(sessions: readonly ReportSession[]): boolean {
  return sessions.some(({ peerId }, i) => {
    const before = sessions[i - 1]
    if (peerId === null) return true
    return before !== undefined && before.peerId !== peerId && !(before.ended && sessions[i]?.begun)
  })
}

function matchOf({ address }: ReportSession, homes: readonly string[]): MatchedBy {
  if (homes.includes(address)) return "address"
  return homes.some((home) => hostOf(home) === hostOf(address)) ? "peer id, same host" : "peer id"
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(":"))

function isWithin(ms: number, { rows, sinceMs, ended, untilMs }: ReportSession, { slackMs }: Clock): boolean {
  const goneMs = ended ? (rows.at(-1)?.ms ?? Infinity) : untilMs
  return ms > sinceMs + slackMs && ms < goneMs - slackMs
}
