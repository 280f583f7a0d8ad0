/** Which addresses may be contacted on whose word. Loopback only where the user's own target, --tracker or --peer names it. */
import type { Endpoint, Sighting } from "../evidence.ts"
import type { PaceName } from "../limits.ts"
import { addressKind, parseEndpoint, type AddressRules } from "../torrent/endpoint.ts"

export interface Admission {
  tracker(url: string): AddressRules
  peer(kind: Sighting["kind"], via: string | null): AddressRules
}

export function admission(options: {
  allowLocal: boolean
  pace: PaceName
  trackers: readonly string[]
  peers: readonly Endpoint[]
}): Admission {
  const { allowLocal, pace } = options
  const rules = (allowLoopback: boolean): AddressRules => ({
    allowLocal,
    allowLoopback: allowLocal && allowLoopback,
    refusePublic: pace === "lab",
  })
  const named =
    options.trackers.some(namesLoopback) ||
    options.peers.some((peer) => addressKind(parseEndpoint(peer)?.host ?? "") === "loopback")
  return {
    tracker: (url) => rules(namesLoopback(url)),
    peer(kind, via) {
      if (kind === "manual") return rules(true)
      if (kind === "tracker") return rules(via !== null && namesLoopback(via))
      return rules(kind === "incoming" && named)
    },
  }
}

function namesLoopback(url: string): boolean {
  try {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "")
    return host === "localhost" || addressKind(host) === "loopback"
  } catch {
    return false
  }
}
