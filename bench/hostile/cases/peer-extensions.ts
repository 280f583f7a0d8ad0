/** Extension handshakes (BEP 10) that no client sends, and what hangs on them: BEP 55. */
import { encode, type Encodable } from "../../../src/torrent/bencode.ts"
import { limits } from "../../../src/limits.ts"
import type { Peer } from "../../../src/evidence.ts"
import { ownIds } from "../../../src/wire/extension-handshake.ts"
import type { HostileCase } from "../case.ts"
import { messages } from "../messages.ts"
import { hello, peerCase, type Act } from "./peer-stage.ts"

/** A handshake and have-all, then these extension handshakes; honest otherwise. */
const introducing =
  (...payloads: readonly (Uint8Array | string)[]): Act =>
  async (visitor) => {
    await visitor.greeting
    visitor.send(hello(visitor), messages.haveAll)
    for (const payload of payloads) visitor.send(messages.extended(0, Buffer.from(payload)))
  }

const saying = (dictionary: Encodable) => introducing(encode(dictionary))

const claimed = (peer: Peer | undefined): Peer => {
  if (peer?.extensions == null || peer.haveCount !== 20) throw new Error(`${peer?.stage}, ${peer?.outcome}`)
  return peer
}

const bounded = (what: (peer: Peer) => string) => (peer: Peer | undefined) =>
  `${claimed(peer).stage}, ${what(claimed(peer))}`

const bytesBound = "peer.maxExtendedHandshakeBytes"

