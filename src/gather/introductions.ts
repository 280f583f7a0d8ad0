/** How many strangers one node or peer may name: nobody alone fills the book, with however many ports. */
import type { CapName, Sighting } from "../evidence.ts"
import { neighbourhood, parseEndpoint } from "../torrent/endpoint.ts"

export interface Introductions {
  /** Asked once for each stranger; a refusal is recorded as a cap that was hit. */
  may(source: Pick<Sighting, "kind" | "via">): boolean
}

const introducerCaps: Partial<Record<Sighting["kind"], CapName>> = {
  dht: "dht-peers",
  pex: "pex-peers",
  lsd: "lsd-peers",
}

export function createIntroductions({
  maxPeers,
  hit,
}: {
  readonly maxPeers: number
  readonly hit: (cap: CapName, dropped?: number) => void
}): Introductions {
  const introduced = new Map<string, number>()
  return {
    may({ kind, via }) {
      const cap = introducerCaps[kind]
      if (cap === undefined || via === null) return true
      const introducer = neighbourhood(parseEndpoint(via)?.host ?? "") ?? via
      const count = (introduced.get(introducer) ?? 0) + 1
      introduced.set(introducer, count)
      if (count <= maxPeers / 2) return true
      hit(cap)
      return false
    },
  }
}
