import { randomBytes } from "node:crypto"
import { once } from "node:events"
import net from "node:net"
import { describe, expect, test } from "vitest"
import { limits } from "../../src/limits.ts"
import { realNetwork, type Connection } from "../../src/network.ts"
import { encode } from "../../src/torrent/bencode.ts"
import { decodeMetadataMessage } from "../../src/wire/metadata-message.ts"
import { fetchMetadata, visitForMetadata, type MetadataSwarm } from "../../src/wire/metadata.ts"
import * as frames from "./frames.ts"
import {
  data,
  info,
  infoHash,
  introduction,
  metadataPeer,
  metadataSwarm,
  ourHandshake,
  pex,
  pieceCount,
  pieceOf,
  rejection,
  rightPiece,
  wanting,
} from "./metadata-peer.ts"
import { never, scriptedPeer, visit as visitPeer, visitorOf, type Visitor } from "./scripted-peer.ts"
import { auditorId, remoteId } from "./swarm.ts"
import { virtualClock } from "./virtual-clock.ts"

type Script = (visitor: Visitor) => void | Promise<void>

const fetchFrom = async (script: Script, over: Partial<MetadataSwarm> = {}) =>
  fetchMetadata(metadataSwarm(over), await scriptedPeer(script), never)

/** `code: detail`, or "right". */
async function outcomeOf(script: Script, over: Partial<MetadataSwarm> = {}): Promise<string> {
  const { outcome } = await fetchFrom(script, over)
  if (outcome.ok) return Buffer.from(outcome.value).equals(info) ? "right" : "wrong"
  const { code, detail } = outcome.failure
  return detail === null ? code : `${code}: ${detail}`
}

describe("an honest peer", () => {
  test("sends it in pieces, several of which are asked for at once", async () => {
    const met = Promise.withResolvers<Visitor>()
    const fetch = await fetchFrom((visitor) => {
      met.resolve(visitor)
      return metadataPeer()(visitor)
    })
    expect(fetch.outcome).toEqual({ ok: true, value: info })
    expect(fetch).toMatchObject({ connected: true, lacking: false, pex: [] })
    expect(fetch.bytes).toBeGreaterThan(info.length)
    const visitor = await met.promise
    const asked = visitor.messages
      .filter(({ id, payload }) => id === 20 && payload[0] !== 0)
      .map(({ payload }) => payload.subarray(1).toString())
    expect(asked).toEqual(
      Array.from({ length: pieceCount }, (_, piece) => `d8:msg_typei0e5:piecei${piece}ee`),
    )
    if (!visitor.socket.closed) await once(visitor.socket, "close")
  })

  test("may answer with a hybrid's other info hash, if we know that", async () => {
    const other = randomBytes(20)
    const script = async (visitor: Visitor) => {
      await visitor.handshake
      visitor.send(frames.handshakeFrame(other, remoteId, frames.fullReserved))
      return metadataPeer()(visitor)
    }
    const answering: Script = (visitor) => script({ ...visitor, greet: async () => {} })
    expect(await outcomeOf(answering, { alsoInfoHash: other })).toBe("right")
    expect(await outcomeOf(answering, { alsoInfoHash: randomBytes(20) })).toBe("wrong-info-hash")
  })

  test("hears that we exchange metadata and hold nothing of it", async () => {
    const met = Promise.withResolvers<Visitor>()
    const fetching = fetchFrom(
      (visitor) => {
        met.resolve(visitor)
        return metadataPeer(() => null)(visitor)
      },
      { pieceMs: 200 },
    )
    const handshake = await ourHandshake(await met.promise)
    expect(handshake.get("m")).toEqual(new Map([["ut_metadata", 2]]))
    expect(handshake.has("metadata_size")).toBe(false)
    expect(handshake.has("upload_only")).toBe(false)
    expect(handshake.get("p")).toBe(6_999)
    expect((await fetching).outcome.ok).toBe(false)
  })

  test.each<[string, Script]>([
    [
      "in another order",
      metadataPeer((piece, visitor) => {
        if (piece === pieceCount - 1) for (let at = piece; at >= 0; at--) visitor.send(rightPiece(at))
        return null
      }),
    ],
    ["without total_size", metadataPeer((piece) => data(piece, pieceOf(piece), null))],
    ["each twice", metadataPeer((piece) => Buffer.concat([rightPiece(piece), rightPiece(piece)]))],
    [
      "after a claim of pieces we cannot check",
      metadataPeer(rightPiece, [
        frames.bitfield(Buffer.alloc(5_000, 0xff)),
        frames.have(40_000),
        introduction(),
      ]),
    ],
    ["after have-all", metadataPeer(rightPiece, [frames.haveAll, frames.unchoke, introduction()])],
    [
      "with messages of types to come",
      metadataPeer((piece) =>
        Buffer.concat([frames.extensionMessage(2, "d8:msg_typei3e5:piecei0ee"), rightPiece(piece)]),
      ),
    ],
    ["and asks for it, too", metadataPeer((piece) => Buffer.concat([wanting(piece), rightPiece(piece)]))],
    ["having introduced itself twice alike", metadataPeer(rightPiece, [introduction(), introduction()])],
    [
      "byte by byte",
      metadataPeer((piece, visitor) => {
        const bytes = rightPiece(piece)
        visitor.send(bytes.subarray(0, 1))
        visitor.send(bytes.subarray(1))
        return null
      }),
    ],
  ])("%s", async (_, script) => expect(await outcomeOf(script)).toBe("right"))

  test("that asks us is told that we have none", async () => {
    const met = Promise.withResolvers<Visitor>()
    const fetching = fetchFrom(
      async (visitor) => {
        met.resolve(visitor)
        await metadataPeer(() => null, [introduction(), wanting(7)])(visitor)
      },
      { pieceMs: 300 },
    )
    const visitor = await met.promise
    const answers = (await visitor.received(20, 2 + pieceCount)).map(({ payload }) =>
      decodeMetadataMessage(payload.subarray(1)),
    )
    expect(answers).toContainEqual({ kind: "reject", piece: 7 })
    await fetching
  })

  test("that dials us", async () => {
    const network = realNetwork()
    const arrived = Promise.withResolvers<Connection>()
    const listening = await network.listen(0, arrived.resolve)
    if (!listening.ok) throw new Error(listening.failure.code)
    const socket = net.connect(listening.value.port, "127.0.0.1")
    const visitor = visitorOf(socket)
    visitor.send(
      frames.handshakeFrame(infoHash, remoteId, frames.fullReserved),
      introduction({ more: { p: 51_413 } }),
    )
    visitor.onMessage(20, (payload) => {
      const message = decodeMetadataMessage(payload.subarray(1))
      if (message?.kind === "request") visitor.send(rightPiece(message.piece))
    })
    const visit = visitForMetadata(metadataSwarm(), await arrived.promise, never)
    expect((await visit.fetched).outcome).toEqual({ ok: true, value: info })
    expect(visit.address).toBe("127.0.0.1:51413")
    await visit.over
    listening.value.close()
    socket.destroy()
  })
})

