/** Bitfields and HAVEs that can't be (BEP 3, BEP 6). The torrent has 20 pieces: three bytes, four spare bits. */
import type { HostileCase } from "../case.ts"
import type { Peer } from "../../../src/evidence.ts"
import { frame, messages } from "../messages.ts"
import { hello, peerCase, type Visitor } from "./peer-stage.ts"

const full = Buffer.from([0xff, 0xff, 0xf0])
const half = Buffer.from([0xff, 0xc0, 0x00])

/** A handshake, and then just that. */
const saying =
  (...parts: readonly Uint8Array[]) =>
  async (visitor: Visitor) => {
    await visitor.greeting
    visitor.send(hello(visitor, { extensions: false }), ...parts)
  }

const holds = (count: number) => (peer: Peer | undefined) => {
  if (peer?.haveCount !== count) throw new Error(`holds ${peer?.haveCount}, not ${count}`)
  return `${peer.stage}, holds ${count} pieces, ${peer.outcome}`
}

export const peerClaimCases: readonly HostileCase[] = [
  ...[20, 2 ** 32 - 1].map((piece) =>
    peerCase({
      id: `peer-have-${piece}`,
      does: `has piece ${piece} of 20`,
      bound: "the torrent's piece count",
      act: saying(messages.haveNone, messages.have(piece)),
      ended: new RegExp(`protocol-error: have of piece ${piece}`),
    }),
  ),
  ...(
    [
      ["too-long", "a byte too long", Buffer.concat([full, Buffer.from([0])]), /bitfield of 4 bytes/],
      ["too-short", "a byte too short", full.subarray(1), /bitfield of 2 bytes/],
      ["spare-bits", "with spare bits set", Buffer.from([255, 255, 255]), /spare bits/],
    ] as const
  ).map(([id, does, bytes, ended]) =>
    peerCase({
      id: `peer-bitfield-${id}`,
      does: `sends a bitfield ${does}`,
      bound: "the torrent's piece count",
      act: saying(messages.bitfield(bytes)),
      ended,
    }),
  ),
  peerCase({
    id: "peer-bitfield-twice",
    does: "sends two bitfields, the second with less",
    bound: "the last claim counts",
    act: saying(messages.bitfield(full), messages.bitfield(half)),
    check: holds(10),
  }),
  peerCase({
    id: "peer-have-all-then-bitfield",
    does: "has all, then a bitfield of half",
    bound: "the last claim counts",
    act: saying(messages.haveAll, messages.bitfield(half)),
    check: holds(10),
  }),
  peerCase({
    id: "peer-bitfield-late",
    does: "sends its bitfield after a hundred other messages",
    bound: "peer.claimMs",
    act: saying(...Array.from({ length: 100 }, (_, i) => frame(i % 4)), messages.bitfield(half)),
    check: holds(10),
  }),
  peerCase({
    id: "peer-fast-unasked",
    does: "sends have-all without the fast extension",
    bound: "BEP 6",
    async act(visitor) {
      await visitor.greeting
      visitor.send(hello(visitor, { fast: false }), messages.haveAll)
    },
    ended: /protocol-error: fast extension was not agreed on/,
  }),
]
