/** Strangers on the local network (BEP 14): on loopback's own multicast, where no announce may lead to a dial. */
import { createSocket } from "node:dgram"
import type { HostileCase, Stage } from "../case.ts"
import { stageSwarm, type SwarmStage } from "../swarm.ts"
import { demandCap } from "./tracker-stage.ts"

const group = { host: "239.192.152.143", port: 6_771 }

interface Announce {
  readonly id: string
  readonly does: string
  readonly bound: string
  /** Datagrams, forty at a time. */
  readonly make: (swarm: SwarmStage, index: number) => Uint8Array
}

const text = (swarm: SwarmStage, port: number, more = ""): Buffer =>
  Buffer.from(
    `BT-SEARCH * HTTP/1.1\r\nHost: ${group.host}:${group.port}\r\nPort: ${port}\r\nInfohash: ${Buffer.from(swarm.payload.infoHash).toString("hex")}\r\n${more}\r\n\r\n`,
  )

const announces: readonly Announce[] = [
  {
    id: "lsd-flood",
    does: "announces 20,000 ports a second",
    bound: "lsd.maxDatagramsPerSecond",
    make: (swarm, index) => text(swarm, 1_024 + (index % 60_000)),
  },
  {
    id: "lsd-huge",
    does: "announces in 60 KB",
    bound: "lsd.maxDatagramBytes",
    make: (swarm) => text(swarm, 6_881, `X: ${"x".repeat(60_000)}\r\n`),
  },
  {
    id: "lsd-hashes",
    does: "announces other torrents, thirty at a time",
    bound: "its own info hash alone counts",
    make: (swarm, index) =>
      text(swarm, 6_881, `Infohash: ${index.toString(16).padStart(40, "0")}\r\n`.repeat(25)).subarray(
        0,
        1_400,
      ),
  },
  {
    id: "lsd-nonsense",
    does: "announces port 0, −1 and 99999, and none",
    bound: "the announce counts as none",
    make: (swarm, index) => text(swarm, [0, -1, 99_999, Number.NaN][index % 4] ?? 0),
  },
]

async function announcing(stage: Stage, make: (index: number) => Uint8Array): Promise<void> {
  const socket = createSocket({ type: "udp4", reuseAddr: true })
  socket.on("error", () => {})
  await new Promise<void>((resolve) => socket.bind({ address: "127.0.0.1", port: 0 }, resolve))
  socket.setMulticastInterface("127.0.0.1")
  socket.setMulticastLoopback(true)
  let index = 0
  const timer = setInterval(() => {
    for (let i = 0; i < 40; i++) socket.send(make(index++), group.port, group.host, () => {})
  }, 2)
  stage.defer(() => {
    clearInterval(timer)
    socket.close()
  })
}

export const lsdMulticastCases: readonly HostileCase[] = announces.map(({ id, does, bound, make }) => ({
  id,
  stranger: "lsd",
  does,
  bound,
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    await announcing(stage, (index) => make(swarm, index))
    return swarm.staged({
      args: ["--lsd", "--bind", "127.0.0.1"],
      check(snapshot) {
        const dialled =
          snapshot.peers?.filter(({ sources }) => sources.every(({ kind }) => kind === "lsd")) ?? []
        if (dialled.length > 0) throw new Error(`${dialled.length} peers by its word`)
        // Each of them sends more than we read in a second: a cap that was hit shows that it was heard.
        return `none dialled; ${demandCap(snapshot, "lsd-peers")}`
      },
    })
  },
}))
