/** Wrong, late or strange answers to our requests. */
import type { HostileCase } from "../case.ts"
import type { Peer } from "../../../src/evidence.ts"
import type { FailureCode } from "../../../src/failure.ts"
import { endOf } from "../swarm.ts"
import { messages, requestId, requestIn, type BlockRequest } from "../messages.ts"
import { afterHello, peerCase, type Act, type PeerCase, type Visitor } from "./peer-stage.ts"

/** Honest until we ask for a block. */
const answering = (answer: (visitor: Visitor, asked: BlockRequest) => void): Act =>
  afterHello((visitor) => {
    visitor.send(messages.unchoke)
    visitor.onMessage((id, payload) => {
      if (id === requestId) answer(visitor, requestIn(payload))
    })
  })

/** No right piece came of it, and one of the samples ended like that. */
const gave =
  (...codes: readonly FailureCode[]) =>
  (peer: Peer | undefined): string => {
    const failures = (peer?.samples ?? []).flatMap(({ failure }) => failure?.code ?? [])
    if (peer === undefined || peer.stage === "verified" || !failures.some((code) => codes.includes(code)))
      throw new Error(`${endOf(peer)}; samples: ${failures.join(", ")}`)
    return `${peer.stage}, ${peer.outcome}; samples: ${[...new Set(failures)].join(", ")}`
  }

/** To the first request of each connection; the others wait behind that answer. */
function once(answer: (visitor: Visitor, asked: BlockRequest) => void): typeof answer {
  const answered = new WeakSet<Visitor>()
  return (visitor, asked) => {
    if (answered.has(visitor)) return
    answered.add(visitor)
    answer(visitor, asked)
  }
}

const wrongAnswers: readonly (Pick<
  PeerCase,
  "id" | "does" | "bound" | "ended" | "check" | "timeoutSeconds"
> & {
  answer: (visitor: Visitor, asked: BlockRequest) => void
})[] = [
  {
    id: "wrong-bytes",
    does: "answers each request with zeros",
    bound: "piece hashes",
    answer: ({ send }, { piece, offset, length }) =>
      send(messages.piece(piece, offset, new Uint8Array(length))),
    check: gave("hash-mismatch"),
  },
  {
    id: "wrong-offset",
    does: "answers each request with the block after it",
    bound: "peer.blockMs",
    answer: ({ send }, { piece, offset, length }) =>
      send(messages.piece(piece, offset + length, new Uint8Array(length))),
    timeoutSeconds: 35,
    check: gave("snubbed"),
  },
  {
    id: "wrong-piece",
    does: "answers each request with a block of piece 2³²−1",
    bound: "peer.blockMs",
    answer: ({ send }, { offset, length }) =>
      send(messages.piece(2 ** 32 - 1, offset, new Uint8Array(length))),
    timeoutSeconds: 35,
    check: gave("snubbed"),
  },
  {
    id: "short-blocks",
    does: "answers each request with half a block",
    bound: "peer.blockBytes",
    answer: ({ send }, { piece, offset, length }) =>
      send(messages.piece(piece, offset, new Uint8Array(length >> 1))),
    check: gave("short-block"),
  },
  {
    id: "empty-blocks",
    does: "answers each request with no bytes",
    bound: "peer.blockBytes",
    answer: ({ send }, { piece, offset }) => send(messages.piece(piece, offset, new Uint8Array())),
    check: gave("short-block"),
  },
  {
    id: "long-blocks",
    does: "answers each request with a byte too many",
    bound: "peer.blockBytes",
    answer: ({ send }, { piece, offset, length }) =>
      send(messages.piece(piece, offset, new Uint8Array(length + 1))),
    ended: /protocol-error: message 7 of/,
  },
  {
    id: "same-block",
    does: "answers the first request a million times",
    bound: "peer.maxStrayBytes",
    answer: once(({ flood }, { piece, offset, length }) =>
      flood(messages.piece(piece, offset, new Uint8Array(length))),
    ),
    ended: /protocol-error/,
  },
  {
    id: "slow",
    does: "answers at one byte a second",
    bound: "peer.blockMs",
    answer: once(({ drip }, { piece, offset, length }) =>
      drip(messages.piece(piece, offset, new Uint8Array(length)), 1_000),
    ),
    timeoutSeconds: 35,
    check: gave("snubbed"),
  },
  {
    id: "silent",
    does: "unchokes us and answers nothing",
    bound: "peer.blockMs",
    answer() {},
    timeoutSeconds: 35,
    check: gave("snubbed"),
  },
  {
    id: "rejects",
    does: "rejects every request, unchoked",
    bound: "peer.redialMs",
    answer: ({ send }, { piece, offset, length }) => send(messages.reject(piece, offset, length)),
    check: gave("rejected"),
  },
  {
    id: "chokes",
    does: "chokes and unchokes us at every request",
    bound: "peer.blockMs",
    answer: ({ send }) => send(messages.choke, messages.unchoke),
    check: gave("snubbed", "choked"),
    timeoutSeconds: 35,
  },
  {
    id: "closes",
    does: "closes at each first request",
    bound: "peer.maxAttempts",
    answer: ({ socket }) => void socket.end(),
    ended: /closed/,
  },
  {
    id: "half-then-reset",
    does: "resets in the middle of each first block",
    bound: "peer.maxAttempts",
    answer: ({ socket, send }, { piece, offset, length }) => {
      send(messages.piece(piece, offset, new Uint8Array(length)).subarray(0, 5_000))
      setTimeout(() => void socket.resetAndDestroy(), 20)
    },
    ended: /reset|closed/,
  },
]

export const peerPieceCases: readonly HostileCase[] = wrongAnswers.map(({ id, answer, ...rest }) =>
  peerCase({ id: `peer-pieces-${id}`, act: answering(answer), ...rest }),
)
