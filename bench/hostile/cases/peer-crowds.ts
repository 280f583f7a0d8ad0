/** Not one peer but very many who are named to us; and one who is always there again. */
import type { HostileCase, Stage, Staged } from "../case.ts"
import { frame, messages, requestId, requestIn } from "../messages.ts"
import { capsOf, peerAt, stageSwarm } from "../swarm.ts"
import { hello, listenAs, type Act, type Visitor } from "./peer-stage.ts"

/** 150 who claim everything, and choke us. */
async function honestCrowd(stage: Stage): Promise<Staged> {
  const swarm = await stageSwarm(stage)
  const act: Act = async (visitor) => {
    await visitor.greeting
    visitor.send(hello(visitor), messages.haveAll)
  }
  for (let i = 0; i < 150; i++) await swarm.introduce(await listenAs(stage, swarm, act))
  return swarm.staged({ args: ["--max-peers=1000"], check: () => "the seed was verified" })
}

/** `count` ports of one host, all of them named by the tracker. */
const namedCase = (each: {
  id: string
  does: string
  bound: string
  count: number
  act: Act
  /** How a dial of one of them must have ended. */
  ended?: RegExp
}): HostileCase => ({
  id: each.id,
  stranger: "peer",
  does: each.does,
  bound: each.bound,
  honest: honestCrowd,
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    for (let i = 0; i < each.count; i++) await swarm.introduce(await listenAs(stage, swarm, each.act))
    return swarm.staged({
      args: ["--max-peers=1000"],
      check(snapshot) {
        const reached = snapshot.peers.filter(({ attempts }) => attempts.length > 0).length
        if (reached < each.count / 2) throw new Error(`only ${reached} were dialled`)
        const ends = snapshot.peers.flatMap(({ attempts }) =>
          attempts.map(({ failure }) => failure?.code ?? ""),
        )
        if (!ends.some((end) => (each.ended ?? /^/).test(end)))
          throw new Error(`ended otherwise: ${[...new Set(ends)].join(", ")}`)
        return `${reached} dialled, ${snapshot.run.stopReason}; ${capsOf(snapshot)}`
      },
    })
  },
})

export const peerCrowdCases: readonly HostileCase[] = [
  namedCase({
    id: "crowd-mute",
    does: "listens at 300 ports of one host and never says a word",
    bound: "peer.handshakeMs",
    count: 300,
    act() {},
    ended: /handshake-timeout/,
  }),
  namedCase({
    id: "crowd-flooding",
    does: "listens at 100 ports of one host, each of which floods us with messages of 1 MB",
    bound: "peer.maxExtensionBytes",
    count: 100,
    async act(visitor) {
      await visitor.greeting
      visitor.send(hello(visitor), messages.haveAll)
      visitor.flood(messages.extended(99, new Uint8Array(1_000_000)))
    },
    ended: /protocol-error/,
  }),
  namedCase({
    id: "crowd-unfinished",
    does: "listens at 150 ports of one host, each of which begins a message of 1 MiB and keeps back its last byte",
    bound: "peer.maxMessageBytes",
    count: 150,
    async act(visitor) {
      await visitor.greeting
      const message = frame(99, new Uint8Array(1_048_575))
      visitor.send(hello(visitor), messages.haveAll, message.subarray(0, -1))
    },
  }),
  {
    id: "peer-closes-after-each-piece",
    stranger: "peer",
    does: "serves right blocks, and closes after each piece",
    bound: "peer.maxAttempts",
    async stage(stage) {
      const swarm = await stageSwarm(stage, { seed: { bytesPerSecond: 200_000 } })
      const port = await listenAs(stage, swarm, leaving)
      await swarm.introduce(port)
      return swarm.staged({
        check(snapshot) {
          const peer = peerAt(snapshot, `127.0.0.1:${port}`)
          if (peer?.stage !== "verified") throw new Error(`${peer?.stage}`)
          return `verified in ${peer.attempts.length} connections, then left alone`
        },
      })
    },
  },
]

async function leaving(visitor: Visitor): Promise<void> {
  await visitor.greeting
  visitor.send(hello(visitor), messages.haveAll, messages.unchoke)
  const { payload, socket } = visitor
  let sent = 0
  visitor.onMessage((id, message) => {
    if (id !== requestId) return
    const { piece, offset, length } = requestIn(message)
    const block = payload.read(piece, offset, length)
    visitor.send(messages.piece(piece, offset, block))
    sent += block.length
    if (sent >= payload.pieceLength(piece)) socket.end()
  })
}
