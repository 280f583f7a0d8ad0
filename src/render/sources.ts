/** Who told us of peers: how each source answered, what it claimed, whom it named, and whom nobody else did. */
import type { Announce, Dht, Scrape, Tracker } from "../evidence.ts"
import type { Snapshot, SourceCount } from "../report.ts"
import type { Page } from "./page.ts"
import { failureWords, markOf } from "./source-marks.ts"
import { measured } from "./swarm-table.ts"
import { webSeedRows } from "./web-seeds.ts"
import type { Block, Cell, Column } from "./table.ts"
import { indent } from "./text.ts"
import { count, plural, reply } from "./units.ts"

const columns: readonly Column[] = [
  { head: "SOURCES", align: "left", width: 31, atLeast: 24 },
  { head: "answer", align: "right", width: 11 },
  { head: "claims S/L", align: "right", width: 13 },
  { head: "peers", align: "right", width: 9 },
  { head: "only here", align: "right", width: 12 },
]

const mostRows = 20
const mostRowsVerbose = 200

type Answer = Announce | Scrape

const answersOf = (tracker: Tracker): Answer[] => {
  const announces = tracker.announces.filter(({ event }) => event !== "stopped")
  return tracker.scrape ? [...announces, tracker.scrape] : announces
}

function failureText(answer: Answer, page: Page): string {
  const { code, detail } = answer.failure ?? { code: "unknown" as const, detail: null }
  const status = code === "http-status" ? /\b[1-5]\d\d\b/.exec(detail ?? "")?.[0] : undefined
  const word = status === undefined ? (failureWords[code] ?? code) : `http ${status}`
  return answer.tries > 1 ? `${word} ${page.symbols.times}${answer.tries}` : word
}

function answerCell(answers: readonly Answer[], page: Page): string {
  const good = answers.find(({ ok }) => ok)
  if (good) {
    if ("reused" in good && good.reused) return "stored"
    return good.ms === null ? page.symbols.none : reply(good.ms)
  }
  const last = answers.at(-1)
  return last ? failureText(last, page) : "not asked"
}

const highest = (values: readonly (number | null)[]): number | null =>
  values.reduce((most, value) => (value === null ? most : Math.max(most ?? 0, value)), null)

/** Without ourselves, as in the swarm's own rows. */
function claimsCell(answers: readonly Answer[], page: Page): string {
  const good = answers.filter(({ ok }) => ok)
  const seeders = highest(good.map((answer) => answer.seeders))
  const leechers = highest(
    good.map(({ leechers, selfCount }) => (leechers === null ? null : Math.max(0, leechers - selfCount))),
  )
  if (seeders === null && leechers === null) return page.symbols.none
  const shown = (value: number | null) => (value === null ? page.symbols.none : count(value))
  return `${shown(seeders)} / ${shown(leechers)}`
}

/** The scheme and host say which tracker it is; the usual path is left out unless two trackers differ by it. */
function trackerName(url: string, all: readonly Tracker[]): string {
  const base = url.replace(/\/(announce\/?)?$/, "")
  return all.some((other) => other.url !== url && other.url.replace(/\/(announce\/?)?$/, "") === base)
    ? url
    : base
}

// The heading "only here" reaches one column further right than its numbers.
const namedCells = (count: SourceCount | null, page: Page): Cell[] => [
  { text: count ? String(count.peers) : page.symbols.none },
  { text: `${count ? count.onlyHere : page.symbols.none} ` },
]

const countOf = (
  { swarm }: Snapshot,
  kind: SourceCount["kind"],
  via: string | null = null,
): SourceCount | null =>
  swarm.sources?.find((source) => source.kind === kind && source.via === via && source.peers > 0) ?? null

const nobody = { peers: 0, onlyHere: 0, reached: 0 }

function trackerRow(tracker: Tracker, snapshot: Snapshot, page: Page): Cell[] {
  const answers = answersOf(tracker)
  const state = answers.some(({ ok }) => ok) ? "answered" : answers.length > 0 ? "failed" : "silent"
  const announced = tracker.announces.some(({ ok, event }) => ok && event !== "stopped")
  const named =
    countOf(snapshot, "tracker", tracker.url) ??
    (announced && measured(snapshot).peers ? { kind: "tracker" as const, via: tracker.url, ...nobody } : null)
  return [
    {
      mark: markOf(state, page),
      text: page.cell(trackerName(tracker.url, snapshot.trackers)),
      cut: "middle",
    },
    { text: answerCell(answers, page) },
    { text: claimsCell(answers, page) },
    ...namedCells(named, page),
  ]
}

