import type { Evidence } from "../evidence.ts"

/** Why nothing can be said about what the DHT answered; null: it was asked. */
export function dhtUnasked({ run, dht }: Pick<Evidence, "run" | "dht">): string | null {
  if (run.discovery?.dht === "private") return "a private torrent: the DHT is not asked"
  if (run.discovery?.dht === "off") return "the DHT was not wanted"
  if (dht === null) return "no DHT was asked"
  return null
}