describe("who has none", () => {
  test.each<[string, Script, string]>([
    ["no BEP 10", (visitor) => visitor.greet(frames.fastReserved, infoHash), "unsupported: no BEP 10"],
    [
      "no ut_metadata",
      metadataPeer(rightPiece, [introduction({ metadata: 0 })]),
      "unsupported: does not exchange metadata",
    ],
    [
      "no m",
      metadataPeer(rightPiece, [frames.extensionHandshake("d13:metadata_sizei100ee")]),
      "unsupported: does not exchange metadata",
    ],
    [
      "no size",
      metadataPeer(rightPiece, [introduction({ size: null })]),
      "unsupported: has no metadata itself",
    ],
    ["size 0", metadataPeer(rightPiece, [introduction({ size: 0 })]), "unsupported: has no metadata itself"],
    [
      "a size below 0",
      metadataPeer(rightPiece, [introduction({ size: -5 })]),
      "unsupported: has no metadata itself",
    ],
    [
      "a size that is no number",
      metadataPeer(rightPiece, [introduction({ size: "12" })]),
      "unsupported: has no metadata itself",
    ],
    ["a rejection", metadataPeer(rejection), "rejected: metadata"],
  ])("%s", async (_, script, outcome) => expect(await outcomeOf(script)).toBe(outcome))

  test("may have it later, if it exchanges metadata at all", async () => {
    expect(await fetchFrom(metadataPeer(rightPiece, [introduction({ size: 0 })]))).toMatchObject({
      lacking: true,
    })
    expect(await fetchFrom(metadataPeer(rightPiece, [introduction({ metadata: 0 })]))).toMatchObject({
      lacking: false,
    })
  })
})

