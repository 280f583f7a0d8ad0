/** Hash requests and their answers (BEP 52), of a v2 torrent. */
import { randomBytes } from "node:crypto"
import type { FailureCode } from "../../../src/failure.ts"
import { createPayload } from "../../../src/demo/payload.ts"
import type { HostileCase, Stage, Staged } from "../case.ts"
import { peerAt, stageSwarm } from "../swarm.ts"
import { frame, messages, requestId, requestIn } from "../messages.ts"
import { demandEnd, hello, listenAs, type Act, type Visitor } from "./peer-stage.ts"

const KiB = 1024
const payloadV2 = () =>
  createPayload({
    pieceBytes: 64 * KiB,
    files: [{ path: ["hostile-v2.bin"], sizeBytes: 1_300_000 }],
    version: 2,
  })

async function stageV2(
  stage: Stage,
  act: Act | null,
  { ended = /./, sampled }: Pick<Behaviour, "ended" | "sampled"> = {},
): Promise<Staged> {
  const swarm = await stageSwarm(stage, { payload: payloadV2() })
  const port = act && (await listenAs(stage, swarm, act))
  if (port !== null) await swarm.introduce(port)
  return swarm.staged({
    check(snapshot) {
      if (port === null) return "the seed was verified"
      const peer = peerAt(snapshot, `127.0.0.1:${port}`)
      const proofs = peer?.samples.map(({ failure }) => failure?.code).filter(Boolean) ?? []
      if (sampled !== undefined && !proofs.includes(sampled)) throw new Error(`samples: ${proofs.join(", ")}`)
      return `${demandEnd(peer, ended)}; samples: ${[...new Set(proofs)].join(", ") || "none"}`
    },
  })
}

const honest = (stage: Stage) => stageV2(stage, null)

const ids = { hashRequest: 21, hashes: 22, hashReject: 23 }

/** Honest but for hashes: unchokes, and serves right blocks. */
const serving =
  (
    onHashRequest: (visitor: Visitor, range: Buffer) => void,
    begin: (visitor: Visitor) => void = () => {},
  ): Act =>
  async (visitor) => {
    await visitor.greeting
    visitor.send(
      hello(visitor, { v2: true }),
      messages.extensionHandshake({ m: {}, v: "qBittorrent/4.5.2" }),
      messages.haveAll,
      messages.unchoke,
    )
    visitor.onMessage((id, message) => {
      if (id === ids.hashRequest) return onHashRequest(visitor, Buffer.from(message))
      if (id !== requestId) return
      const { piece, offset, length } = requestIn(message)
      visitor.send(messages.piece(piece, offset, visitor.payload.read(piece, offset, length)))
    })
    begin(visitor)
  }

interface Behaviour {
  id: string
  does: string
  bound: string
  act: Act
  /** As `PeerCase.ended`. */
  ended?: RegExp
  /** How one of the samples must have failed. */
  sampled?: FailureCode
}

const behaviours: readonly Behaviour[] = [
  {
    id: "request-flood",
    does: "asks us for hashes for ever, and never reads an answer",
    bound: "peer.maxMessagesPerSecond",
    act: serving(
      () => {},
      (visitor) => {
        visitor.socket.pause()
        const request = frame(ids.hashRequest, new Uint8Array(48))
        visitor.flood(Buffer.concat(Array.from({ length: 4_000 }, () => request)))
      },
    ),
    ended: /protocol-error: flood of messages/,
  },
  {
    id: "unasked",
    does: "sends hashes that nobody asked for, for ever",
    bound: "peer.maxMessagesPerSecond",
    act: serving(
      () => {},
      ({ flood }) => {
        const answer = frame(ids.hashes, randomBytes(48 + 32 * 8))
        flood(Buffer.concat(Array.from({ length: 1_000 }, () => answer)))
      },
    ),
    ended: /protocol-error: flood of messages/,
  },
  {
    id: "too-long",
    does: "answers with 10,000 hashes",
    bound: "hashes.maxHashes",
    act: serving(
      () => {},
      ({ send }) => send(frame(ids.hashes, new Uint8Array(48 + 32 * 10_000))),
    ),
    ended: /protocol-error: message 22/,
  },
  {
    id: "odd-length",
    does: "answers with half a hash",
    bound: "BEP 52",
    act: serving(
      () => {},
      ({ send }) => send(frame(ids.hashes, new Uint8Array(48 + 16))),
    ),
    ended: /protocol-error: message 22/,
  },
  {
    id: "wrong",
    does: "answers hash requests with random hashes",
    bound: "BEP 52 proofs",
    act: serving(({ send }, range) => send(frame(ids.hashes, Buffer.concat([range, randomBytes(32 * 4)])))),
    sampled: "bad-proof",
  },
  {
    id: "silent",
    does: "serves blocks and leaves hash requests unanswered",
    bound: "hashes.answerMs",
    act: serving(() => {}),
    sampled: "bad-proof",
  },
  {
    id: "rejects",
    does: "serves blocks and rejects every hash request",
    bound: "BEP 52",
    act: serving(({ send }, range) => send(frame(ids.hashReject, range))),
    sampled: "bad-proof",
  },
]

export const peerHashCases: readonly HostileCase[] = behaviours.map(({ id, does, bound, act, ...how }) => ({
  id: `hashes-${id}`,
  stranger: "peer",
  does,
  bound,
  honest,
  stage: (stage) => stageV2(stage, act, how),
}))
