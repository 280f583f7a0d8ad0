/** Peer sockets open now, ours and theirs apart: who only dials us could not be reached at all if our dials held every one. */
import type { Endpoint } from "../evidence.ts"
import { limits } from "../limits.ts"
import { addressKind, parseEndpoint } from "../torrent/endpoint.ts"

export interface Sockets {
  /** Counts one socket to that peer's host while `work` holds it. */
  hold(at: Endpoint, direction: "outgoing" | "incoming", work: () => Promise<void>): Promise<void>
  /** No more outgoing ones at all. */
  readonly full: boolean
  /** No more to that peer, or its host. All of loopback is one host, so there the host says nothing. */
  busy(at: Endpoint): boolean
}

/** Beside other audits of the same process. */
export interface Places extends Sockets {
  /** One more that they opened is too many. */
  turnsAway(at: Endpoint): boolean
  /** Somebody is waited for who could be dialled, were it not for `full`. */
  waits(on: boolean): void
  /** Another audit waits for its turn with that peer or host. */
  wantedElsewhere(at: Endpoint): boolean
  /** We hold more than our share, and another audit has less and waits for a socket. */
  readonly starvesOthers: boolean
  /** The system gave none: fewer at a time from now on, and some are left to trackers, the DHT and files. */
  ranOut?(): void
}

export const mostIncomingOf = (most: number): number =>
  Math.min(limits.incoming.maxPeers, Math.max(2, Math.floor(most / 2)))

export const hostAt = (at: Endpoint): string => parseEndpoint(at)?.host ?? ""

const spareDescriptors = 12

/** Of one audit by itself. `wanted`: outgoing ones, at most. */
export function sockets(wanted: number, onFree: () => void): Places {
  let most = wanted
  const mostIncoming = mostIncomingOf(wanted)
  const perHost = new Map<string, number>()
  const open = { outgoing: 0, incoming: 0 }
  const busy = (at: Endpoint) => {
    const host = hostAt(at)
    return (perHost.get(host) ?? 0) >= limits.peer.socketsPerIp && addressKind(host) !== "loopback"
  }
  return {
    get full() {
      return open.outgoing >= most
    },
    busy,
    turnsAway: (at) => open.incoming >= mostIncoming || busy(at),
    waits() {},
    wantedElsewhere: () => false,
    starvesOthers: false,
    ranOut: () => void (most = Math.max(1, Math.min(most, open.outgoing - 1 - spareDescriptors))),
    async hold(at, direction, work) {
      const host = hostAt(at)
      open[direction]++
      perHost.set(host, (perHost.get(host) ?? 0) + 1)
      try {
        await work()
      } finally {
        open[direction]--
        const left = (perHost.get(host) ?? 1) - 1
        if (left > 0) perHost.set(host, left)
        else perHost.delete(host)
        onFree()
      }
    },
  }
}
