/** What `torrent-audit dht …` found, for a terminal: the answer first, then what it rests on. */
import type { DhtAnswer, DhtCommandNode, DhtSwarm } from "../evidence/dht-command.ts"
import { dhtClientName } from "./dht/client.ts"
import { field } from "./dht/draw.ts"
import { nodeLines } from "./dht/nodes.ts"
import { summaryLines } from "./dht/summary.ts"
import { valueLines } from "./dht/value.ts"
import { createPage, type Page, type PageOptions } from "./page.ts"
import { flow, wrap } from "./text.ts"
import { bound, interval, plural, reply } from "./units.ts"

const mostListed = 40

/** No line wider than the columns; nothing but our own colours in it. */
export function renderDht(answer: DhtAnswer, options: PageOptions): string {
  const page = createPage(options)
  const sections = [
    [...summaryLines(answer, page), ...bootstrapLines(answer, page), ...keyLines(answer, page)],
    ...(answer.swarms ?? []).map((swarm) => swarmLines(swarm, answer, page)),
    answer.item === null || answer.command === "dht put" ? [] : valueLines(answer.item, page),
    answer.samples === null || answer.samples.length === 0 ? [] : listed("INFO HASHES", answer.samples, page),
    answer.command === "dht ping"
      ? answer.nodes.flatMap((node) => pingLines(node, page))
      : nodeLines(answer, page),
  ]
  const lines = sections.flatMap((section) => (section.length > 0 ? ["", ...section] : []))
  return `${lines
    .slice(1)
    .map((line) => line.trimEnd())
    .join("\n")}\n`
}

/** Only when it matters: nodes that never answered cost a search little as long as one did. */
function bootstrapLines({ bootstrap, replies }: DhtAnswer, page: Page): string[] {
  const bad = bootstrap.filter(
    ({ ok, origin }) => !ok && (origin === "user" || replies === 0 || page.verbose),
  )
  return bad.flatMap(({ name, failure }) =>
    wrap(`first node ${page.text(name)}: ${failure?.code ?? "no answer"}`, page.columns - 4).map(
      (line) => `  ${page.paint.dim(line)}`,
    ),
  )
}

function keyLines({ target, item, salt, cas, command }: DhtAnswer, page: Page): string[] {
  if (command !== "dht get" && command !== "dht put") {
    const label = command === "dht sample" ? "around" : "info hash"
    return target === null ? [] : field(label, target, page)
  }
  const rows: [string, string | null][] = [
    ["target", target],
    ["public key", item?.publicKey ?? null],
    ["salt", salt === null || salt === "" ? null : saltText(salt, page)],
    ["sequence", item?.seq == null ? null : String(item.seq)],
    ["replaces", cas === null ? null : `sequence ${cas} only`],
  ]
  return rows.flatMap(([label, value]) => (value === null ? [] : field(label, value, page)))
}

/** As text where every byte of it is a printable ASCII character. */
function saltText(hex: string, page: Page): string {
  const text = Buffer.from(hex, "hex").toString("latin1")
  return /^[\x20-\x7e]+$/.test(text) ? page.text(text) : `0x${hex}`
}

/** The one swarm's info hash stands above already. */
function swarmLines(swarm: DhtSwarm, { command, target }: DhtAnswer, page: Page): string[] {
  const { infoHash, peers, filterNodes, seeders, leechers } = swarm
  const title = target === null ? [`${page.paint.bold("SWARM")}  ${infoHash}`] : []
  if (command !== "dht scrape") {
    const heading = `${page.paint.bold("PEERS")}  ${peers.length}`
    return peers.length === 0 && title.length === 0 ? [] : [...title, heading, ...listedPeers(swarm, page)]
  }
  const basis = `filters of ${plural(filterNodes, "node")} (BEP 33): distinct IP addresses, 95%`
  return [
    ...title,
    ...field("seeders", counted(seeders, page), page),
    ...field("leechers", counted(leechers, page), page),
    ...(filterNodes > 0 ? field("counted by", basis, page) : []),
  ]
}

const counted = (estimate: DhtSwarm["seeders"], page: Page): string => {
  if (estimate === null) return "unknown"
  const range = interval(estimate, 1, page.symbols)
  return `about ${bound(estimate, 1, page.symbols)} (${range})`
}

function listedPeers({ peers, peersDropped }: DhtSwarm, page: Page): string[] {
  const shown = page.verbose ? peers : peers.slice(0, mostListed)
  const items = shown.map(({ address, nodes }) => `${page.cell(address)} ${page.symbols.times}${nodes}`)
  const lines = flow(items, page.columns - 2).map((line) => `  ${line}`)
  const more = peers.length - shown.length
  if (more > 0) lines.push(`  ${page.symbols.ellipsis} ${more} more; -v lists them`)
  if (peersDropped > 0) lines.push(`  ${page.symbols.warning} ${peersDropped} more were named than we keep`)
  if (peers.length > 0) lines.push(page.paint.dim(`  ${page.symbols.times}n: named by n nodes`))
  return lines
}

function listed(title: string, items: readonly string[], page: Page): string[] {
  const shown = page.verbose ? items : items.slice(0, mostListed)
  const more = items.length - shown.length
  return [
    `${page.paint.bold(title)}  ${items.length}`,
    ...shown.map((item) => `  ${item}`),
    ...(more > 0 ? [`  ${page.symbols.ellipsis} ${more} more; -v lists them`] : []),
  ]
}

function pingLines(node: DhtCommandNode, page: Page): string[] {
  const { symbols } = page
  if (node.ms === null) {
    const why =
      node.failure === null
        ? "no answer"
        : [node.failure.code, node.failure.detail].filter(Boolean).join(": ")
    return [
      `${page.paint.red(symbols.bad)} ${page.text(node.address)}`,
      ...field("failure", page.text(why), page),
    ]
  }
  const fits =
    node.idFits === null
      ? "not checked: a local address"
      : node.idFits
        ? "fits its address"
        : "does not fit its address"
  const client = dhtClientName(node.version)
  return [
    `${page.paint.green(symbols.ok)} ${page.text(node.address)}`,
    ...field("reply", reply(node.ms), page),
    ...field("node id", node.id ?? symbols.none, page),
    ...field("BEP 42", fits, page),
    ...field("client", client === "" ? "not said" : page.text(client), page),
    ...field("sees us as", node.seenAs === null ? "not said" : page.text(node.seenAs), page),
  ]
}
