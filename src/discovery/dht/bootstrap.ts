/** Where a lookup begins: nodes of an earlier run, and names that the torrent, the user or this program know. */
import type { Dht, Endpoint, Family } from "../../evidence.ts"
import { failure, type Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import {
  admits,
  anyPort,
  formatEndpoint,
  parseEndpoint,
  splitHostPort,
  type AddressRules,
} from "../../torrent/endpoint.ts"
import { withDeadline } from "../deadline.ts"
import { idBytes } from "./krpc.ts"
import type { StartNode } from "./lookup.ts"

export interface NodeMemory {
  /** `id`: 40 hex digits. */
  recall(family: Family): readonly { host: string; port: number; id: string }[]
  remember(family: Family, nodes: readonly { host: string; port: number; id: string }[]): void
}

export const noNodes: NodeMemory = { recall: () => [], remember: () => {} }

/** Kept for anybody's first question; they know nodes but no peers. The livelier first; the fourth is on IPv6 alone. */
export const defaultBootstrap: readonly string[] = [
  "dht.libtorrent.org:25401",
  "dht.transmissionbt.com:6881",
  "router.bittorrent.com:6881",
  "router.silotis.us:6881",
  "router.utorrent.com:6881",
]

export interface BootstrapName {
  /** host:port */
  name: string
  origin: "torrent" | "user" | "default"
}

export interface Bootstrap {
  /**
   * The default names are withheld when as many nodes are remembered as a lookup converges on, unless `all`. Nodes that a name stands
   * for come later.
   */
  begin(
    family: Family,
    signal: AbortSignal,
    all?: boolean,
  ): { start: StartNode[]; startLater: Promise<StartNode[]>[]; withheld: boolean }
  onOutcome(node: Endpoint, failure: Failure | null): void
  /** Nobody can be asked at all. */
  onNoSocket(failure: Failure): void
}

type Entry = Dht["bootstrap"][number]

export interface BootstrapOptions {
  names: readonly BootstrapName[]
  families: readonly Family[]
  memory: NodeMemory
  rules: AddressRules
  network: Network
  record: Pick<Dht, "bootstrap">
  /** Names of a torrent beyond our cap. */
  onDropped?: (count: number) => void
}

export function createBootstrap({
  names,
  families,
  memory,
  rules,
  network,
  record,
  onDropped,
}: BootstrapOptions): Bootstrap {
  const { closest, maxAddressesPerName, maxBootstrapNames, resolveMs } = limits.dht
  const entries = new Map<string, Entry>()
  const lookedUp = new Map<string, Promise<{ host: string; family: Family; port: number }[]>>()
  const entriesAt = new Map<Endpoint, Set<Entry>>()
  const named = [...new Map(names.toReversed().map((one) => [one.name, one])).values()].toReversed()
  const fromTorrent = named.filter(({ origin }) => origin === "torrent")
  const tooMany = new Set(fromTorrent.slice(maxBootstrapNames))
  const distinct = named.filter((one) => !tooMany.has(one))
  if (tooMany.size > 0) onDropped?.(tooMany.size)

  function entryOf(name: string, origin: Entry["origin"]): Entry {
    const old = entries.get(name)
    if (old) return old
    const entry: Entry = { name: name.slice(0, 300), origin, ok: false, failure: null }
    entries.set(name, entry)
    record.bootstrap.push(entry)
    return entry
  }

  const standsFor = (entry: Entry, endpoint: Endpoint) =>
    entriesAt.set(endpoint, (entriesAt.get(endpoint) ?? new Set()).add(entry))

  /** The addresses that we may ask, of either family. */
  async function addressesOf(name: string, entry: Entry, signal: AbortSignal) {
    const named = splitHostPort(name)
    if (!named) {
      entry.failure = failure("dns", "no host and port")
      return []
    }
    const found = await withDeadline(network, resolveMs, signal, (signal) =>
      network.resolve(named.host, signal),
    )
    if (!found.ok) {
      entry.failure = found.failure
      return []
    }
    const ours = found.value.filter(({ family }) => families.includes(family))
    const allowed = entry.origin === "user" ? anyPort(rules) : rules
    const admitted = ours.filter(({ host }) => admits(allowed, host, named.port))
    if (ours.length === 0) entry.failure = failure("unreachable", "no address of a family in use")
    else if (admitted.length === 0) entry.failure = failure("filtered")
    return families.flatMap((family) =>
      admitted
        .filter((address) => address.family === family)
        .slice(0, maxAddressesPerName)
        .map(({ host }) => {
          standsFor(entry, formatEndpoint(host, named.port))
          return { host, family, port: named.port }
        }),
    )
  }

  function remembered(family: Family): StartNode[] {
    const nodes = memory.recall(family).slice(0, limits.dht.maxRemembered)
    return nodes.flatMap(({ host, port, id }) => {
      const parsed = parseEndpoint(formatEndpoint(host, port))
      if (!parsed || parsed.family !== family || !/^[\da-f]{40}$/.test(id) || !admits(rules, host, port))
        return []
      standsFor(entryOf("cache", "cache"), formatEndpoint(parsed.host, port))
      return [{ host: parsed.host, port, id: new Uint8Array(Buffer.from(id, "hex").subarray(0, idBytes)) }]
    })
  }

  return {
    begin(family, signal, all = false) {
      const start = remembered(family)
      const wanted = distinct.filter(({ origin }) => all || origin !== "default" || start.length < closest)
      const startLater = wanted.map(async ({ name, origin }) => {
        const entry = entryOf(name, origin)
        const looking = lookedUp.get(name) ?? addressesOf(name, entry, signal)
        lookedUp.set(name, looking)
        return (await looking).filter((address) => address.family === family)
      })
      return { start, startLater, withheld: wanted.length < distinct.length }
    },
    onOutcome(node, failure) {
      for (const entry of entriesAt.get(node) ?? []) {
        entry.ok ||= failure === null
        entry.failure = entry.ok ? null : failure
      }
    },
    onNoSocket(failure) {
      for (const { name, origin } of distinct) entryOf(name, origin).failure = failure
    },
  }
}
