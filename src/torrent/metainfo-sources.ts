/** Where a torrent says that its data and its peers are: BEP 3 and 12 trackers, BEP 17 and 19 web seeds, BEP 5 nodes. */
import type { Endpoint } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { BencodeDictionary, BencodeValue } from "./bencode.ts"
import { integerOf, itemsOf, listOf, textOf } from "./bencode-values.ts"
import type { Defects } from "./defects.ts"
import { formatEndpoint, splitHostPort } from "./endpoint.ts"
import { protocolOf } from "./tracker-url.ts"

export interface WebSeedUrl {
  url: string
  bep: 17 | 19
}

/** BEP 12: `announce-list` replaces `announce`. Each URL once, in its first tier. */
export function readTiers(metainfo: BencodeDictionary, defects: Defects): string[][] {
  const announce = urlOf(metainfo.get("announce"))
  const list = itemsOf(metainfo.get("announce-list"))
  const seen = new Set<string>()
  let dropped = 0
  const tiers: string[][] = []
  for (const entry of list ?? []) {
    const tier: string[] = []
    const urls = itemsOf(entry)
    if (!urls) defects.add("`announce-list` holds a URL outside any tier")
    for (const value of urls ?? [entry]) {
      const url = urlOf(value)
      if (url === null) defects.add("`announce-list` holds something other than URLs")
      else if (url === "") continue
      else if (seen.has(url)) defects.add("trackers listed more than once")
      else if (seen.size === limits.metainfo.maxTrackers) dropped++
      else {
        seen.add(url)
        tier.push(url)
      }
    }
    if (tier.length > 0) tiers.push(tier)
  }
  if (dropped > 0)
    defects.add(`only the first ${limits.metainfo.maxTrackers} trackers are used, ${dropped} left out`)
  if (metainfo.has("announce-list") && !list) defects.add("`announce-list` is not a list")
  if (tiers.length === 0) {
    if (announce === null && metainfo.has("announce")) defects.add("`announce` is not a URL")
    if (announce) tiers.push([announce])
  } else if (announce && !seen.has(announce)) {
    defects.add("`announce` names a tracker that `announce-list` lacks; clients ignore it")
  }
  if (tiers.flat().some((url) => protocolOf(url) === "unknown"))
    defects.add("trackers of a protocol that nobody speaks")
  return tiers
}

/** BEP 19 `url-list` (a string or a list), then BEP 17 `httpseeds`. */
export function readWebSeeds(metainfo: BencodeDictionary, defects: Defects): WebSeedUrl[] {
  const found = new Map<string, WebSeedUrl>()
  let dropped = 0
  const add = (value: BencodeValue, bep: 17 | 19) => {
    const url = urlOf(value)
    if (url === null) defects.add("web seeds that are not URLs")
    else if (url === "" || found.has(url)) return
    else if (found.size === limits.metainfo.maxWebSeeds) dropped++
    else found.set(url, { url, bep })
  }
  for (const [key, bep] of [
    ["url-list", 19],
    ["httpseeds", 17],
  ] as const) {
    const value = metainfo.get(key)
    if (value !== undefined) for (const item of itemsOf(value) ?? [value]) add(item, bep)
  }
  if (dropped > 0)
    defects.add(`only the first ${limits.metainfo.maxWebSeeds} web seeds are used, ${dropped} left out`)
  return [...found.values()]
}

/** BEP 5: [[host, port], …]. */
export function readNodes(metainfo: BencodeDictionary, defects: Defects): Endpoint[] {
  const found = new Set<Endpoint>()
  const value = metainfo.get("nodes")
  const list = itemsOf(value)
  if (value !== undefined && !list) defects.add("`nodes` is not a list")
  for (const item of list ?? []) {
    const pair = listOf(item) ?? []
    const endpoint = formatEndpoint(textOf(pair[0]) ?? "", integerOf(pair[1]) ?? -1)
    const parsed = endpoint.length <= 100 ? splitHostPort(endpoint) : null
    if (!parsed || parsed.port === 0) defects.add("DHT nodes that are not a host and a port")
    else if (found.size < limits.metainfo.maxNodes) found.add(endpoint)
    else defects.add(`DHT nodes after the first ${limits.metainfo.maxNodes}, left out`)
  }
  return [...found]
}

const maxUrlLength = 2_048

function urlOf(value: BencodeValue | undefined): string | null {
  const text = textOf(value)?.trim() ?? null
  return text === null || text.length > maxUrlLength ? null : text
}
