/** Claimed, found, reached, served, clean: never one number. What this depth didn't measure is a dash, not a zero. */
import { depths } from "../evidence/words.ts"
import type { Peer, PeerOutcome } from "../evidence.ts"
import type { Claim, RoleCount, Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import type { Block, Cell, Column } from "./table.ts"
import { wrap } from "./text.ts"
import { count, plural } from "./units.ts"

const columns: readonly Column[] = [
  { head: "SWARM", align: "left", width: 13 },
  { head: "claimed", align: "right", width: 9 },
  { head: "found", align: "right", width: 9 },
  { head: "reached", align: "right", width: 9 },
  { head: "served", align: "right", width: 9 },
  { head: "clean", align: "right", width: 9 },
  { head: "claim is", align: "left", width: 14, gap: 3 },
]

/** What the depth of the run looked at. */
export function measured({ run }: { run: Pick<Snapshot["run"], "depth"> }): {
  peers: boolean
  reached: boolean
  served: boolean
} {
  const depth = depths.indexOf(run.depth)
  return { peers: depth >= 1, reached: depth >= 2, served: depth >= 3 }
}

const paintOf = (claim: Claim, page: Page) =>
  ({
    supported: page.paint.green,
    plausible: (text: string) => text,
    contradicted: page.paint.red,
    untestable: page.paint.dim,
  })[claim]

function roleRow(name: string, role: RoleCount, snapshot: Snapshot, page: Page): Cell[] {
  const { peers, reached, served } = measured(snapshot)
  const { none, dash } = page.symbols
  const found =
    role.reached === role.possible
      ? count(role.reached)
      : `${count(role.reached)}${dash}${count(role.possible)}`
  return [
    { mark: "  ", text: name },
    { text: role.claimed === null ? none : count(role.claimed) },
    { text: peers ? found : none },
    { text: reached ? count(role.reached) : none },
    { text: served ? count(role.served) : none },
    { text: served ? count(role.verified) : none },
    { text: role.claim, paint: paintOf(role.claim, page) },
  ]
}

function peersRow(snapshot: Snapshot, page: Page): Cell[] {
  const { seeders, leechers, funnel } = snapshot.swarm
  const { peers, reached, served } = measured(snapshot)
  const { none } = page.symbols
  const claimed =
    seeders.claimed === null && leechers.claimed === null
      ? null
      : (seeders.claimed ?? 0) + (leechers.claimed ?? 0)
  return [
    { mark: "  ", text: "peers" },
    { text: claimed === null ? none : count(claimed) },
    { text: peers ? count(funnel.sighted) : none },
    { text: reached ? count(funnel.claimed) : none },
    { text: served ? count(funnel.served) : none },
    { text: served ? count(seeders.verified + leechers.verified) : none },
    { text: "" },
  ]
}

/** In the order shown. */
const unreachedWords: readonly [PeerOutcome, string][] = [
  ["connect-timeout", "timeout"],
  ["connect-refused", "refused"],
  ["connection-reset", "reset"],
  ["connection-closed", "closed"],
  ["unreachable", "no route"],
  ["handshake-timeout", "handshake"],
  ["protocol-error", "garbled"],
  ["wrong-info-hash", "other torrent"],
  ["not-tried", "not tried"],
]

const toldUs = (peer: Peer): boolean => ["claimed", "unchoked", "served", "verified"].includes(peer.stage)

export function unreachedLines({ peers }: Snapshot, page: Page): string[] {
  const missed = peers.filter((peer) => !toldUs(peer))
  const times = (outcome: PeerOutcome) => missed.filter((peer) => peer.outcome === outcome).length
  const bogons = times("filtered")
  const selves = times("self")
  const unreached = missed.length - bogons - selves
  const reasons = unreachedWords.flatMap(([outcome, word]) =>
    times(outcome) > 0 ? [`${times(outcome)} ${word}`] : [],
  )
  const named = unreachedWords.reduce((total, [outcome]) => total + times(outcome), 0)
  if (unreached > named) reasons.push(`${unreached - named} other`)
  const parts: string[] = []
  if (unreached > 0) parts.push(`${unreached} unreached: ${reasons.join(", ")}`)
  if (bogons > 0) parts.push(`${plural(bogons, "bogon")} dropped`)
  if (selves > 0) parts.push(`${selves} ourselves`)
  if (parts.length === 0) return []
  return wrap(parts.join("; "), page.columns - 4, page.columns - 2).map((line, index) =>
    page.paint.dim((index === 0 ? "  " : "    ") + line),
  )
}

/** Honest peers that look odd: said, so that nobody takes them for what they seem. */
export function uploaderLines({ swarm }: Snapshot, page: Page): string[] {
  const { superSeeders = 0, partialSeeds = 0 } = swarm
  const parts: string[] = []
  if (superSeeders > 0) parts.push(`${plural(superSeeders, "super-seeder")} among the seeders`)
  if (partialSeeds > 0)
    parts.push(`${plural(partialSeeds, "partial seed")} among the leechers: done with the files wanted`)
  return parts.map((line) => page.paint.dim(`  ${line}`))
}

export function swarmBlocks(snapshot: Snapshot, page: Page): Block[] {
  const { seeders, leechers } = snapshot.swarm
  const rows = [
    roleRow("seeders", seeders, snapshot, page),
    roleRow("leechers", leechers, snapshot, page),
    peersRow(snapshot, page),
  ]
  const table: Block = { kind: "table", named: true, columns, rows }
  if (!measured(snapshot).reached) return [table]
  return [table, [...unreachedLines(snapshot, page), ...uploaderLines(snapshot, page)]]
}
