/** Which addresses may be contacted on whose word. Loopback only where the user's own target, --tracker or --peer names it. */
import type { Endpoint, Sighting } from "../evidence.ts"
import type { PaceName } from "../limits.ts"
import { addressKind, formatEndpoint, parseEndpoint, type AddressRules } from "../torrent/endpoint.ts"
import { protocolOf } from "../torrent/tracker-url.ts"

export interface Admission {
  /** `origin`: whose word it is; a torrent's is a stranger's. */
  tracker(url: string, origin?: "torrent" | "user"): AddressRules
  webSeed(url: string): AddressRules
  peer(kind: Sighting["kind"], via: string | null): AddressRules
  /** BEP 27: only this tracker's peers, whoever dials us, and the user's own. */
  keepTo(tracker: string | null): void
}

const nobody: AddressRules = { allowLocal: false, allowLoopback: false, refusePublic: true }

export function admission(options: {
  allowLocal: boolean
  pace: PaceName
  trackers: readonly string[]
  peers: readonly Endpoint[]
  /** Of these, whom the user named, and not a magnet link. */
  named?: readonly Endpoint[]
  dhtBootstrap: readonly Endpoint[]
  lsd: boolean
  /** Names are looked up by a proxy alone. */
  proxied?: boolean
}): Admission {
  const { allowLocal, pace, proxied = false } = options
  const anyPort = (allowLoopback: boolean): AddressRules => ({
    allowLocal,
    allowLoopback: allowLocal && allowLoopback,
    refusePublic: pace === "lab",
    ...(proxied ? { allowNames: true } : {}),
  })
  const rules = (allowLoopback: boolean): AddressRules => ({ ...anyPort(allowLoopback), ports: "peer" })
  const byUser = new Set((options.named ?? []).map(canonical))
  const named =
    options.trackers.some(namesLoopback) ||
    options.peers.some((peer) => addressKind(parseEndpoint(peer)?.host ?? "") === "loopback")
  const dhtNamed = options.dhtBootstrap.some((name) => namesLoopback(`http://${name}`))
  let closed = false
  let keptTracker: string | null = null
  return {
    tracker(url, origin = "torrent") {
      const ports = protocolOf(url) === "udp" ? "udp" : "http"
      return { ...anyPort(namesLoopback(url)), ...(origin === "user" ? {} : { ports }) }
    },
    webSeed: (url) => ({ ...anyPort(namesLoopback(url)), ports: "http" }),
    peer(kind, via) {
      if (kind === "manual") return { ...rules(true), named: byUser }
      if (closed && (kind === "dht" || kind === "pex" || kind === "lsd")) return nobody
      if (closed && kind === "tracker" && via !== keptTracker) return nobody
      if (kind === "dht") return rules(dhtNamed)
      if (kind === "pex") return rules(named && via !== null && namesLoopback(`http://${via}`))
      if (kind === "lsd") return { ...rules(false), allowLocal: true, refusePublic: true }
      if (kind === "tracker") return rules(via !== null && namesLoopback(via))
      // Whoever looks on the local network means its peers, who may dial first.
      const local = { ...rules(named), allowLocal: allowLocal || options.lsd }
      return kind === "incoming" ? local : rules(false)
    },
    keepTo(tracker) {
      closed = true
      keptTracker = tracker
    },
  }
}

function canonical(endpoint: Endpoint): Endpoint {
  const at = parseEndpoint(endpoint)
  return at === null ? endpoint : formatEndpoint(at.host, at.port)
}

function namesLoopback(url: string): boolean {
  try {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "")
    return host === "localhost" || addressKind(host) === "loopback"
  } catch {
    return false
  }
}
