/** Peer sockets open now, ours and theirs apart: who only dials us could not be reached at all if our dials held every one. */
import { limits } from "../limits.ts"
import { addressKind } from "../torrent/endpoint.ts"

export interface Sockets {
  /** Counts one socket to that host while `work` holds it. */
  hold(host: string, direction: "outgoing" | "incoming", work: () => Promise<void>): Promise<void>
  /** No more outgoing ones at all. */
  readonly full: boolean
  /** No more incoming ones at all. */
  readonly incomingFull: boolean
  /** No more with that host. All of loopback is one host, so there it says nothing. */
  busy(host: string): boolean
}

export function sockets(most: number, onFree: () => void): Sockets {
  const mostIncoming = Math.min(limits.incoming.maxPeers, Math.max(2, Math.floor(most / 2)))
  const perHost = new Map<string, number>()
  const open = { outgoing: 0, incoming: 0 }
  return {
    get full() {
      return open.outgoing >= most
    },
    get incomingFull() {
      return open.incoming >= mostIncoming
    },
    busy: (host) => addressKind(host) !== "loopback" && (perHost.get(host) ?? 0) >= limits.peer.socketsPerIp,
    async hold(host, direction, work) {
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
