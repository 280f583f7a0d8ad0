/** A swarm of the library's server, as the tracker tells of it. */
import type { Swarm, SwarmCounts } from "bittorrent-tracker/server"
import type { Counts, Liar } from "./tracker-lies.ts"

export interface Telling {
  infoHash: string
  /** By whoever asks, where that is known. */
  liarFor: (ip: string | undefined) => Liar
  /** Told over HTTP only: BEP 15 has no field for it. */
  minIntervalMs: number | null
  /** At most this many peers in a reply, whatever `numwant` says. */
  peersPerReply?: number
}

export interface ToldSwarm extends Swarm {
  /** What is so, whatever it says. */
  known(): Counts
}

export function toldSwarm(swarm: Swarm, telling: Telling): ToldSwarm {
  const { infoHash, liarFor, minIntervalMs, peersPerReply } = telling
  // The library counts none.
  let downloaded = 0
  const told = (counts: SwarmCounts, ip: string | undefined): Counts =>
    liarFor(ip).counts(infoHash, { ...countsIn(counts), downloaded })
  const flags = minIntervalMs === null ? {} : { "min interval": Math.ceil(minIntervalMs / 1_000) }
  const phantomsFor = (ip: string) =>
    liarFor(ip).phantoms.map((phantom) => ({ peerId: "00".repeat(20), ...phantom }))
  return {
    announce(params, callback) {
      if (params.event === "completed") downloaded++
      // A registration wants nobody, and says 1 because 0 means the default.
      const numwant = params.numwant > 1 ? (peersPerReply ?? params.numwant) : params.numwant
      swarm.announce({ ...params, numwant }, (error, reply) => {
        if (error) callback(error, reply)
        else {
          const peers = [...reply.peers, ...phantomsFor(params.ip)]
          callback(null, { ...reply, ...told(reply, params.ip), ...flags, peers })
        }
      })
    },
    scrape: (params, callback) =>
      swarm.scrape(params, (error, reply) => callback(error, error ? reply : told(reply, params.ip))),
    known() {
      let counts: SwarmCounts = { complete: 0, incomplete: 0 }
      swarm.scrape({}, (error, reply) => {
        if (!error) counts = reply
      })
      return { ...countsIn(counts), downloaded }
    },
  }
}

const countsIn = ({ complete, incomplete }: SwarmCounts): SwarmCounts => ({ complete, incomplete })