/** When the first search of the info hash's neighbourhood that got an answer was over. */
const searchMs = ({ lookups }: Dht): number | null =>
  lookups
    .filter(({ purpose, replies }) => purpose === "peers" && replies > 0)
    .reduce<number | null>((least, { ms }) => Math.min(ms, least ?? ms), null)

/** It claims what its nodes' BEP 33 filters come to. */
function dhtRow(dht: Dht, snapshot: Snapshot, page: Page): Cell[] {
  const { none } = page.symbols
  const state = dht.replies > 0 ? "answered" : dht.queries > 0 ? "failed" : "silent"
  const ms = searchMs(dht)
  const answer =
    state === "failed" ? "no answer" : state === "silent" ? "not asked" : ms === null ? none : reply(ms)
  const { seeders, leechers } = dht.scrape ?? { seeders: null, leechers: null }
  const shown = (claim: typeof seeders): string => (claim ? count(Math.round(claim.value)) : none)
  const named =
    countOf(snapshot, "dht") ?? (state === "answered" ? { kind: "dht" as const, via: null, ...nobody } : null)
  return [
    { mark: markOf(state, page), text: "DHT" },
    { text: answer },
    { text: seeders || leechers ? `${shown(seeders)} / ${shown(leechers)}` : none },
    ...namedCells(named, page),
  ]
}

function namingRow(name: string, named: SourceCount | null, page: Page): Cell[] {
  const { none } = page.symbols
  return [
    { mark: markOf(named ? "answered" : "silent", page), text: name },
    { text: none },
    { text: none },
    ...namedCells(named, page),
  ]
}

/** A source that was off or forbidden has no row; LSD and incoming peers only if there are any. */
function otherRows(snapshot: Snapshot, page: Page): Cell[][] {
  const { dht, peers, run } = snapshot
  const speakers = peers.filter(({ pex }) => pex !== null && pex.messages > 0).length
  const [ofDht, ofPex] = [countOf(snapshot, "dht"), countOf(snapshot, "pex")]
  const rows: Cell[][] = []
  if (dht) rows.push(dhtRow(dht, snapshot, page))
  else if (ofDht) rows.push(namingRow("DHT", ofDht, page))
  const listened = run.discovery?.pex === "on" && measured(snapshot).reached
  if (ofPex || listened) {
    const named = ofPex ?? (speakers > 0 ? { kind: "pex" as const, via: null, ...nobody } : null)
    rows.push(namingRow(speakers > 0 ? `PEX (${plural(speakers, "peer")})` : "PEX", named, page))
  }
  for (const [kind, name] of [
    ["lsd", "LSD"],
    ["incoming", "incoming"],
    ["manual", "given by you"],
  ] as const) {
    const named = countOf(snapshot, kind)
    if (named) rows.push(namingRow(name, named, page))
  }
  return rows
}

export function sourceBlocks(snapshot: Snapshot, page: Page): Block[] {
  const { trackers } = snapshot
  const most = page.verbose ? mostRowsVerbose : mostRows
  const shown = trackers.slice(0, most)
  const rows = [
    ...shown.map((tracker) => trackerRow(tracker, snapshot, page)),
    ...otherRows(snapshot, page),
    ...webSeedRows(snapshot, page),
  ]
  if (rows.length === 0) return []
  const table: Block = { kind: "table", named: true, columns, rows }
  const rest = trackers.slice(most)
  const good = rest.filter((tracker) => answersOf(tracker).some(({ ok }) => ok)).length
  const more = rest.length === 0 ? [] : [`${plural(rest.length, "more tracker")}, ${good} of which answered`]
  return [table, ...[...more, ...barredNote(trackers)].map((line) => indent(line, page.columns))]
}

/** A torrent must not send us to a private place; its owner may want to. */
const barredNote = (trackers: readonly Tracker[]): string[] =>
  trackers.flatMap(answersOf).some(({ failure }) => failure?.detail?.includes("rules forbid"))
    ? ["forbidden: not asked, as a torrent may name any place. --allow-local asks this machine and network."]
    : []
