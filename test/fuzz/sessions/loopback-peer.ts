/** The stranger of peer.ts on real sockets of this machine, in a time twenty times as fast: slower than in memory, and real. */
import { gatherOptions } from "../../../src/commands/request.ts"
import { forgetful } from "../../../src/discovery/answers.ts"
import { noNodes } from "../../../src/discovery/dht.ts"
import { failure } from "../../../src/failure.ts"
import { gather, type GatherOptions } from "../../../src/gather.ts"
import type { Connection } from "../../../src/network.ts"
import { guardLibraries } from "../../../src/torrent/bencode.ts"
import { fastNetwork } from "../../support/fast-network.ts"
import type { FuzzTarget } from "../target.ts"
import { nothingUncaught } from "./uncaught.ts"
import { claim, sound } from "./audited.ts"
import { honestSeed } from "./honest-seed.ts"
import { castOf } from "./cast.ts"
import { playPeer } from "./peer-script.ts"
import { peerSeeds } from "./peer-seeds.ts"

const factor = 20
const timeoutMs = 40_000

export const loopbackPeer: FuzzTarget = {
  name: "session-loopback-peer",
  group: "sessions",
  maxBytes: 1_024,
  seeds: peerSeeds,
  async run(bytes) {
    guardLibraries()
    const { torrent, depth, script } = castOf(bytes)
    const network = fastNetwork(factor)
    const open = new Set<Connection>()
    const serve = async (onConnection: (connection: Connection) => void) => {
      const listening = await network.listen(0, (connection) => {
        open.add(connection)
        onConnection(connection)
      })
      claim(listening.ok, "no listener")
      return listening.value
    }
    const seed = honestSeed(torrent)
    const listeners = [
      await serve(({ stream }) => seed(stream)),
      await serve(({ stream }) => void playPeer(script, stream, torrent, network)),
    ]
    const options: GatherOptions = {
      ...gatherOptions({ pace: ["lab"], "allow-local": true, "no-dht": true, "no-web-seeds": true }),
      families: ["ipv4"],
      seed: "fuzzed",
      timeoutMs,
      maxDownloadBytes: 2 * 1024 * 1024,
      samplePieces: 2,
      depth,
      peers: listeners.map(({ port }) => `127.0.0.1:${port}`),
    }
    const evidence = await nothingUncaught(() =>
      gather({ metainfo: torrent.metainfo }, options, {
        network,
        answers: forgetful,
        nodes: noNodes,
        onProgress: () => {},
        stop: new AbortController().signal,
      }),
    )
    for (const listener of listeners) listener.close()
    for (const connection of open) connection.close(failure("aborted"))
    await Promise.all([...open].map(({ ended }) => ended))
    // On a busy machine a second of that time is too short for anybody: who was met says nothing here.
    sound(evidence)
  },
}
