/** Not one peer but very many who dial us. */
import { once } from "node:events"
import net from "node:net"
import { randomBytes } from "node:crypto"
import { limits } from "../../../src/limits.ts"
import type { Snapshot } from "../../../src/report.ts"
import { createKeyPair } from "../../../src/wire/mse/diffie-hellman.ts"
import type { HostileCase, Stage } from "../case.ts"
import { handshakeOf, messages } from "../messages.ts"
import { capsOf, stageSwarm, type SwarmStage } from "../swarm.ts"
import { visitorOn, type Act, type Visitor } from "./peer-stage.ts"

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, "close")
  return port
}

const dialsPerTurn = 20
const turnMs = 25

/** Dials the auditor's port, as soon as it is open, `count` times in all and at most 800 times a second. */
function besiege(
  stage: Stage,
  port: number,
  swarm: SwarmStage,
  count: number,
  act: Act,
): { opened: () => number } {
  const sockets = new Set<net.Socket>()
  let [dialled, opened] = [0, 0]
  const dial = () => {
    const socket = net.connect({ host: "127.0.0.1", port })
    sockets.add(socket)
    socket.on("error", () => {})
    socket.once("close", () => sockets.delete(socket))
    socket.once("connect", () => {
      opened++
      void act(visitorOn(socket, opened, swarm.payload))
    })
  }
  const timer = setInterval(() => {
    // Nobody is there yet.
    if (opened === 0) return dial()
    for (let i = 0; i < dialsPerTurn && dialled < count; i++) {
      dialled++
      dial()
    }
  }, turnMs)
  stage.defer(() => {
    clearInterval(timer)
    for (const socket of sockets) socket.destroy()
  })
  return { opened: () => opened }
}

const incomingIn = ({ peers }: Snapshot) =>
  peers.filter(({ sources }) => sources.some(({ kind }) => kind === "incoming")).length

const idOf = (at: number) => Buffer.from(`-TR4060-${String(at).padStart(12, "0")}`)
const greet = ({ infoHash, index }: Visitor) => handshakeOf(infoHash, { peerId: idOf(index) })

const sieges: readonly {
  id: string
  does: string
  bound: string
  count: number
  act: Act
  /** In the record, at most: who never came through a handshake of ours is nobody. */
  peers?: number
  cap?: RegExp
}[] = [
  {
    id: "silent",
    does: "dials our port 2,000 times and says nothing",
    bound: "incoming.maxPending",
    count: 2_000,
    act() {},
    cap: /incoming/,
  },
  {
    id: "slow",
    does: "dials our port 1,000 times, each handshaking at one byte a second",
    bound: "incoming.maxPending",
    count: 1_000,
    act: (visitor) => visitor.drip(greet(visitor), 1_000),
    cap: /incoming/,
  },
  {
    id: "resets",
    does: "dials our port 2,000 times and resets",
    bound: "incoming.maxPending",
    count: 2_000,
    act: ({ socket }) => void socket.resetAndDestroy(),
  },
  {
    id: "strangers",
    does: "dials our port 1,000 times for torrents that we don't have",
    bound: "BEP 3 handshake",
    count: 1_000,
    act: ({ send, index }) => send(handshakeOf(randomBytes(20), { peerId: idOf(index) })),
  },
  {
    id: "keys",
    does: "dials our port 1,000 times and begins an encrypted handshake",
    bound: "incoming.maxPending",
    count: 1_000,
    act: ({ send }) => send(key, randomBytes(512)),
    cap: /incoming/,
  },
  {
    id: "identities",
    does: "dials our port 1,000 times, each time as another seeder, who listens where nobody is",
    bound: "incoming.maxPeers",
    count: 1_000,
    act: (visitor) =>
      visitor.send(
        greet(visitor),
        messages.extensionHandshake({ m: {}, v: "Transmission 4.0.6", p: 20_000 + visitor.index }),
        messages.haveAll,
      ),
    peers: limits.incoming.maxPeers,
  },
  {
    id: "one-identity",
    does: "dials our port 500 times as one and the same seeder",
    bound: "peer.maxAttempts",
    count: 500,
    act: ({ send, infoHash }) => send(handshakeOf(infoHash, { peerId: idOf(1) }), messages.haveAll),
    peers: 1,
  },
]

const key = createKeyPair(randomBytes).publicKey

export const peerIncomingCases: readonly HostileCase[] = sieges.map(
  ({ id, does, bound, count, act, peers = 0, cap = /./ }) => ({
    id: `incoming-${id}`,
    stranger: "peer",
    does,
    bound,
    async stage(stage) {
      const swarm = await stageSwarm(stage, { seed: { bytesPerSecond: 300_000 } })
      const port = await freePort()
      const { opened } = besiege(stage, port, swarm, count, act)
      return swarm.staged({
        args: [`--port=${port}`, "--sample=20"],
        check(snapshot) {
          if (opened() < count / 4) throw new Error(`only ${opened()} connections opened`)
          const caps = capsOf(snapshot)
          if (!cap.test(caps)) throw new Error(`caps: ${caps}`)
          const taken = incomingIn(snapshot)
          if (taken > peers) throw new Error(`${taken} peers of them in the record`)
          return `${opened()} connections, ${taken} peers of them in the record; ${caps}`
        },
      })
    },
  }),
)
