/**
 * Which endpoints are ourselves. A tracker's word counts for its own list only: it could name an honest peer, who would then
 * vanish from the others' lists. Whom that leaves in them gather dials, and our own peer id tells.
 */
import type { Endpoint, Family } from "../../evidence.ts"
import type { Network } from "../../network.ts"
import { addressKind, formatEndpoint, parseEndpoint } from "../../torrent/endpoint.ts"
import type { AnnounceReply } from "./reply.ts"

export interface OwnEndpoints {
  /** Named by a tracker, and at an address of this machine; or external (BEP 24) by the word of two trackers. */
  readonly sure: readonly Endpoint[]
  /** A dial there reached our own peer id. */
  prove(endpoint: Endpoint): void
  /** As one tracker sees us. */
  at(trackerHost: string): OwnAtTracker
}

export interface OwnAtTracker {
  /** Takes what a reply says about ourselves. */
  learn(reply: AnnounceReply): void
  others(peers: readonly Endpoint[]): Endpoint[]
  /** Of a list from an earlier run, when we announced `formerPort`. */
  othersOfBefore(peers: readonly Endpoint[], formerPort: number): Endpoint[]
}

const maxSure = 32

/**
 * Nobody listens there (tcpmux): for a run that does not listen. Trackers refuse 0, and any other port would send peers to
 * somebody.
 */
export const phantomPort = 1

export function createOwnEndpoints(port: number, network: Pick<Network, "localHosts">): OwnEndpoints {
  const sure: Endpoint[] = []
  const proven = new Set<Endpoint>()
  const localHosts = network.localHosts()
  const trackersByExternalHost = new Map<string, Set<string>>()

  const add = (endpoint: Endpoint) => {
    if (!sure.includes(endpoint) && sure.length < maxSure) sure.push(endpoint)
  }

  const isHere = (peer: Endpoint, port: number) => {
    // Few are: the others need not be taken apart, however many thousand.
    if (!peer.endsWith(`:${port}`)) return false
    const parsed = parseEndpoint(peer)
    if (parsed === null || parsed.port !== port) return false
    return addressKind(parsed.host) === "loopback" || localHosts.includes(parsed.host)
  }

  /** Ourselves at an address that we don't know, a proxy's or a router's, or another auditor that listens nowhere either. */
  const isPhantom = (peer: Endpoint) => port === phantomPort && parseEndpoint(peer)?.port === phantomPort

  function learnExternal(host: string, trackerHost: string): void {
    const trackers = trackersByExternalHost.get(host) ?? new Set()
    trackersByExternalHost.set(host, trackers.add(trackerHost))
    const endpoint = formatEndpoint(host, port)
    if (trackers.size > 1 || isHere(endpoint, port)) add(endpoint)
  }

  return {
    sure,
    prove: (endpoint) => void proven.add(endpoint),
    at(trackerHost) {
      const hinted = new Set<Endpoint>()
      const isSelf = (peer: Endpoint) =>
        hinted.has(peer) || proven.has(peer) || sure.includes(peer) || isHere(peer, port) || isPhantom(peer)
      const others = (peers: readonly Endpoint[]) => peers.filter((peer) => !isSelf(peer))
      return {
        learn({ externalHost, ownPeers, peers }) {
          if (externalHost !== null) {
            hinted.add(formatEndpoint(externalHost, port))
            learnExternal(externalHost, trackerHost)
          }
          for (const peer of ownPeers) hinted.add(peer)
          for (const peer of peers) if (isHere(peer, port)) add(peer)
        },
        others,
        othersOfBefore(peers, formerPort) {
          const former = peers.filter((peer) => parseEndpoint(peer)?.port === formerPort)
          const count = (family: Family) =>
            former.filter((peer) => parseEndpoint(peer)?.family === family).length
          // The system chose that port for us and we left it: the only one there was us, at an address unknown to us.
          const wasSelf = (peer: Endpoint) => {
            if (isHere(peer, formerPort)) return true
            const family = parseEndpoint(peer)?.family
            return formerPort !== port && family !== undefined && count(family) === 1 && former.includes(peer)
          }
          return others(peers).filter((peer) => !wasSelf(peer))
        },
      }
    },
  }
}
