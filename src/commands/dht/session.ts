/** One run of `torrent-audit dht …`: a client per family, the nodes to begin with, and a record of every node that was asked. */
import { admission } from "../../gather/admission.ts"
import { bootstrapOf } from "../../gather.ts"
import { createBootstrap, noNodes, type Bootstrap } from "../../discovery/dht/bootstrap.ts"
import { openDhtClient, type DhtClient, type Watch } from "../../discovery/dht/client.ts"
import { lookUpItem, newestOf, type FoundItems } from "../../discovery/dht/items.ts"
import { lookup, type LookupOptions, type LookupResult, type StartNode } from "../../discovery/dht/lookup.ts"
import { toHex } from "../../discovery/dht/node-id.ts"
import type { Stored } from "../../discovery/dht/put.ts"
import type { Endpoint, Family } from "../../evidence.ts"
import type { DhtAnswer, DhtCommand } from "../../evidence/dht-command.ts"
import { InputError, type Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import { schemaVersion } from "../../report.ts"
import type { Wanted } from "../../torrent/dht-item.ts"
import type { AddressRules } from "../../torrent/endpoint.ts"
import type { Context } from "../context.ts"
import { networkFor } from "../network-for.ts"
import { version } from "../version.ts"
import { noAnswer, nodeLog, type NodeLog } from "./node-log.ts"
import type { DhtOptions } from "./options.ts"

export interface DhtSession {
  readonly network: Network
  readonly clients: readonly DhtClient[]
  readonly rules: AddressRules
  readonly signal: AbortSignal
  readonly log: NodeLog
  /** From the run's first nodes on; recorded. */
  lookUp(client: DhtClient, question: Asked): Promise<LookupResult>
  lookUpItem(client: DhtClient, wanted: Wanted): Promise<FoundItems>
  /** Recorded; whether it was stored. */
  noteStored(stored: Stored): boolean
}

type Asked = Pick<LookupOptions, "target" | "method" | "args" | "onReply">

/** Of the run's time: what is left is for storing. */
const lookupShare = 0.6

export interface Question {
  command: DhtCommand
  options: DhtOptions
  /** Named by the torrent. */
  nodes?: readonly Endpoint[]
  /** Named by the user, beside `--dht-bootstrap`: with them, loopback may be meant. */
  asked?: readonly Endpoint[]
  target: Uint8Array | null
}

/** What a command adds to the record of its run. */
export type Findings = Pick<DhtAnswer, "answer"> &
  Partial<Pick<DhtAnswer, "swarms" | "announcedPort" | "item" | "salt" | "cas" | "samples">>

export async function runDht(
  { command, options, nodes = [], asked = [], target }: Question,
  context: Context,
  act: (session: DhtSession) => Promise<Findings>,
): Promise<DhtAnswer> {
  const { network, off } = await networkFor(context, { ...options, port: null })
  if (off.includes("DHT"))
    throw new InputError(
      "proxy",
      "the proxy carries no UDP, and the DHT knows nothing else",
      "Use a proxy that has UDP ASSOCIATE, as dante has.",
    )
  const startedMs = network.now()
  const startedAt = network.date().toISOString()
  const deadline = AbortSignal.timeout(options.timeoutMs)
  const signal = AbortSignal.any([context.stop, deadline])
  const { bootstrap, allowLocal, pace } = options
  const rules = admission({
    allowLocal,
    pace,
    trackers: [],
    peers: [],
    lsd: false,
    proxied: context.flags.proxy !== undefined,
    dhtBootstrap: [...bootstrap, ...asked],
  }).peer("dht", null)
  const record: Pick<DhtAnswer, "bootstrap"> = { bootstrap: [] }
  const names = bootstrapOf({ nodes }, { dhtBootstrap: bootstrap, allowLocal })
  if (names.length === 0 && command !== "ping")
    throw new InputError(
      "no-sources",
      "--allow-local asks no public DHT node, and no other was named",
      "Add --dht-bootstrap HOST:PORT.",
    )
  const first = createBootstrap({
    names,
    families: options.families,
    memory: noNodes,
    rules,
    network,
    record,
  })
  const log = nodeLog(target, (node, why) => first.onOutcome(node, why))
  const { clients, failure } = await openClients(options.families, network, log.watch)
  if (failure && clients.length === 0) first.onNoSocket(failure)
  const lookups: DhtAnswer["lookups"] = []
  try {
    const findings = await act(sessionOf({ network, clients, rules, signal, log, lookups, first, options }))
    const [queries, replies] = [sum(clients, "queries"), sum(clients, "replies")]
    return {
      schemaVersion,
      tool: { name: "torrent-audit", version },
      command: `dht ${command}`,
      startedAt,
      ms: network.now() - startedMs,
      stopReason: stopReasonOf(context.stop, deadline),
      bootstrap: record.bootstrap.map((name) => ({
        ...name,
        failure: name.ok ? null : (name.failure ?? noAnswer),
      })),
      target: target && toHex(target),
      queries,
      replies,
      lookups,
      nodes: log.sorted(),
      nodesDropped: log.dropped,
      families: clients.map(({ family }) => family),
      swarms: null,
      announcedPort: null,
      item: null,
      salt: null,
      cas: null,
      samples: null,
      ...findings,
      answer: replies === 0 ? "no-answer" : findings.answer,
      error: null,
    }
  } finally {
    for (const client of clients) client.close()
  }
}

/** A family that this machine lacks is left out: `failure` is why. BEP 32: the same id in both. */
async function openClients(
  families: readonly Family[],
  network: Network,
  watch: Watch,
): Promise<{ clients: DhtClient[]; failure: Failure | null }> {
  const id = network.randomBytes(20)
  const opened = await Promise.all(families.map((family) => openDhtClient({ family, network, id, watch })))
  return {
    clients: opened.flatMap((outcome) => (outcome.ok ? [outcome.value] : [])),
    failure: opened.find((outcome) => !outcome.ok)?.failure ?? null,
  }
}

const sum = (clients: readonly DhtClient[], field: "queries" | "replies"): number =>
  clients.reduce((total, client) => total + client[field], 0)

function stopReasonOf(stop: AbortSignal, deadline: AbortSignal): DhtAnswer["stopReason"] {
  if (stop.aborted) return stop.reason === "terminated" ? "terminated" : "interrupted"
  return deadline.aborted ? "timeout" : "complete"
}

function sessionOf(parts: {
  network: Network
  clients: readonly DhtClient[]
  rules: AddressRules
  signal: AbortSignal
  log: NodeLog
  lookups: DhtAnswer["lookups"]
  first: Bootstrap
  options: DhtOptions
}): DhtSession {
  const { network, clients, rules, signal, log, lookups, first, options } = parts
  const common = (family: Family, target: Uint8Array, onReply?: LookupOptions["onReply"]) => {
    const { start, startLater } = first.begin(family, signal, true)
    const maxMs = Math.min(limits.dht.lookupMs, options.timeoutMs * lookupShare)
    return { target, start, startLater, rules, signal, maxMs, ...(onReply ? { onReply } : {}) }
  }
  function note<T extends LookupResult>(family: Family, target: Uint8Array, result: T): T {
    const { end, ms, queries, replies, closest } = result
    const nearest = closest.map(({ address, id }) => ({ address, id: toHex(id) }))
    if (queries > 0)
      lookups.push({ family, target: toHex(target), ms, queries, replies, end, closest: nearest })
    return result
  }
  /** A node that has what was asked for, or doesn't know the question, may name no other: then the nearest are found first. */
  async function thorough<T extends LookupResult>(
    client: DhtClient,
    target: Uint8Array,
    ask: (start: readonly StartNode[]) => Promise<T>,
  ): Promise<T> {
    const { family } = client
    const asked = note(family, target, await ask([]))
    if (asked.closest.length >= limits.dht.closest || signal.aborted) return asked
    const around = await lookup(client, { ...common(family, target), method: "find_node" })
    const known = new Set(asked.closest.map(({ address }) => address))
    if (note(family, target, around).closest.every(({ address }) => known.has(address))) return asked
    return note(family, target, await ask(around.closest))
  }
  return {
    network,
    clients,
    rules,
    signal,
    log,
    lookUp(client, { onReply, target, ...question }) {
      const shared = common(client.family, target, onReply)
      return thorough(client, target, (start) =>
        lookup(client, { ...shared, ...question, start: [...shared.start, ...start] }),
      )
    },
    async lookUpItem(client, wanted) {
      const shared = common(client.family, wanted.target)
      const sent: FoundItems["sent"] = new Map()
      const found = await thorough(client, wanted.target, async (start) => {
        const result = await lookUpItem(client, { ...shared, wanted, start: [...shared.start, ...start] })
        for (const [node, item] of result.sent) sent.set(node, item)
        return result
      })
      return { ...found, sent, newest: newestOf(sent.values()) }
    },
    noteStored({ node, outcome }) {
      log.note(node.address, { stored: outcome.ok, failure: outcome.ok ? null : outcome.failure })
      return outcome.ok
    },
  }
}

export const statusOf = ({ answer, stopReason }: DhtAnswer): number => {
  if (stopReason === "interrupted") return 130
  if (stopReason === "terminated") return 143
  return answer === "found" || answer === "stored" ? 0 : 3
}
