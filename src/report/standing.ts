/** Where a torrent stands, over every vantage point that looked at it: the worst that any of them says. */
import { contactsPeers, type Depth } from "../evidence/words.ts"
import type { Status } from "../report.ts"
import type { FleetStatus, FleetTorrent, FleetView } from "./fleet-status.ts"
import { blindOf } from "./vantage-state.ts"

/** Worst first. `failed`: its newest due audit came to nothing. `awaited`: not audited yet, which is no fault of anybody's. */
export const standings = ["critical", "failed", "unknown", "warning", "awaited", "ok"] as const
export type Standing = (typeof standings)[number]

export interface Stand {
  standing: Standing
  /** Whose figures stand for the torrent: of those that see it so, whom fewest peers serve. Null: no worker has come yet. */
  view: FleetView | null
  /** Labels of those that see it so. */
  from: readonly string[]
  /** Vantage points that have anything to say, the blind included. */
  seen: number
}

const severity = (standing: Standing): number => standings.indexOf(standing)

/** A critical torrent stays critical until an audit says otherwise: a failed one says nothing. */
export function standingOfView({ newest, failed }: FleetView): Standing {
  if (failed !== null && newest?.status !== "critical") return "failed"
  return newest?.status ?? "awaited"
}

/** Seeders that the audit reached; null where its depth visits nobody: unknown is not zero. */
export const reachedOf = (of: { depth: Depth; seedersReached: number }): number | null =>
  contactsPeers(of.depth) ? of.seedersReached : null

const served = ({ newest }: FleetView): number =>
  newest === null ? 0 : (reachedOf(newest) ?? newest.seedersClaimed ?? 0)

/** A vantage point that has not come to it yet, or that is blind, takes nothing from what the others saw. */
export function standOf({ views }: FleetTorrent, blind: ReadonlySet<string>): Stand {
  const judged = views.map((view) => ({ view, standing: standingOfView(view) }))
  const said = judged.filter(({ standing }) => standing !== "awaited")
  const seeing = said.filter(({ view }) => !blind.has(view.vantage))
  const all = [seeing, said, judged].find(({ length }) => length > 0) ?? []
  const [worst] = all.toSorted(
    (a, b) => severity(a.standing) - severity(b.standing) || served(a.view) - served(b.view),
  )
  if (worst === undefined) return { standing: "awaited", view: null, from: [], seen: 0 }
  const { standing, view } = worst
  const from = all.filter((each) => each.standing === standing).map((each) => each.view.vantage)
  return { standing, view, from, seen: said.length }
}

export interface Placed {
  torrent: FleetTorrent
  stand: Stand
}

/** Worst first; of the same standing whom fewest peers serve. */
export function worstFirst(status: Pick<FleetStatus, "torrents">): Placed[] {
  const blind = blindOf(status)
  const order = ({ torrent, stand }: Placed) => ({
    rank: severity(stand.standing),
    peers: stand.view === null ? 0 : served(stand.view),
    name: torrent.name,
    infoHash: torrent.infoHash,
  })
  return status.torrents
    .map((torrent) => ({ torrent, stand: standOf(torrent, blind) }))
    .map((each) => ({ each, key: order(each) }))
    .toSorted(
      ({ key: a }, { key: b }) =>
        a.rank - b.rank || a.peers - b.peers || compared(a.name, b.name) || compared(a.infoHash, b.infoHash),
    )
    .map(({ each }) => each)
}

const compared = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export type StandingCounts = Readonly<Record<Standing, number>>

export function countStandings(stands: readonly Pick<Stand, "standing">[]): StandingCounts {
  const counts = Object.fromEntries(standings.map((each) => [each, 0])) as Record<Standing, number>
  for (const { standing } of stands) counts[standing]++
  return counts
}

/** Everything that is neither well nor merely not looked at yet. */
export const needingAttention = ({ critical, failed, unknown, warning }: StandingCounts): number =>
  critical + failed + unknown + warning

/** On the one scale that there is: what is failed or awaited is not known. Without torrents all is well. */
export function statusOf(counts: StandingCounts): Status {
  if (counts.critical > 0) return "critical"
  if (counts.failed + counts.unknown + counts.awaited > 0) return "unknown"
  return counts.warning > 0 ? "warning" : "ok"
}
