/** The nodes that were asked: how near, how quick, what they run, and what each said to this command's question. */
import type { DhtAnswer, DhtCommandNode } from "../../evidence/dht-command.ts"
import type { Page } from "../page.ts"
import type { Cell, Column } from "../table.ts"
import { indent } from "../text.ts"
import { count, duration, plural, reply } from "../units.ts"
import { dhtClientName } from "./client.ts"
import { tableLines } from "./draw.ts"

/** Two searches' worth of closest nodes. */
const mostRows = 8
const mostRowsVerbose = 500

const columnsFor = (last: string): readonly Column[] => [
  { head: "NODES", align: "left", width: 27, atLeast: 22 },
  { head: "distance", align: "right", width: 11 },
  { head: "reply", align: "right", width: 9 },
  { head: "client", align: "left", width: 17, gap: 2, atLeast: 12 },
  { head: last, align: "left", width: 16, gap: 1, atLeast: 8 },
]

const itemWords: Record<NonNullable<DhtCommandNode["item"]>, string> = {
  good: "has it",
  older: "older",
  "too-large": "too large",
  "wrong-hash": "wrong hash",
  unsigned: "not signed",
  "bad-signature": "bad signature",
}

interface Said {
  head: string
  cell(node: DhtCommandNode): string
}

const peersSaid = ({ peerCount }: DhtCommandNode) => (peerCount === null ? "none" : plural(peerCount, "peer"))

const storedSaid = ({ stored, token }: DhtCommandNode): string =>
  stored === null ? (token ? "not asked" : "no token") : stored ? "stored" : "refused"

function itemSaid({ item, seq }: DhtCommandNode): string {
  if (item === null) return "has nothing"
  return seq === null ? itemWords[item] : `${itemWords[item]}, seq ${seq}`
}

function sampleSaid({ samples, total, intervalMs }: DhtCommandNode): string {
  if (samples === null) return "no support"
  const of = total === null ? String(samples) : `${samples} of ${count(total)}`
  return intervalMs === null || intervalMs === 0 ? of : `${of}, each ${duration(intervalMs)}`
}

const said: Record<DhtAnswer["command"], Said> = {
  "dht ping": { head: "", cell: () => "" },
  "dht get-peers": { head: "named", cell: peersSaid },
  "dht scrape": { head: "filters", cell: ({ scrape }) => (scrape === true ? "sent" : "none") },
  "dht announce": { head: "announce", cell: storedSaid },
  "dht get": { head: "item", cell: itemSaid },
  "dht put": { head: "put", cell: storedSaid },
  "dht sample": { head: "info hashes", cell: sampleSaid },
}

/** Of a KRPC error the number; what it means stands below the table. */
const errorNumber = (node: DhtCommandNode): string | null =>
  node.failure?.code === "dht-error" ? (/^\d+/.exec(node.failure.detail ?? "")?.[0] ?? "") : null

function lastCell(node: DhtCommandNode, answer: DhtAnswer): string {
  const number = errorNumber(node)
  if (number !== null) return `error ${number}`.trimEnd()
  return node.failure?.code ?? said[answer.command].cell(node)
}

const rowOf = (node: DhtCommandNode, answer: DhtAnswer, page: Page): Cell[] => {
  const { symbols, paint } = page
  const fault = node.stored === false || (node.item !== null && node.item !== "good" && node.item !== "older")
  return [
    {
      mark: `  ${node.ms === null || fault ? paint.red(symbols.bad) : paint.green(symbols.ok)} `,
      text: page.cell(node.address),
      cut: "middle",
    },
    { text: node.distanceBits === null ? symbols.none : `${node.distanceBits} bits` },
    { text: node.ms === null ? symbols.none : reply(node.ms) },
    { text: page.cell(dhtClientName(node.version)) || symbols.none },
    { text: lastCell(node, answer) },
  ]
}

/** Those that matter most to a reader: who was asked to store, then who holds something, then the nearest. */
const weight = (node: DhtCommandNode): number =>
  node.stored !== null
    ? 0
    : node.item !== null || (node.peerCount ?? 0) > 0 || node.scrape === true || (node.samples ?? 0) > 0
      ? 1
      : node.ms !== null
        ? 2
        : 3

export function nodeLines(answer: DhtAnswer, page: Page): string[] {
  const most = page.verbose ? mostRowsVerbose : mostRows
  const nodes = answer.nodes.toSorted((one, other) => weight(one) - weight(other))
  if (nodes.length === 0) return []
  const table = {
    kind: "table" as const,
    named: true,
    columns: columnsFor(said[answer.command].head),
    rows: nodes.slice(0, most).map((node) => rowOf(node, answer, page)),
  }
  const errors = new Set(
    nodes.flatMap((node) => (errorNumber(node) === null ? [] : (node.failure?.detail ?? []))),
  )
  const more = nodes.length - most
  const how = page.verbose ? "--json lists them" : "-v lists them"
  return [
    ...tableLines(table, page),
    ...(more > 0 ? [`  ${page.symbols.ellipsis} ${plural(more, "more node")}; ${how}`] : []),
    ...[...errors]
      .toSorted()
      .flatMap((error) => indent(`error ${page.text(error)}`, page.columns).map(page.paint.dim)),
  ]
}
