/** The peers that gave us most, with what they claimed, served and how they were reached. */
import type { Peer, SourceKind } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { measured } from "./swarm-table.ts"
import type { Cell, Column, Table } from "./table.ts"
import { flow } from "./text.ts"
import { bound, interval, percent, rateUnit, type RateUnit } from "./units.ts"

/** cli-table3 takes 20 s for 10,000 rows. */
const mostRows = 200

export interface Flag {
  letter: string
  word: string
  holds: (peer: Peer) => boolean
}

const from = (letter: string, word: string, kind: SourceKind): Flag => ({
  letter,
  word,
  holds: ({ sources }) => sources.some((source) => source.kind === kind),
})

const throughUs = (peer: Peer) => peer.attempts.filter(({ ok }) => ok)

/** The letters of µTorrent and qBittorrent. */
export const conduct: readonly Flag[] = [
  { letter: "D", word: "served", holds: ({ stage }) => stage === "served" || stage === "verified" },
  { letter: "d", word: "choked", holds: ({ outcome }) => outcome === "choked" },
  {
    letter: "E",
    word: "encrypted",
    holds: (peer) => throughUs(peer).some(({ encryption }) => encryption !== "none"),
  },
  { letter: "P", word: "uTP", holds: (peer) => throughUs(peer).some(({ transport }) => transport === "utp") },
  { letter: "!", word: "bad", holds: ({ samples }) => samples.some(({ verified }) => verified === false) },
]

export const origins: readonly Flag[] = [
  from("T", "tracker", "tracker"),
  from("H", "DHT", "dht"),
  from("X", "PEX", "pex"),
  from("L", "LSD", "lsd"),
  from("I", "incoming", "incoming"),
  from("M", "manual", "manual"),
]

export const letters = (flags: readonly Flag[], peer: Peer): string =>
  flags
    .filter(({ holds }) => holds(peer))
    .map(({ letter }) => letter)
    .join("")

function legend(peers: readonly Peer[], page: Page): string[] {
  const used = (flags: readonly Flag[]) =>
    flags.filter(({ holds }) => peers.some(holds)).map(({ letter, word }) => `${letter} ${word}`)
  const before = used(conduct)
  const after = used(origins)
  const bar = before.length > 0 && after.length > 0 ? ["|"] : []
  return flow([...before, ...bar, ...after], page.columns - 2, " ").map((line) => page.paint.dim(`  ${line}`))
}

const progress: readonly Peer["stage"][] = ["claimed", "unchoked", "served", "verified"]

/** The fastest first; then those who went furthest, then those who hold most. */
export const byWorth = (one: Peer, other: Peer): number =>
  (other.goodputBytesPerSecond?.value ?? -1) - (one.goodputBytesPerSecond?.value ?? -1) ||
  progress.indexOf(other.stage) - progress.indexOf(one.stage) ||
  (other.haveRatio ?? -1) - (one.haveRatio ?? -1)

export function hashed({ samples }: Peer, page: Page): string {
  const good = samples.filter(({ verified }) => verified === true).length
  const bad = samples.filter(({ verified }) => verified === false).length
  return good + bad === 0 ? page.symbols.none : `${good}/${bad}`
}

function rate({ goodputBytesPerSecond }: Peer, unit: RateUnit, page: Page): string {
  if (goodputBytesPerSecond === null) return page.symbols.none
  const value = bound(goodputBytesPerSecond, unit.bytes, page.symbols)
  if (page.layout !== "wide") return value
  return `${value} (${interval(goodputBytesPerSecond, unit.bytes, page.symbols)})`
}

function columnsFor(unit: RateUnit, page: Page): readonly Column[] {
  const flags: Column = { head: "flags", align: "left", width: 8, gap: 2 }
  if (page.layout !== "wide")
    return [
      { head: "  peer", align: "left", width: 25 },
      { head: "client", align: "left", width: 19, atLeast: 12 },
      { head: "have", align: "right", width: 5 },
      { head: "good/bad", align: "right", width: 10 },
      { head: unit.name, align: "right", width: 8 },
      flags,
    ]
  return [
    { head: "  peer", align: "left", width: 25 },
    { head: "client", align: "left", width: 21, atLeast: 12 },
    { head: "have", align: "right", width: 5 },
    { head: "good/bad", align: "right", width: 10 },
    { head: `${unit.name} (95% CI)`, align: "right", width: 17 },
    { head: "conn", align: "right", width: 8 },
    { head: "hand", align: "right", width: 8 },
    { head: "unchoke", align: "right", width: 9 },
    { head: "block", align: "right", width: 8 },
    { ...flags, gap: 3 },
  ]
}

function row(peer: Peer, unit: RateUnit, page: Page): Cell[] {
  const { none } = page.symbols
  const after = (ms: number | null): Cell => ({ text: ms === null ? none : String(Math.round(ms)) })
  const { connectMs, handshakeMs, unchokeMs, firstBlockMs } = peer.timeline
  const bad = peer.samples.some(({ verified }) => verified === false)
  const counted = hashed(peer, page)
  const timing =
    page.layout !== "wide"
      ? []
      : [after(connectMs), after(handshakeMs), after(unchokeMs), after(firstBlockMs)]
  const flags = `${letters(conduct, peer) || none} ${letters(origins, peer)}`.trimEnd()
  return [
    { mark: "  ", text: page.cell(peer.address), cut: "middle" },
    { text: peer.client === null ? none : page.cell(peer.client) || none },
    { text: peer.haveRatio === null ? none : percent(peer.haveRatio) },
    bad ? { text: counted, paint: page.paint.red } : { text: counted },
    { text: rate(peer, unit, page) },
    ...timing,
    { text: flags },
  ]
}

/** The columns of the wide layout that count milliseconds from the dial. */
export const timings = { from: 5, to: 9, title: " ms from dial " }

export interface PeerSection {
  title: string
  table: Table | null
  legend: readonly string[]
}

export function peerSection(snapshot: Snapshot, page: Page): PeerSection | null {
  const depth = measured(snapshot)
  if (!depth.peers || snapshot.peers.length === 0 || page.top < 1) return null
  const pool = snapshot.peers.filter(({ stage }) => !depth.reached || progress.includes(stage))
  const name = page.paint.bold("PEERS")
  if (pool.length === 0)
    return { title: `${name}  none of ${snapshot.peers.length} reached`, table: null, legend: [] }
  const shown = pool.toSorted(byWorth).slice(0, Math.min(page.top, mostRows))
  const unit = rateUnit(Math.max(...shown.map((peer) => peer.goodputBytesPerSecond?.value ?? 0)))
  const rows = shown.map((peer) => row(peer, unit, page))
  const count = shown.length < pool.length ? `top ${shown.length} of ${pool.length}` : `all ${pool.length}`
  return {
    title: `${name}  ${count}`,
    table: { kind: "table", named: false, columns: columnsFor(unit, page), rows },
    legend: legend(shown, page),
  }
}
