/** How two audits looked: only what was looked at in the same way can be held against each other. */
import type { Family, Peer } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import { sharesDiffer } from "./chance.ts"

export interface Condition {
  what: string
  before: string
  after: string
}

type Ask = (snapshot: Snapshot) => string | null

/** Null where a snapshot does not say: an earlier version's. */
const asked: Record<string, Ask> = {
  depth: ({ run }) => run.depth,
  pace: ({ run }) => run.pace,
  proxy: ({ run }) => (run.contact === undefined ? null : onOff(run.contact.proxy)),
  uTP: ({ run }) => (run.contact === undefined ? null : onOff(run.contact.utp)),
  encryption: ({ run }) => run.contact?.encryption ?? null,
  "not carried": ({ run }) =>
    run.contact === undefined ? null : run.contact.off.toSorted().join(" and ") || "nothing",
  DHT: ({ run }) => run.discovery?.dht ?? null,
  PEX: ({ run }) => run.discovery?.pex ?? null,
  LSD: ({ run }) => run.discovery?.lsd ?? null,
  "web seeds": ({ run }) => run.discovery?.webSeeds ?? null,
  // With a copy of the files, one block tests what otherwise takes a piece.
  reference: ({ run }) => (run.reference === undefined ? null : run.reference === null ? "none" : "given"),
}

const onOff = (on: boolean): string => (on ? "on" : "off")

/** What differs materially; none: depth and vantage are the same. */
export function differing(before: Snapshot, after: Snapshot): Condition[] {
  const found: Condition[] = []
  const add = (what: string, one: string | null, other: string | null) => {
    if (one !== null && other !== null && one !== other) found.push({ what, before: one, after: other })
  }
  for (const [what, ask] of Object.entries(asked)) add(what, ask(before), ask(after))
  const ends = { what: "run", before: cutShort(before), after: cutShort(after) }
  if (ends.before !== "whole" || ends.after !== "whole") found.push(ends)
  for (const family of ["ipv4", "ipv6"] as const)
    if (before.run.vantage[family] !== after.run.vantage[family] && matters(family, before, after))
      add(
        family === "ipv4" ? "IPv4" : "IPv6",
        onOff(before.run.vantage[family]),
        onOff(after.run.vantage[family]),
      )
  add("vantage", before.run.vantage.label ?? null, after.run.vantage.label ?? null)
  add("inbound", inbound(before), inbound(after))
  for (const limit of ["maxPeers", "maxDownloadBytes", "timeoutMs"] as const)
    if (capped(limit, before) || capped(limit, after))
      add(capOf[limit], String(before.run.limits[limit]), String(after.run.limits[limit]))
  add("sources", answering(before), answering(after))
  add("trackers of its own", ownTrackers(before, after), ownTrackers(after, before))
  return found
}

/** A run that somebody ended saw what it happened to see by then. One that ended at a limit of its own looked at all it was allowed. */
const cutShort = ({ run }: Snapshot): string =>
  run.stopReason === "interrupted" || run.stopReason === "terminated" ? run.stopReason : "whole"

/** Without a peer of that family in either run, nothing hangs on it. Renamed in full, a peer's family is not known. */
const matters = (family: Family, ...snapshots: Snapshot[]): boolean =>
  snapshots.some(({ peers }) => peers.some(({ address }) => (familyOf(address) ?? family) === family))

function familyOf(address: string): Family | null {
  if (address.startsWith("~")) return null
  return address.split(":").length > 2 ? "ipv6" : "ipv4"
}

/** Who dials us is chance; that a good part of whom we reached did, and in the other run nobody, is not. */
function inbound({ run, peers }: Snapshot): string {
  if (run.vantage.inbound !== true) return "no"
  const reached = peers.filter(({ bitfield }) => bitfield !== null)
  const cameOnly = reached.filter(({ attempts }) => attempts.every(isNotDialled)).length
  return cameOnly >= leastCome && cameOnly > materialCome * reached.length ? "yes" : "no"
}
const leastCome = 3
const materialCome = 0.1
const isNotDialled = ({ ok, direction }: Peer["attempts"][number]): boolean => !ok || direction === "incoming"

/** A limit changes what was seen only where it was hit. */
const capped = (limit: keyof typeof capOf, { run }: Snapshot): boolean =>
  run.capsHit.some(({ cap }) => cap === capOf[limit])
const capOf = { maxPeers: "max-peers", maxDownloadBytes: "max-download", timeoutMs: "timeout" } as const

/** With nothing answering at all, the fault is probably ours. */
function answering({ trackers, dht, peers }: Snapshot): string {
  const silent =
    (trackers.length > 0 || dht !== null) &&
    !trackers.some(answered) &&
    (dht === null || dht.replies === 0) &&
    peers.every(({ bitfield }) => bitfield === null)
  return silent ? "none answered" : "answering"
}

const answered = ({ announces, scrape }: Snapshot["trackers"][number]): boolean =>
  scrape?.ok === true || announces.some(({ ok }) => ok)

/** A tracker that answers is a way to peers: asked in one run only, it shows peers that the other could not see. */
function ownTrackers(one: Snapshot, other: Snapshot): string {
  const there = new Set(other.trackers.map(({ url }) => url))
  return String(one.trackers.filter((tracker) => answered(tracker) && !there.has(tracker.url)).length)
}

/** Of those found. Null where nobody was, or nobody was to be contacted. */
export function reachOf({ swarm }: Snapshot): { alive: number; tested: number } | null {
  if (swarm.reachRatio === null) return null
  const alive = swarm.seeders.reached + swarm.leechers.reached
  const unreached = Math.max(0, swarm.leechers.possible - swarm.leechers.reached)
  return { alive, tested: alive + unreached }
}

export function reachDiffers(before: Snapshot, after: Snapshot): boolean {
  const [one, other] = [reachOf(before), reachOf(after)]
  return one !== null && other !== null && sharesDiffer(one, other)
}