export const peerExtensionCases: readonly HostileCase[] = [
  peerCase({
    id: "peer-extensions-long",
    does: "sends an extension handshake of 1 MB",
    bound: bytesBound,
    act: saying({ m: {}, v: "v".repeat(1_000_000) }),
    ended: /protocol-error: extension handshake of \d+ bytes/,
  }),
  peerCase({
    id: "peer-extensions-deep",
    does: "nests its extension handshake 60,000 deep",
    bound: "bencode.maxDepth",
    act: introducing(`d1:m${"l".repeat(60_000)}`),
    ended: /protocol-error: extension handshake: too-deep/,
  }),
  peerCase({
    id: "peer-extensions-negative-length",
    does: "sends «l-3:», which stops the library's own decoder for ever",
    bound: "bencode guard",
    act: introducing("l-3:"),
    ended: /protocol-error: extension handshake: bad-byte/,
  }),
  peerCase({
    id: "peer-extensions-negative-key",
    does: "sends «d-3:», which is an endless loop of the library's own decoder",
    bound: "bencode guard",
    act: introducing("d-3:"),
    ended: /protocol-error: extension handshake: bad-byte/,
  }),
  peerCase({
    id: "peer-extensions-many-values",
    does: "sends 30,000 empty strings as its extension handshake",
    bound: bytesBound,
    act: introducing(`d1:ml${"0:".repeat(30_000)}ee`),
    check: bounded(({ extensions }) => {
      if (extensions?.names.length !== 0) throw new Error(`${extensions?.names.length} names kept`)
      return "0 names kept"
    }),
  }),
  peerCase({
    id: "peer-extensions-many-names",
    does: "speaks 5,000 extensions",
    bound: "peer.maxExtensionNames",
    act: saying({
      m: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`x${i}`, (i % 200) + 20])),
    }),
    check: bounded(({ extensions }) => {
      const count = extensions?.names.length ?? Infinity
      if (count > limits.peer.maxExtensionNames) throw new Error(`${count} names`)
      return `${count} names kept`
    }),
  }),
  peerCase({
    id: "peer-extensions-prototype",
    does: "speaks extensions named __proto__, constructor and toString",
    bound: "bencode guard",
    act: introducing("d1:md9:__proto__i5e11:constructori6e8:toStringi7ee9:__proto__d1:v4:evile1:v4:milde"),
    check: bounded(({ extensions }) => {
      const names = extensions?.names.join(", ")
      if (names !== "__proto__, constructor, toString" || extensions?.v !== "mild")
        throw new Error(`${extensions?.v}: ${names}`)
      return `names kept as text: ${names}`
    }),
  }),
  peerCase({
    id: "peer-extensions-clash",
    does: "gives every extension our own ids, all of them the same",
    bound: "own ids",
    act: saying({ m: { ut_pex: 20, ut_metadata: 20, ut_holepunch: 20, lt_donthave: 20, handshake: 20 } }),
    check: bounded(({ extensions }) => `${extensions?.names.length} names kept`),
  }),
  peerCase({
    id: "peer-extensions-figures",
    does: "says port −1, 2⁶² requests at once, metadata of −5 bytes",
    bound: "peer.pipelineMax",
    act: introducing("d1:mde13:metadata_sizei-5e1:pi-1e4:reqqi4611686018427387904e1:vi7e6:yourip3:abce"),
    check: bounded(({ extensions }) => {
      if (extensions?.port !== null || extensions.metadataBytes !== null) throw new Error("believed")
      return "none of it believed"
    }),
  }),
  ...[0, 2 ** 31].map((reqq) =>
    peerCase({
      id: `peer-extensions-reqq-${reqq}`,
      does: `takes ${reqq} requests at once, and answers none`,
      bound: reqq > 0 ? "peer.pipelineMax" : "peer.defaultReqq",
      async act(visitor) {
        await visitor.greeting
        visitor.send(
          hello(visitor),
          messages.extensionHandshake({ m: {}, reqq }),
          messages.haveAll,
          messages.unchoke,
        )
      },
      check: bounded(({ stage, samples }) => `${stage}, ${samples.length} samples asked for`),
    }),
  ),
  peerCase({
    id: "peer-extensions-name",
    does: "is named in escape sequences and right-to-left overrides, 60,000 bytes long",
    bound: "peer.maxClientNameLength",
    act: saying({ m: {}, v: "\u001b]0;pwned\u0007\u001b[2J\u202Etxt.exe\u2066<script>|`".repeat(1_400) }),
    check: bounded(({ client, extensions }) => {
      const v = extensions?.v ?? ""
      if (v.length > limits.peer.maxClientNameLength || /[\p{Cc}\p{Bidi_Control}]/u.test(`${v}${client}`))
        throw new Error(JSON.stringify([v, client]))
      return `called «${client}»`
    }),
  }),
  peerCase({
    id: "peer-extensions-repeated",
    does: "sends extension handshakes for ever",
    bound: "peer.maxMessagesPerSecond",
    async act(visitor) {
      await visitor.greeting
      const one = messages.extensionHandshake({
        m: { ut_pex: 3, [`x${Math.random()}`]: 9 },
        v: "again",
        p: 6_881,
      })
      visitor.send(hello(visitor), messages.haveAll)
      visitor.flood(Buffer.concat(Array.from({ length: 1_000 }, () => one)))
    },
    ended: /protocol-error: flood of messages/,
    orBelow: true,
  }),
  peerCase({
    id: "peer-holepunch-orders",
    does: "tells us to dial 100,000 addresses by holepunch",
    bound: "holepunch.maxConnects",
    async act(visitor) {
      await visitor.greeting
      visitor.send(hello(visitor), messages.extensionHandshake({ m: { ut_holepunch: 4 } }), messages.haveAll)
      let at = 0
      visitor.pour(() => Buffer.concat(Array.from({ length: 1_000 }, () => punch(1, at++))))
    },
    ended: /protocol-error: flood of messages/,
    orBelow: true,
  }),
  peerCase({
    id: "peer-holepunch-requests",
    does: "asks us to be its relay, for ever, and never reads an answer",
    bound: "holepunch.maxRefusals",
    async act(visitor) {
      await visitor.greeting
      visitor.socket.pause()
      visitor.send(hello(visitor), messages.extensionHandshake({ m: { ut_holepunch: 4 } }), messages.haveAll)
      let at = 0
      visitor.pour(() => Buffer.concat(Array.from({ length: 1_000 }, () => punch(0, at++))))
    },
    ended: /protocol-error: flood of messages/,
    orBelow: true,
  }),
]

/** BEP 55: <type 1><address type 1><address 4><port 2>, of loopback addresses, where nobody listens. */
function punch(type: number, at: number): Buffer {
  const address = [127, 77, (at >> 8) & 255, at & 255]
  return messages.extended(ownIds.ut_holepunch, Buffer.from([type, 0, ...address, 0x1a, 0xe1, 0, 0, 0, 0]))
}
