/** Who told us of peers: how each source answered, what it claimed, whom it named, and whom nobody else did. */
import type { Announce, Peer, Scrape, SourceKind, Tracker } from "../evidence.ts"
import type { Snapshot } from "../report.ts"
import type { Page } from "./page.ts"
import { measured } from "./swarm-table.ts"
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

type FailureCode = NonNullable<Announce["failure"]>["code"]

/** Ten columns at most. */
const failureWords: Partial<Record<FailureCode, string>> = {
  unreachable: "no route",
  filtered: "forbidden",
  "no-socket": "no socket",
  aborted: "stopped",
  "http-status": "http error",
  "bad-redirect": "redirect",
  "too-large": "too large",
  "bad-encoding": "garbled",
  "bad-bencode": "garbled",
  "bad-reply": "bad reply",
  "tracker-refused": "declined",
  unsupported: "no support",
  "not-due": "not due",
}

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

const sourceKey = (kind: SourceKind, via: string | null): string =>
  kind === "tracker" ? `tracker ${via}` : kind

interface Named {
  peers: number
  only: number
}

function countNamed(peers: readonly Peer[]): Map<string, Named> {
  const counts = new Map<string, Named>()
  for (const peer of peers) {
    const keys = new Set(peer.sources.map(({ kind, via }) => sourceKey(kind, via)))
    for (const key of keys) {
      const named = counts.get(key) ?? { peers: 0, only: 0 }
      named.peers += 1
      if (keys.size === 1) named.only += 1
      counts.set(key, named)
    }
  }
  return counts
}

/** The scheme and host say which tracker it is; the usual path is left out unless two trackers differ by it. */
function trackerName(url: string, all: readonly Tracker[]): string {
  const base = url.replace(/\/(announce\/?)?$/, "")
  return all.some((other) => other.url !== url && other.url.replace(/\/(announce\/?)?$/, "") === base)
    ? url
    : base
}

// The heading "only here" reaches one column further right than its numbers.
const namedCells = (named: Named | undefined, page: Page): Cell[] => [
  { text: named ? String(named.peers) : page.symbols.none },
  { text: `${named ? named.only : page.symbols.none} ` },
]

function trackerRow(tracker: Tracker, snapshot: Snapshot, counts: Map<string, Named>, page: Page): Cell[] {
  const { symbols, paint } = page
  const answers = answersOf(tracker)
  const good = answers.some(({ ok }) => ok)
  const mark = good
    ? paint.green(symbols.ok)
    : answers.length > 0
      ? paint.red(symbols.bad)
      : paint.dim(symbols.none)
  const announced = tracker.announces.some(({ ok, event }) => ok && event !== "stopped")
  const named = counts.get(sourceKey("tracker", tracker.url))
  return [
    {
      mark: `  ${mark} `,
      text: page.cell(trackerName(tracker.url, snapshot.trackers)),
      cut: "middle",
    },
    { text: answerCell(answers, page) },
    { text: claimsCell(answers, page) },
    ...namedCells(announced && measured(snapshot).peers ? (named ?? { peers: 0, only: 0 }) : named, page),
  ]
}

const otherKinds: readonly [SourceKind, string][] = [
  ["dht", "DHT"],
  ["pex", "PEX"],
  ["lsd", "LSD"],
  ["incoming", "incoming"],
  ["manual", "given by you"],
]

function otherRow(kind: SourceKind, name: string, { peers }: Snapshot, named: Named, page: Page): Cell[] {
  const { symbols, paint } = page
  const speakers = kind === "pex" ? peers.filter(({ pex }) => pex !== null && pex.messages > 0).length : 0
  return [
    {
      mark: `  ${paint.green(symbols.ok)} `,
      text: speakers > 0 ? `${name} (${plural(speakers, "peer")})` : name,
    },
    { text: symbols.none },
    { text: symbols.none },
    ...namedCells(named, page),
  ]
}

export function sourceBlocks(snapshot: Snapshot, page: Page): Block[] {
  const { trackers, peers } = snapshot
  const counts = countNamed(peers)
  const most = page.verbose ? mostRowsVerbose : mostRows
  const shown = trackers.slice(0, most)
  const rows = shown.map((tracker) => trackerRow(tracker, snapshot, counts, page))
  for (const [kind, name] of otherKinds) {
    const named = counts.get(kind)
    if (named) rows.push(otherRow(kind, name, snapshot, named, page))
  }
  if (rows.length === 0) return []
  const table: Block = { kind: "table", named: true, columns, rows }
  const rest = trackers.slice(most)
  if (rest.length === 0) return [table]
  const good = rest.filter((tracker) => answersOf(tracker).some(({ ok }) => ok)).length
  return [table, indent(`${plural(rest.length, "more tracker")}, ${good} of which answered`, page.columns)]
}
