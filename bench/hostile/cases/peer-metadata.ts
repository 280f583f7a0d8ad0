/** Metadata from peers (BEP 9) that is none, too much, or never comes. */
import { encode } from "../../../src/torrent/bencode.ts"
import { ownIds } from "../../../src/wire/extension-handshake.ts"
import type { HostileCase } from "../case.ts"
import { frame, messages } from "../messages.ts"
import { stageSwarm } from "../swarm.ts"
import { listenAs, type Act } from "./peer-stage.ts"
import {
  answering,
  data,
  honestMagnet,
  introduces,
  magnetOf,
  pieceBytes,
  stageMagnet,
  withoutMetadata,
  type Told,
} from "./metadata-stage.ts"

const MiB = 1_048_576

interface Behaviour extends Told {
  id: string
  does: string
  bound: string
  act: Act
}

const behaviours: readonly Behaviour[] = [
  ...(
    [
      ["negative", "−1 bytes", -1, "metadata.extensionMs", /^unsupported/],
      ["terabyte", "2⁴⁰ bytes", 2 ** 40, "metadata.maxBytes", /^too-large/],
      ["words", "«large» bytes", "large", "metadata.extensionMs", /^unsupported/],
    ] as const
  ).map(([id, does, size, bound, ended]) => ({
    id: `size-${id}`,
    does: `says that the metadata has ${does}`,
    bound,
    act: answering(size, () => {}),
    ended,
  })),
  {
    id: "garbage",
    alone: true,
    does: "gives 16 MiB of zeros as metadata, as fast as they are taken",
    bound: "metadata.maxBytes",
    act: answering(16 * MiB, ({ send }, piece) => send(data(piece, 16 * MiB, new Uint8Array(pieceBytes)))),
  },
  {
    id: "mismatch",
    does: "gives metadata of another torrent",
    bound: "info hash",
    act: answering(600, ({ send }, piece) => send(data(piece, 600, new Uint8Array(600).fill(0x61)))),
    ended: /^hash-mismatch/,
  },
  {
    id: "silent",
    alone: true,
    does: "has metadata and never sends any",
    bound: "metadata.pieceMs",
    act: answering(40_000, () => {}),
  },
  {
    id: "drip",
    alone: true,
    does: "sends a piece of metadata at one byte a second",
    bound: "metadata.pieceMs",
    act: answering(40_000, ({ drip, index }, piece) => {
      if (piece === 0 && index === 0) drip(data(0, 40_000, new Uint8Array(pieceBytes)), 1_000)
    }),
  },
  {
    id: "rejects",
    does: "says that it has metadata, and rejects each request",
    bound: "metadata.maxAttempts",
    act: answering(40_000, ({ send }, piece) =>
      send(messages.extended(ownIds.ut_metadata, encode({ msg_type: 2, piece }))),
    ),
    ended: /^rejected/,
  },
  {
    id: "wrong-pieces",
    alone: true,
    does: "answers each request with piece 2³¹",
    bound: "metadata.maxStrays",
    act: answering(40_000, ({ send }) => send(data(2 ** 31, 40_000, new Uint8Array(pieceBytes)))),
  },
  {
    id: "endless",
    alone: true,
    does: "sends the first piece of metadata for ever",
    bound: "metadata.maxStrays",
    act: answering(40_000, ({ flood }, piece) => {
      if (piece === 0) flood(data(0, 40_000, new Uint8Array(pieceBytes)))
    }),
  },
  {
    id: "changes-its-mind",
    does: "says another size in each piece",
    bound: "BEP 9",
    act: answering(40_000, ({ send }, piece) =>
      send(data(piece, 40_001 + piece, new Uint8Array(pieceBytes))),
    ),
    ended: /^protocol-error: metadata of 40000 bytes, then of/,
  },
  {
    id: "asks-us",
    alone: true,
    does: "asks us for metadata, for ever, and never reads an answer",
    bound: "metadata.maxStrays",
    async act(visitor) {
      await visitor.greeting
      visitor.socket.pause()
      introduces(visitor, 40_000)
      const request = messages.extended(ownIds.ut_metadata, encode({ msg_type: 0, piece: 0 }))
      visitor.flood(Buffer.concat(Array.from({ length: 1_000 }, () => request)))
    },
  },
  {
    id: "unknown-types",
    alone: true,
    does: "sends metadata messages of a type that BEP 9 doesn't know, for ever",
    bound: "peer.maxMessagesPerSecond",
    async act(visitor) {
      await visitor.greeting
      introduces(visitor, 40_000)
      const message = messages.extended(ownIds.ut_metadata, encode({ msg_type: 9, piece: 0 }))
      visitor.flood(Buffer.concat(Array.from({ length: 10_000 }, () => message)))
    },
  },
  {
    id: "bitfields",
    alone: true,
    does: "sends bitfields of 1 MiB while the number of pieces is unknown",
    bound: "peer.maxMessagesPerSecond",
    async act(visitor) {
      await visitor.greeting
      introduces(visitor, 40_000)
      visitor.flood(frame(5, new Uint8Array(MiB - 1)))
    },
  },
]

/** What each of them may be believed, all of them together may not be. */
const garbageTogether: HostileCase = {
  id: "metadata-garbage-together",
  stranger: "metadata",
  does: "listens at 12 hosts, each of which gives all but the end of 16 MiB of zeros as metadata",
  bound: "metadata.maxHeldBytes",
  honest: honestMagnet,
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    const zeros = new Uint8Array(pieceBytes)
    const act = answering(16 * MiB, ({ send }, piece) => {
      if (piece < 1_000) send(data(piece, 16 * MiB, zeros))
    })
    // Each at a host of its own: of one host one is asked at a time.
    const liars: string[] = []
    for (let i = 2; i < 14; i++)
      liars.push(`127.0.0.${i}:${await listenAs(stage, swarm, act, `127.0.0.${i}`)}`)
    const staged = swarm.staged({
      target: magnetOf(swarm),
      args: liars.map((address) => `--peer=${address}`),
      check: () => "",
    })
    return { ...staged, check: withoutMetadata }
  },
}

export const peerMetadataCases: readonly HostileCase[] = [
  ...behaviours.map(({ id, does, bound, act, ...how }): HostileCase => ({
    id: `metadata-${id}`,
    stranger: "metadata",
    does,
    bound,
    honest: honestMagnet,
    stage: (stage) => stageMagnet(stage, act, how),
  })),
  garbageTogether,
]