describe("who lies, stalls or floods", () => {
  const other = randomBytes(info.length)
  test.each<[string, Script, string]>([
    [
      "wrong metadata",
      metadataPeer((piece) => data(piece, pieceOf(piece, other))),
      `hash-mismatch: metadata of ${info.length} bytes`,
    ],
    [
      "one wrong byte",
      metadataPeer((piece) => {
        const bytes = Buffer.from(pieceOf(piece))
        if (piece === 1) bytes[5] = (bytes[5] ?? 0) ^ 1
        return data(piece, bytes)
      }),
      `hash-mismatch: metadata of ${info.length} bytes`,
    ],
    [
      "right, but longer",
      metadataPeer(
        (piece) => data(piece, pieceOf(piece, Buffer.concat([info, Buffer.alloc(1)])), info.length + 1),
        [introduction({ size: info.length + 1 })],
      ),
      `hash-mismatch: metadata of ${info.length + 1} bytes`,
    ],
    [
      "an absurd size",
      metadataPeer(rightPiece, [introduction({ size: limits.metadata.maxBytes + 1 })]),
      `too-large: metadata of ${limits.metadata.maxBytes + 1} bytes`,
    ],
    [
      "a size beyond all numbers",
      metadataPeer(rightPiece, [
        frames.extensionHandshake("d1:md11:ut_metadatai3ee13:metadata_sizei9223372036854775807ee"),
      ]),
      "unsupported: has no metadata itself",
    ],
    [
      "another total_size",
      metadataPeer((piece) => data(piece, pieceOf(piece), 7)),
      `protocol-error: metadata of ${info.length} bytes, then of 7`,
    ],
    [
      "another metadata_size later",
      metadataPeer(() => introduction({ size: 99 })),
      `protocol-error: metadata of ${info.length} bytes, then of 99`,
    ],
    [
      "a short piece",
      metadataPeer((piece) => data(piece, pieceOf(piece).subarray(1))),
      "protocol-error: metadata piece of 16383 bytes",
    ],
    [
      "a long piece",
      metadataPeer((piece) => data(piece, Buffer.alloc(16_385))),
      "protocol-error: metadata piece of 16385 bytes",
    ],
    [
      "an empty piece",
      metadataPeer((piece) => data(piece, Buffer.alloc(0))),
      "protocol-error: metadata piece of 0 bytes",
    ],
    [
      "a piece that does not exist",
      metadataPeer(() => data(pieceCount, Buffer.alloc(16_384))),
      `protocol-error: metadata piece ${pieceCount} of ${pieceCount}`,
    ],
    [
      "a piece before the first",
      metadataPeer(() => data(-1, Buffer.alloc(16_384))),
      `protocol-error: metadata piece -1 of ${pieceCount}`,
    ],
    [
      "no dictionary",
      metadataPeer(() => frames.extensionMessage(2, "li1ee")),
      "protocol-error: not a metadata message",
    ],
    [
      "no piece index",
      metadataPeer(() => frames.extensionMessage(2, "d8:msg_typei1ee")),
      "protocol-error: not a metadata message",
    ],
    [
      "a bomb",
      metadataPeer(() => frames.extensionMessage(2, `d1:a${"l".repeat(50_000)}`)),
      "protocol-error: not a metadata message",
    ],
    [
      "many small values",
      metadataPeer(() => frames.extensionMessage(2, `d1:al${"i1e".repeat(5_000)}e8:msg_typei1e5:piecei0ee`)),
      "protocol-error: not a metadata message",
    ],
    [
      "a flood of one piece",
      metadataPeer(() =>
        Buffer.concat(Array.from({ length: limits.metadata.maxStrays + 2 }, () => rightPiece(0))),
      ),
      "protocol-error: flood of metadata messages",
    ],
    [
      "a flood of requests",
      metadataPeer(() =>
        Buffer.concat(Array.from({ length: limits.metadata.maxStrays + 1 }, () => wanting(0))),
      ),
      "protocol-error: flood of metadata messages",
    ],
    [
      "a flood of rejections",
      metadataPeer(() =>
        Buffer.concat(Array.from({ length: limits.metadata.maxStrays + 1 }, () => rejection(99))),
      ),
      "protocol-error: flood of metadata messages",
    ],
    [
      "a flood of pieces of the torrent",
      metadataPeer(() =>
        Buffer.concat(
          Array.from({ length: limits.metadata.maxStrays + 1 }, () =>
            frames.block(0, 0, Buffer.alloc(9_000)),
          ),
        ),
      ),
      "protocol-error: flood of metadata messages",
    ],
    [
      "a message that is too long",
      metadataPeer(() => frames.u32(limits.peer.maxMessageBytes + 1)),
      `protocol-error: message of ${limits.peer.maxMessageBytes + 1} bytes`,
    ],
    [
      "another swarm",
      (visitor) => visitor.send(frames.handshakeFrame(randomBytes(20), remoteId, frames.fullReserved)),
      "wrong-info-hash",
    ],
    [
      "ourselves",
      (visitor) => visitor.send(frames.handshakeFrame(infoHash, auditorId, frames.fullReserved)),
      "self",
    ],
    [
      "no handshake at all",
      (visitor) => visitor.send(Buffer.alloc(68)),
      "protocol-error: not a BitTorrent handshake",
    ],
    ["a close", (visitor) => void visitor.socket.end(), "closed"],
    [
      "a close in between",
      metadataPeer((piece, visitor) => {
        if (piece === 1) visitor.socket.end()
        return piece === 0 ? rightPiece(0) : null
      }),
      "closed",
    ],
  ])("%s", async (_, script, outcome) => expect(await outcomeOf(script)).toBe(outcome))

  test.each<[string, Script, Partial<MetadataSwarm>, string]>([
    ["nothing", () => {}, { handshakeMs: 50 }, "handshake-timeout"],
    [
      "a handshake alone",
      (visitor) => visitor.greet(frames.fullReserved, infoHash),
      { extensionMs: 50 },
      "timeout: no extension handshake",
    ],
    ["no piece", metadataPeer(() => null), { pieceMs: 50 }, "timeout: no more metadata came"],
    [
      "all but one",
      metadataPeer((piece) => (piece === 1 ? null : rightPiece(piece))),
      { pieceMs: 200 },
      "timeout: no more metadata came",
    ],
    [
      "keep-alives instead of pieces",
      metadataPeer((_, visitor) => {
        const timer = setInterval(() => visitor.send(frames.keepAlive), 10)
        visitor.socket.once("close", () => clearInterval(timer))
        return null
      }),
      { pieceMs: 200 },
      "timeout: no more metadata came",
    ],
  ])("%s, in time", async (_, script, over, outcome) => expect(await outcomeOf(script, over)).toBe(outcome))

  test("a trickle: each piece in time, and yet never done", async () => {
    const size = 400 * 16_384
    const met = Promise.withResolvers<Visitor>()
    const endpoint = await scriptedPeer(async (visitor) => {
      await metadataPeer(() => null, [introduction({ size })])(visitor)
      met.resolve(visitor)
    })
    const clock = virtualClock()
    const network = { ...realNetwork(), ...clock.network }
    const visit = visitForMetadata(metadataSwarm({ network }), endpoint, never)
    const visitor = await met.promise
    await until(() => visit.stage === "fetching")
    for (let piece = 0; visit.stage === "fetching"; piece++) {
      expect(piece * 16_384).toBeLessThan(limits.metadata.leastBytesPerSecond * 60)
      visitor.send(data(piece, Buffer.alloc(16_384), size))
      await until(() => visit.receivedBytes === (piece + 1) * 16_384)
      await clock.pass(limits.metadata.pieceMs - 1)
    }
    expect((await visit.fetched).outcome).toEqual({
      ok: false,
      failure: { code: "timeout", detail: "metadata came too slowly" },
    })
  })
})

