import type { Dht, Evidence } from "../../evidence.ts"

/** Why nothing can be said about what the DHT answered; null: it was asked. */
export function dhtUnasked({ run, dht }: Pick<Evidence, "run" | "dht">): string | null {
  if (run.discovery?.dht === "private") return "a private torrent: the DHT is not asked"
  if (run.discovery?.dht === "off") return "the DHT was not wanted"
  if (dht === null) return "no DHT was asked"
  return null
}

/** Addresses that its nodes' filters (BEP 33) hold for certain, besides ours: we announce once in each family. */
export function countedByDht({ scrape, ids }: Dht): number {
  const held = (scrape?.seeders?.low ?? 0) + (scrape?.leechers?.low ?? 0)
  return Math.max(0, Math.floor(held) - ids.length)
}
