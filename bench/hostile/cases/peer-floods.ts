/** One honest message, or a small one, sent for ever. */
import { ownIds } from "../../../src/wire/extension-handshake.ts"
import type { Peer } from "../../../src/evidence.ts"
import type { HostileCase } from "../case.ts"
import { endOf } from "../swarm.ts"
import { frame, messages, uint32s } from "../messages.ts"
import { afterHello, hello, peerCase, type Act } from "./peer-stage.ts"

const times = (count: number, make: (i: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => make(i)))
/** In one write: the stranger must not be what is slow. */
const many = 20_000

/** <length 4><id 1><payload>, over and over. */
const floods: readonly { id: string; does: string; bytes: Uint8Array; ended?: RegExp; bound?: string }[] = [
  { id: "keep-alives", does: "sends keep-alives for ever", bytes: new Uint8Array(4 * 20_000) },
  { id: "haves", does: "sends HAVE for ever", bytes: times(many, (i) => messages.have(i % 20)) },
  {
    id: "requests",
    does: "asks us for blocks for ever",
    bytes: times(many, (i) => messages.request(i % 20, 0, 16_384)),
  },
  {
    id: "cancels",
    does: "cancels requests that it never made, for ever",
    bytes: times(many, () => frame(8, uint32s(0, 0, 16_384))),
  },
  {
    id: "rejects",
    does: "rejects what nobody asked for, for ever",
    bytes: times(many, (i) => messages.reject(i % 20, 0, 16_384)),
  },
  {
    id: "allowed-fast",
    does: "sends allowed-fast for ever",
    bytes: times(many, (i) => messages.allowedFast(i % 20)),
  },
  { id: "suggests", does: "sends suggest for ever", bytes: times(many, (i) => messages.suggest(i % 20)) },
  {
    id: "ports",
    does: "sends DHT ports for ever",
    bytes: times(many, (i) => frame(9, Buffer.from([i >> 8, i & 255]))),
  },
  {
    id: "interest",
    does: "is interested and not interested for ever",
    bytes: times(many, (i) => frame(2 + (i % 2))),
  },
  { id: "flapping", does: "chokes and unchokes us for ever", bytes: times(many, (i) => frame(i % 2)) },
  {
    id: "bitfields",
    does: "sends its bitfield for ever",
    bytes: times(many, () => messages.bitfield(Buffer.from([255, 255, 240]))),
  },
  { id: "have-alls", does: "sends have-all for ever", bytes: times(many, () => messages.haveAll) },
  {
    id: "claims-turning",
    does: "has all, has none, has all again, for ever",
    bytes: times(many, (i) => (i % 2 ? messages.haveAll : messages.haveNone)),
  },
  {
    id: "dont-haves",
    does: "takes back and tells again one piece, for ever",
    bytes: times(many, (i) => (i % 2 ? messages.have(3) : messages.extended(ownIds.lt_donthave, uint32s(3)))),
  },
  {
    id: "unasked-pieces",
    does: "sends blocks that nobody asked for, for ever",
    bytes: times(8, (i) => messages.piece(i, 0, new Uint8Array(16_384))),
    bound: "peer.maxStrayBytes",
    ended: /protocol-error: .*(unasked|nobody)/,
  },
  {
    id: "empty-pieces",
    does: "sends blocks of no bytes for ever",
    bytes: times(many, (i) => messages.piece(i % 20, 0, new Uint8Array())),
    ended: /protocol-error/,
  },
  {
    id: "unnamed-extensions",
    does: "sends extension messages under ids that we never gave out, for ever",
    bytes: times(many, (i) => messages.extended(100 + (i % 100), new Uint8Array(10))),
  },
  {
    id: "hash-rejects",
    does: "sends hash rejects for ever on a v1 torrent",
    bytes: times(many, () => frame(23, new Uint8Array(48))),
  },
]

/** Without the fast extension a choke drops what we asked for, so that each unchoke makes us ask for it all again. */
const greedyAndDeaf =
  (act: Act): Act =>
  async (visitor) => {
    await visitor.greeting
    visitor.socket.pause()
    visitor.send(
      hello(visitor, { fast: false }),
      messages.extensionHandshake({ m: {}, reqq: 5_000 }),
      messages.bitfield(Buffer.from([255, 255, 240])),
    )
    await act(visitor)
  }

/** Below every bound: it is heard all the while, and has us believe nothing more. */
const endured = (peer: Peer | undefined): string => {
  if (peer === undefined || !["claimed", "unchoked"].includes(peer.stage)) throw new Error(endOf(peer))
  return `${peer.stage}, ${peer.outcome}`
}

export const peerFloodCases: readonly HostileCase[] = [
  ...floods.map(
    ({ id, does, bytes, bound = "peer.maxMessagesPerSecond", ended = /protocol-error: flood of messages/ }) =>
      peerCase({
        id: `peer-flood-${id}`,
        does,
        bound,
        act: afterHello(({ flood }) => flood(bytes)),
        ended,
        orBelow: true,
      }),
  ),
  peerCase({
    id: "peer-flood-requests-unread",
    does: "asks us for blocks for ever and never reads an answer",
    bound: "peer.maxMessagesPerSecond",
    act: afterHello(({ socket, flood }) => {
      socket.pause()
      flood(times(many, (i) => messages.request(i % 20, 0, 16_384)))
    }),
    ended: /protocol-error: flood of messages/,
    orBelow: true,
  }),
  peerCase({
    id: "peer-flood-flapping-unread",
    does: "chokes and unchokes us for ever without BEP 6, and never reads what we ask again",
    bound: "peer.maxMessagesPerSecond",
    act: greedyAndDeaf((visitor) => visitor.flood(times(many, (i) => frame(1 - (i % 2))))),
    ended: /protocol-error: flood of messages/,
    orBelow: true,
  }),
  peerCase({
    id: "peer-flood-flapping-slowly",
    does: "chokes and unchokes us 2,000 times a second without BEP 6, and never reads what we ask again",
    bound: "run.timeoutMs",
    act: greedyAndDeaf((visitor) => {
      const bytes = times(20, (i) => frame(1 - (i % 2)))
      visitor.every(10, () => visitor.send(bytes))
    }),
    check: endured,
  }),
  peerCase({
    id: "peer-flood-below-the-rate",
    does: "chokes and unchokes us 10,000 times a second, for as long as it may",
    bound: "run.timeoutMs",
    act: afterHello(({ every, send }) => {
      const bytes = times(100, (i) => frame(1 - (i % 2)))
      every(10, () => send(bytes))
    }),
    check: endured,
  }),
  peerCase({
    id: "peer-flood-haves-below-the-rate",
    does: "tells of its pieces one by one, 15,000 a second, again and again",
    bound: "the torrent's piece count",
    act: afterHello(({ every, send }) => {
      const bytes = times(150, (i) => messages.have(i % 20))
      every(10, () => send(bytes))
    }),
    check: (peer) => {
      const events = peer?.haveEvents.length ?? Infinity
      if (events > 20) throw new Error(`${events} events`)
      return `${endured(peer)}, ${events} events kept`
    },
  }),
]