/** Turns of the event loop, until it is so. */
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => void setImmediate(resolve))
}

describe("whom it knows", () => {
  const friends = { added: Buffer.from("c61200010050", "hex"), "added.f": Buffer.from([2]) }
  const message = { added: [{ address: "198.18.0.1:80", flags: 2 }], dropped: [], left: 0 }

  test("is heard along with the metadata", async () => {
    const fetch = await fetchFrom(metadataPeer(rightPiece, [introduction(), pex(friends)]), { pex: true })
    expect(fetch).toMatchObject({ outcome: { ok: true }, pex: [message] })
  })

  test("is waited for when it has no metadata, after that has been said", async () => {
    const heard: unknown[] = []
    const met = Promise.withResolvers<Visitor>()
    const endpoint = await scriptedPeer(async (visitor) => {
      await metadataPeer(rightPiece, [introduction({ size: 0 })])(visitor)
      met.resolve(visitor)
    })
    const onPex = (from: string, told: unknown) => void heard.push([from, told])
    const visit = visitForMetadata(metadataSwarm({ pex: true, onPex }), endpoint, never)
    expect((await visit.fetched).outcome).toMatchObject({ failure: { code: "unsupported" } })
    expect(visit.stage).toBe("listening")
    const visitor = await met.promise
    visitor.send(pex(friends))
    await visit.over
    expect(heard).toEqual([[endpoint, message]])
  })

  test("is not waited for without end, nor from who doesn't say, nor where it is not wanted", async () => {
    const lacking = metadataPeer(rightPiece, [introduction({ size: 0 })])
    const mute = metadataPeer(rightPiece, [introduction({ size: 0, pex: 0 })])
    for (const [script, over] of [
      [lacking, { pex: true, pexMs: 50 }],
      [mute, { pex: true, pexMs: 600_000 }],
      [lacking, { pex: false, pexMs: 600_000 }],
    ] as const) {
      const visit = visitForMetadata(metadataSwarm(over), await scriptedPeer(script), never)
      await visit.over
      expect((await visit.fetched).outcome).toMatchObject({ failure: { code: "unsupported" } })
    }
  })

  test("a flood of it ends the visit", async () => {
    const flood = Array.from({ length: limits.pex.burstMessages + 1 }, () => pex(friends))
    expect(
      await outcomeOf(
        metadataPeer(() => Buffer.concat(flood)),
        { pex: true },
      ),
    ).toBe("protocol-error: flood of PEX")
  })
})

