/** BEP 33: the filters that nodes sent, as the estimator wants them: one voice an address, each family for itself. */
import type { Dht, DhtNode } from "../../evidence.ts"
import { joinedFilters, type FilterVoice } from "../../measure/dht/scrape.ts"
import { parseEndpoint } from "../../torrent/endpoint.ts"
import { placeOf } from "./shortlist.ts"

type Filters = Pick<DhtNode, "address" | "seederFilter" | "leecherFilter">

/** Null: nobody sent any filter. */
export function scrapeOf(nodes: readonly Filters[]): Dht["scrape"] {
  const seeders = voices(nodes, ({ seederFilter }) => seederFilter)
  const leechers = voices(nodes, ({ leecherFilter }) => leecherFilter)
  if (seeders.length === 0 && leechers.length === 0) return null
  return { seeders: joinedFilters(seeders), leechers: joinedFilters(leechers) }
}

const voices = (nodes: readonly Filters[], filterOf: (node: Filters) => string | null): FilterVoice[] =>
  nodes.flatMap((node) => {
    const filter = filterOf(node)
    const at = parseEndpoint(node.address)
    if (filter === null || !at) return []
    return [{ voice: placeOf(at.host, at.port), family: at.family, filter: Buffer.from(filter, "base64") }]
  })
