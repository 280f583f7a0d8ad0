/** Peers that lie about who they are: one under several addresses, several names of one, one that names itself two ways. */
import { countPieces, hasPiece, setPiece } from "../torrent/bitfield.ts"
import { clients, makePeerId, type Client } from "./identity.ts"
import { claimPieces, type Behaviour, type Host } from "./steps.ts"
import type { Visit } from "./visit.ts"

/** Its peer id says one client, its `v` another. */
export const masked: Client = { prefix: clients.transmission.prefix, v: clients.qbittorrent.v }

/**
 * One peer id for peers at several addresses, of a client whose ids are known to be random: give the same 12 bytes to all. Provable
 * from four addresses on: hosts of one private or loopback /24, or of four public /24.
 */
export const sharedPeerId = (random: Uint8Array): Uint8Array => makePeerId(clients.transmission, random)

/**
 * Several names of one client: whoever has this same behaviour holds, claims and gains the same pieces, each told to all visitors in one
 * turn of the event loop. Begins with what the first of them claims. Provable after a dozen gains: from four names on loopback on, where all
 * are visited at once; from six elsewhere, where two are at a time, if it still gains at the end: about one piece a second.
 */
export function lockstep(gainsPerSecond: number): Behaviour {
  let pieces: Uint8Array | null = null
  let timer: ReturnType<typeof setInterval> | null = null
  const hosts = new Set<Host>()
  const visits = new Set<Visit>()

  function gain(): void {
    const [host] = hosts
    if (!host || !pieces) return
    const { pieceCount } = host.payload
    const next = Array.from({ length: pieceCount }, (_, i) => i).find((i) => pieces && !hasPiece(pieces, i))
    if (next === undefined) return stop()
    setPiece(pieces, next)
    for (const { holds, claims } of hosts) {
      setPiece(holds, next)
      setPiece(claims, next)
    }
    for (const visit of visits) if (visit.claimed) visit.wire.have(next)
  }

  function stop(): void {
    if (timer) clearInterval(timer)
    timer = null
  }

  return (steps) => ({
    ...steps,
    claim(visit) {
      const { host } = visit
      pieces ??= Uint8Array.from(host.claims)
      host.claims.set(pieces)
      host.holds.set(pieces)
      hosts.add(host)
      visits.add(visit)
      void visit.ended.then(() => {
        visits.delete(visit)
        if (visits.size === 0) stop()
      })
      claimPieces(visit, pieces)
      if (timer === null && countPieces(pieces) < host.payload.pieceCount)
        timer = setInterval(gain, 1000 / gainsPerSecond)
    },
  })
}