describe("a visit", () => {
  test("waits for its turn", async () => {
    const turn = Promise.withResolvers<void>()
    const ready = Promise.withResolvers<void>()
    const met = Promise.withResolvers<Visitor>()
    const endpoint = await scriptedPeer((visitor) => {
      met.resolve(visitor)
      return metadataPeer()(visitor)
    })
    const visit = visitForMetadata(metadataSwarm({ pieceMs: 60_000 }), endpoint, never, () => {
      ready.resolve()
      return turn.promise
    })
    await ready.promise
    expect(visit).toMatchObject({ stage: "waiting", sizeBytes: info.length, receivedBytes: 0 })
    expect((await met.promise).messages.filter(({ payload }) => payload[0] === 34)).toEqual([])
    turn.resolve()
    expect((await visit.fetched).outcome).toMatchObject({ ok: true })
    expect(visit.receivedBytes).toBe(info.length)
  })

  test.each(["before the dial", "while it dials", "while it fetches"])(
    "ends by its signal %s",
    async (when) => {
      const stop = new AbortController()
      const fetching = Promise.withResolvers<void>()
      const endpoint = await scriptedPeer(
        metadataPeer(() => {
          fetching.resolve()
          return null
        }),
      )
      if (when === "before the dial") stop.abort()
      const visit = visitForMetadata(metadataSwarm(), endpoint, stop.signal)
      if (when === "while it fetches") await fetching.promise
      stop.abort()
      await visit.over
      expect((await visit.fetched).outcome).toEqual({ ok: false, failure: { code: "aborted", detail: null } })
      expect(visit.stage).toBe("over")
    },
  )

  test("of a connection that came too late closes it", async () => {
    const network = realNetwork()
    const arrived = Promise.withResolvers<Connection>()
    const listening = await network.listen(0, arrived.resolve)
    if (!listening.ok) throw new Error(listening.failure.code)
    const dialled = await network.connect({
      host: "127.0.0.1",
      port: listening.value.port,
      signal: never,
      timeoutMs: 5_000,
    })
    if (!dialled.ok) throw new Error(dialled.failure.code)
    visitForMetadata(metadataSwarm(), await arrived.promise, AbortSignal.abort())
    expect((await dialled.value.ended).code).toMatch(/closed|reset/)
    listening.value.close()
  })

  test.each(["localhost:6881", "nonsense", ""])("to %j is none", async (address) => {
    const { outcome } = await fetchMetadata(metadataSwarm(), address, never)
    expect(outcome).toMatchObject({ failure: { code: "filtered" } })
  })
})

test("in a normal session metadata is neither offered nor given", async () => {
  const met = Promise.withResolvers<Visitor>()
  const session = await visitPeer(async (visitor) => {
    await visitor.greet(frames.fullReserved)
    visitor.send(
      introduction(),
      frames.extensionMessage(2, encode({ msg_type: 0, piece: 0 })),
      frames.haveAll,
      frames.unchoke,
    )
    met.resolve(visitor)
  })
  await session.untilUnchoked(60_000, never)
  const visitor = await met.promise
  expect((await ourHandshake(visitor)).get("m")).toEqual(new Map([["lt_donthave", 7]]))
  expect(visitor.messages.filter(({ id }) => id === 20)).toHaveLength(1)
  expect(session.record).toMatchObject({ end: null, ignoredExtensions: 1 })
})
