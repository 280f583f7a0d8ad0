/** Messages that are longer, or slower, than any honest one (BEP 3). */
import type { HostileCase } from "../case.ts"
import { frame, messages, requestId, requestIn, uint32s } from "../messages.ts"
import { afterHello, peerCase, type Act } from "./peer-stage.ts"

const MiB = 1_048_576

/** <length 4><id 1>, and whatever as the rest. */
const begins = (length: number, id: number): Buffer => Buffer.concat([uint32s(length), Buffer.from([id])])

const huge = (length: number): Act =>
  afterHello((visitor) => {
    visitor.send(begins(length, 5))
    visitor.flood(new Uint8Array(65_536))
  })

const bound = "peer.maxMessageBytes"

export const peerLengthCases: readonly HostileCase[] = [
  ...[MiB + 1, 2 ** 32 - 1].map((length) =>
    peerCase({
      id: `peer-length-${length}`,
      does: `sends a message of ${length} bytes`,
      bound,
      act: huge(length),
      ended: new RegExp(`protocol-error: message of ${length} bytes`),
    }),
  ),
  peerCase({
    id: "peer-length-slow",
    does: "begins a message of 1 MiB and sends one byte of it a second",
    bound,
    act: afterHello(({ send, drip }) => {
      send(begins(MiB, 21))
      drip(new Uint8Array(100), 1_000)
    }),
    check: (peer) => stillHeard(peer?.stage),
  }),
  peerCase({
    id: "peer-length-then-nothing",
    does: "begins a message of 1 MiB, sends all but a byte of it in scraps, and waits",
    bound,
    act: afterHello(({ send, every }) => {
      send(begins(MiB, 21))
      let left = MiB - 2
      every(1, () => {
        const scrap = Math.min(left, 700)
        left -= scrap
        if (scrap > 0) send(new Uint8Array(scrap))
      })
    }),
    check: (peer) => stillHeard(peer?.stage),
  }),
  peerCase({
    id: "peer-length-empty-ids",
    does: "sends each message without its payload",
    bound: "BEP 3 message lengths",
    act: afterHello(({ send }) => {
      for (let id = 0; id < 24; id++) send(frame(id))
    }),
    ended: /protocol-error/,
  }),
  peerCase({
    id: "peer-length-oversize-piece",
    does: "sends a block of 1 MiB",
    bound: "peer.blockBytes",
    act: afterHello(({ send, onMessage }) => {
      send(messages.unchoke)
      onMessage((id, payload) => {
        if (id !== requestId) return
        const { piece, offset } = requestIn(payload)
        send(messages.piece(piece, offset, new Uint8Array(MiB - 9)))
      })
    }),
    ended: /protocol-error: message 7 of/,
  }),
  peerCase({
    id: "peer-unknown-ids",
    does: "sends 230 kinds of message that nobody knows, for ever",
    bound: "peer.maxMessagesPerSecond",
    act: afterHello(({ flood }) =>
      flood(Buffer.concat(Array.from({ length: 230 }, (_, i) => frame(i + 24, new Uint8Array(100))))),
    ),
    ended: /protocol-error: flood of messages/,
    orBelow: true,
  }),
]

const stillHeard = (stage: string | undefined): string => {
  if (stage !== "claimed") throw new Error(`${stage}, not claimed`)
  return "its claim was taken, the message never; it was left when the run had no more to ask"
}
