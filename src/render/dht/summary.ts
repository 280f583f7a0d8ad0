/** The answer in a line, and below it what it rests on. */
import type { DhtAnswer } from "../../evidence/dht-command.ts"
import type { Mark, Page } from "../page.ts"
import { wrap } from "../text.ts"
import { plural, reply } from "../units.ts"

const markOf = ({ answer }: DhtAnswer, { symbols, paint }: Page): Mark => {
  if (answer === "found" || answer === "stored") return { symbol: symbols.ok, paint: paint.green }
  if (answer === "refused") return { symbol: symbols.bad, paint: paint.red }
  return { symbol: symbols.unknown, paint: paint.bold }
}

const peersOf = ({ swarms }: DhtAnswer): number =>
  new Set(swarms?.flatMap(({ peers }) => peers.map(({ address }) => address))).size

const storedAt = ({ nodes }: DhtAnswer): string =>
  plural(nodes.filter(({ stored }) => stored === true).length, "node")

function found(answer: DhtAnswer): string {
  switch (answer.command) {
    case "dht ping": {
      const node = answer.nodes.find(({ ms }) => ms !== null)
      return `answered: ${node?.address ?? ""} in ${reply(node?.ms ?? 0)}`
    }
    case "dht get-peers":
      return `found: ${plural(peersOf(answer), "peer")}`
    case "dht scrape":
      return "counted"
    case "dht sample":
      return `found: ${plural(answer.samples?.length ?? 0, "info hash", "info hashes")}`
    default: {
      const copies = answer.nodes.filter(({ item }) => item === "good").length
      return `found: ${plural(copies, "node has", "nodes have")} it`
    }
  }
}

const missing: Record<DhtAnswer["command"], string> = {
  "dht ping": "no answer",
  "dht get-peers": "not found: no node named a peer",
  "dht scrape": "unknown: no node sent counts (BEP 33)",
  "dht announce": "not announced: no node offered to store it",
  "dht get": "not found: no node has it",
  "dht put": "not stored: no node offered to store it",
  "dht sample": "nothing: no node sent info hashes (BEP 51)",
}

function refused({ nodes }: DhtAnswer): string {
  const asked = nodes.filter(({ stored }) => stored === false)
  const reasons = new Set(asked.flatMap(({ failure }) => failure?.detail ?? failure?.code ?? []))
  return `not stored: ${plural(asked.length, "node")} declined: ${[...reasons].toSorted().join(", ")}`
}

const headlines: Record<DhtAnswer["answer"], (answer: DhtAnswer) => string> = {
  found,
  refused,
  "not-found": ({ command }) => missing[command],
  "no-answer": ({ command, queries }) =>
    command === "dht ping" || queries > 0
      ? "no answer: no node replied"
      : "no answer: there was no node to ask",
  stored: (answer) =>
    answer.command === "dht announce"
      ? `announced port ${answer.announcedPort} at ${storedAt(answer)}`
      : `stored at ${storedAt(answer)}`,
}

const ends: Record<DhtAnswer["lookups"][number]["end"], string | null> = {
  converged: null,
  "no-nodes": null,
  "query-budget": "ended by our query budget",
  timeout: "ended by our time limit",
  aborted: "stopped early",
}

function evidence(answer: DhtAnswer): string {
  const asked = plural(answer.nodes.length, "node")
  const answered = answer.nodes.filter(({ ms }) => ms !== null).length
  const early = new Set(answer.lookups.flatMap(({ end }) => ends[end] ?? []))
  if (answer.stopReason === "timeout") early.add("ended by --timeout")
  else if (answer.stopReason !== "complete") early.add("stopped early")
  if (answer.nodesDropped > 0)
    early.add(`${plural(answer.nodesDropped, "more node was", "more nodes were")} asked than we keep`)
  return [`${answered} of ${asked} asked answered in ${reply(answer.ms)}`, ...early].join("; ")
}

export function summaryLines(answer: DhtAnswer, page: Page): string[] {
  const { symbol, paint } = markOf(answer, page)
  const start = `${symbol} `
  const [first = "", ...rest] = wrap(headlines[answer.answer](answer), page.columns - start.length)
  return [
    paint(start) + page.paint.bold(page.text(first)),
    ...rest.map((line) => "  " + page.paint.bold(line)),
    ...(answer.command === "dht ping"
      ? []
      : wrap(evidence(answer), page.columns - 2).map((line) => `  ${line}`)),
  ]
}
