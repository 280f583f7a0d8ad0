/** Peers that never get as far as a handshake, or get it wrong (BEP 3). */
import { randomBytes } from "node:crypto"
import type { HostileCase } from "../case.ts"
import { messages } from "../messages.ts"
import { afterHello, hello, peerCase } from "./peer-stage.ts"

export const peerHandshakeCases: readonly HostileCase[] = [
  peerCase({
    id: "peer-mute",
    does: "accepts and never says a word",
    bound: "peer.handshakeMs",
    act() {},
    ended: /handshake-timeout/,
  }),
  peerCase({
    id: "peer-never-reads",
    does: "accepts, never reads, never says a word",
    bound: "peer.handshakeMs",
    act: ({ socket }) => void socket.pause(),
    ended: /handshake-timeout/,
  }),
  peerCase({
    id: "peer-handshake-drip",
    does: "handshakes at one byte a second",
    bound: "peer.handshakeMs",
    act: (visitor) => visitor.drip(hello(visitor), 1_000),
    ended: /handshake-timeout/,
  }),
  peerCase({
    id: "peer-http-answer",
    does: "answers in HTTP",
    bound: "BEP 3 handshake",
    act: ({ socket }) =>
      void socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".padEnd(100)),
    ended: /protocol-error: not a BitTorrent handshake/,
  }),
  peerCase({
    id: "peer-garbage-endless",
    does: "sends random bytes for ever",
    bound: "BEP 3 handshake",
    act: ({ flood }) => flood(randomBytes(65_536)),
    ended: /protocol-error: not a BitTorrent handshake/,
  }),
  peerCase({
    id: "peer-zeros-endless",
    does: "sends zeros for ever, which look like keep-alives",
    bound: "BEP 3 handshake",
    act: ({ flood }) => flood(new Uint8Array(65_536)),
    ended: /protocol-error: not a BitTorrent handshake/,
  }),
  peerCase({
    id: "peer-long-protocol-name",
    does: "claims a protocol name of 255 bytes, one byte a second",
    bound: "BEP 3 handshake",
    act: ({ drip }) => drip(new Uint8Array(400).fill(255), 1_000),
    ended: /protocol-error: not a BitTorrent handshake/,
  }),
  peerCase({
    id: "peer-wrong-info-hash",
    does: "handshakes on another info hash",
    bound: "BEP 3 handshake",
    act: (visitor) => visitor.send(hello(visitor, { infoHash: randomBytes(20) })),
    ended: /wrong-info-hash/,
  }),
  peerCase({
    id: "peer-reflects",
    does: "sends our own handshake back, peer id included",
    bound: "BEP 3 handshake",
    act: ({ socket }) => void socket.pipe(socket),
    ended: /self/,
  }),
  peerCase({
    id: "peer-resets-at-once",
    does: "resets every connection at once",
    bound: "peer.maxAttempts",
    act: ({ socket }) => void socket.resetAndDestroy(),
    ended: /reset/,
  }),
  peerCase({
    id: "peer-resets-anywhere",
    does: "resets after a random number of milliseconds, honest until then",
    bound: "peer.maxAttempts",
    act: afterHello((visitor) => {
      visitor.send(messages.unchoke)
      visitor.later(Math.random() * 200, () => visitor.socket.resetAndDestroy())
    }),
    ended: /reset|closed/,
  }),
]
