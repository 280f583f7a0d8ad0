/**
 * An honest swarm on loopback in a process of its own, so that it can live in a network of its own and suffer nothing of what befalls the
 * audit: `swarm.ts FOLDER OPTIONS`. Writes FOLDER/x.torrent and one line of JSON; lines on standard input make it do things.
 */
import { writeFileSync } from "node:fs"
import { Socket } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Actor } from "../../../src/demo/cast.ts"
import { clients } from "../../../src/demo/identity.ts"
import { loopbackNetwork } from "../../../src/demo/loopback.ts"
import { createPayload } from "../../../src/demo/payload.ts"
import { startDemoSwarm } from "../../../src/demo/swarm.ts"
import type { Network } from "../../../src/network.ts"

export interface SwarmOptions {
  peers: number
  bytesPerSecond?: number
  unchokeMs?: number
  protocols?: readonly ("http" | "udp")[]
  /** Every nth connection is reset, sooner or later: 2 is every other one. */
  resetEvery?: number
}

export interface SwarmTold {
  torrent: string
  trackerUrl: string
}

/** All peers go; the tracker goes. */
export type SwarmCommand = "vanish" | "untrack"

const KiB = 1024
const [folder = ".", given = '{"peers":4}'] = process.argv.slice(2)
const options = JSON.parse(given) as SwarmOptions
const network = loopbackNetwork()
const families = Object.values(clients)
const cast = (): Actor[] =>
  Array.from({ length: options.peers }, (_, i) => ({
    name: `seeder ${i}`,
    lie: null,
    ...(families[i % families.length] && { client: families[i % families.length]! }),
    ...(options.bytesPerSecond !== undefined && { bytesPerSecond: options.bytesPerSecond }),
    ...(options.unchokeMs !== undefined && { unchokeMs: options.unchokeMs }),
  }))

let connections = 0

/** By the listener's end, as a router that forgets us does. From at once to after some pieces, the same in each run. */
const listen: Network["listen"] = (port, onConnection) =>
  network.listen(port, (connection) => {
    const count = connections++
    onConnection(connection)
    if (options.resetEvery === undefined || count % options.resetEvery !== 0) return
    const { stream } = connection
    setTimeout(() => stream instanceof Socket && stream.resetAndDestroy(), (count * 67) % 1_500)
  })

const swarm = await startDemoSwarm(
  { ...network, listen },
  {
    payload: createPayload({
      pieceBytes: 64 * KiB,
      files: [{ path: ["faults.bin"], sizeBytes: 1024 * KiB }],
    }),
    cast,
    inflate: 1,
    tracker: { peersPerReply: 2 * options.peers, maxPeers: 2 * options.peers },
    ...(options.protocols && { protocols: options.protocols }),
  },
)
const torrent = join(folder, "x.torrent")
writeFileSync(torrent, swarm.torrentBytes)
const told: SwarmTold = { torrent, trackerUrl: swarm.trackerUrl }
process.stdout.write(`${JSON.stringify(told)}\n`)

const commands: Record<SwarmCommand, () => unknown> = {
  vanish: () => swarm.peers.map((peer) => peer.stop()),
  untrack: () => swarm.tracker.stop(),
}
for await (const line of createInterface({ input: process.stdin })) commands[line as SwarmCommand]?.()
process.exit()
