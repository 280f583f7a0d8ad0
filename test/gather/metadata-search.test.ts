import { randomBytes } from "node:crypto"
import net from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import type { Endpoint } from "../../src/evidence.ts"
import { searchMetadata, type MetadataSearchOptions } from "../../src/gather/metadata-search.ts"
import { limits } from "../../src/limits.ts"
import type { MetadataSwarm } from "../../src/wire/metadata.ts"
import { decodeMetadataMessage } from "../../src/wire/metadata-message.ts"
import * as frames from "../wire/frames.ts"
import {
  data,
  info,
  infoHash,
  introduction,
  metadataPeer,
  metadataSwarm,
  pex,
  pieceOf,
  rightPiece,
  wanting,
} from "../wire/metadata-peer.ts"
import { scriptedPeer, visitorOf, type Visitor } from "../wire/scripted-peer.ts"
import { remoteId } from "../wire/swarm.ts"

type Script = (visitor: Visitor) => void | Promise<void>

/** Nobody gives up by himself, so that what ends a stall is the search. */
const patient: Partial<MetadataSwarm> = {
  handshakeMs: 600_000,
  extensionMs: 600_000,
  pieceMs: 600_000,
  pexMs: 600_000,
}

function searching(options: Partial<MetadataSearchOptions> = {}, swarm: Partial<MetadataSwarm> = {}) {
  const ours = metadataSwarm(swarm)
  const search = searchMetadata({
    swarm: ours,
    network: ours.network,
    signal: new AbortController().signal,
    now: () => ours.network.now(),
    retryMs: 20,
    lackingMs: 40,
    graceMs: 150,
    ...options,
  })
  onTestFinished(() => search.stop())
  return search
}

const offerAll = async (search: { offer(address: Endpoint): void }, scripts: readonly Script[]) => {
  const addresses = await Promise.all(scripts.map((script) => scriptedPeer(script)))
  for (const address of addresses) search.offer(address)
  return addresses
}

const honest = metadataPeer()
const silent: Script = () => {}
const stalls = metadataPeer(() => null)
const lies = (): Script => {
  const other = randomBytes(info.length)
  return metadataPeer((piece) => data(piece, pieceOf(piece, other)))
}
const absurd = metadataPeer(rightPiece, [introduction({ size: 1e15 })])
const lacking = metadataPeer(rightPiece, [introduction({ size: 0 })])
/** One piece of very many, now and then. */
const trickles: Script = metadataPeer(
  (piece, visitor) => {
    if (piece > 0) return null
    let next = 0
    const timer = setInterval(() => visitor.send(data(next++, Buffer.alloc(16_384), 1_000 * 16_384)), 20)
    visitor.socket.once("close", () => clearInterval(timer))
    return null
  },
  [introduction({ size: 1_000 * 16_384 })],
)
/** Another answer at each visit. */
const inTurn = (...scripts: Script[]): Script => {
  let visits = 0
  return (visitor) => scripts[Math.min(visits++, scripts.length - 1)]?.(visitor)
}
/** Turns of the event loop, until it is so. */
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => void setImmediate(resolve))
}
const leaves: Script = (visitor) => void visitor.socket.end()

test("one honest peer: its metadata, its address, its try", async () => {
  const search = searching()
  const [address] = await offerAll(search, [honest])
  expect(await search.found).toEqual(info)
  expect(search.record).toMatchObject({ from: address, ms: expect.any(Number) })
  expect(search.tries).toEqual([
    {
      address,
      atMs: expect.any(Number),
      ms: expect.any(Number),
      ok: true,
      bytes: expect.any(Number),
      failure: null,
    },
  ])
  await search.stop()
  expect(search.waiting).toBe(0)
  expect(search.bytes.read).toBeGreaterThan(info.length)
})

test("a refused dial, an absurd size, a liar: each is a try with its reason, and is never asked again", async () => {
  const search = searching()
  const addresses = await offerAll(search, [
    absurd,
    lies(),
    (visitor) => visitor.greet(frames.fastReserved, infoHash),
  ])
  const free = net.createServer().listen(0, "127.0.0.1")
  const port = await new Promise<number>((resolve) => {
    free.once("listening", () => resolve((free.address() as net.AddressInfo).port))
  })
  await new Promise((resolve) => free.close(resolve))
  search.offer(`127.0.0.1:${port}`)
  await until(() => search.waiting === 0)
  const reasons = new Map(search.tries.map((each) => [each.address, each.failure?.code]))
  expect(reasons).toEqual(
    new Map([
      [addresses[0], "too-large"],
      [addresses[1], "hash-mismatch"],
      [addresses[2], "unsupported"],
      [`127.0.0.1:${port}`, "refused"],
    ]),
  )
  expect(search.tries).toHaveLength(4)
})

describe("liars cost a moment, not the search", () => {
  test.each<[string, () => Script]>([
    ["silent", () => silent],
    ["stalling", () => stalls],
    ["trickling", () => trickles],
    ["lying", lies],
    ["absurd", () => absurd],
    ["lacking", () => lacking],
  ])("%s, more of them than places, and all of them first", async (_, liar) => {
    const search = searching({ maxVisits: 8, maxFetches: 3 }, patient)
    const crowd = Array.from({ length: 12 }, liar)
    const addresses = await offerAll(search, [...crowd, honest])
    expect(await search.found).toEqual(info)
    expect(search.record.from).toBe(addresses.at(-1))
  })

  test("all kinds together", async () => {
    const search = searching({ maxVisits: 6, maxFetches: 3 }, { ...patient, pex: true })
    const crowd = Array.from({ length: 4 }, () => [
      silent,
      stalls,
      trickles,
      lies(),
      absurd,
      lacking,
      leaves,
    ]).flat()
    await offerAll(search, [...crowd, honest])
    expect(await search.found).toEqual(info)
  })

  test("an honest slow one is left in its place, as it is the nearest to its end", async () => {
    const slow = metadataPeer((piece, visitor) => {
      setTimeout(() => visitor.send(rightPiece(piece)), 150 * (piece + 1)).unref()
      return null
    })
    const search = searching({ maxFetches: 2 }, patient)
    const addresses = await offerAll(search, [slow, ...Array.from({ length: 6 }, () => stalls)])
    expect(await search.found).toEqual(info)
    expect(search.record.from).toBe(addresses[0])
    expect(search.tries.filter(({ failure }) => failure?.code === "budget").length).toBeGreaterThan(0)
  })

  test("who gets another chance is not kept out by tricklers for good", async () => {
    const search = searching({ maxFetches: 2, maxVisits: 3 }, patient)
    const once = inTurn(leaves, honest)
    const addresses = await offerAll(search, [once, trickles, trickles, trickles])
    expect(await search.found).toEqual(info)
    expect(search.record.from).toBe(addresses[0])
  })

  test("who only listens goes at once, whoever else has just come", async () => {
    const search = searching({ maxVisits: 2, graceMs: 600_000 }, { ...patient, pex: true })
    await offerAll(search, [lacking, silent])
    await until(() => search.tries.length === 1)
    await offerAll(search, [honest])
    expect(await search.found).toEqual(info)
  })

  test("no more fetches at once than there are places; who leaves makes room", async () => {
    const asked: Visitor[] = []
    const met: Visitor[] = []
    const counted: Script = (visitor) => {
      met.push(visitor)
      return metadataPeer((piece) => {
        if (piece === 0) asked.push(visitor)
        return null
      })(visitor)
    }
    const search = searching({ maxFetches: 2, graceMs: 600_000, retryMs: 600_000 }, patient)
    await offerAll(
      search,
      Array.from({ length: 9 }, () => counted),
    )
    await until(() => met.length === 9 && asked.length === 2)
    await Promise.all(met.map((visitor) => visitor.received(20)))
    await until(() => met.every(({ socket }) => socket.bytesWritten > 68))
    for (let left = 9; left > 2; left--) {
      expect(asked).toHaveLength(11 - left)
      asked[9 - left]?.socket.destroy()
      await until(() => asked.length === 12 - left)
    }
    expect(search.tries).toHaveLength(7)
  })

  test("no more fetches at once than may be held, by what they say; an honest one fits beside them", async () => {
    let asked = 0
    const huge = metadataPeer(
      (piece) => {
        if (piece === 0) asked++
        return null
      },
      [introduction({ size: limits.metadata.maxBytes })],
    )
    const search = searching({ maxFetches: 6, graceMs: 600_000, retryMs: 600_000 }, patient)
    await offerAll(
      search,
      Array.from({ length: 5 }, () => huge),
    )
    await until(() => asked === 2)
    // Those in the queue before it have been passed over by then.
    await offerAll(search, [honest])
    expect(await search.found).toEqual(info)
    expect(asked).toBe(2)
  })
})

describe("another chance", () => {
  test("for who closed early", async () => {
    const search = searching()
    const [address] = await offerAll(search, [inTurn(leaves, leaves, honest)])
    expect(await search.found).toEqual(info)
    expect(search.tries.map(({ ok, failure }) => [ok, failure?.code])).toEqual([
      [false, "closed"],
      [false, "closed"],
      [true, undefined],
    ])
    expect(search.record.from).toBe(address)
  })

  test("for who had no metadata yet, and for who rejected", async () => {
    const rejects = metadataPeer((piece) => frames.extensionMessage(2, `d8:msg_typei2e5:piecei${piece}ee`))
    const search = searching()
    await offerAll(search, [inTurn(lacking, rejects, honest)])
    expect(await search.found).toEqual(info)
    expect(search.tries.map(({ failure }) => failure?.code)).toEqual(["unsupported", "rejected", undefined])
  })

  test("not more than so many", async () => {
    const search = searching()
    await offerAll(search, [leaves])
    await until(() => search.waiting === 0)
    expect(search.tries).toHaveLength(limits.metadata.maxAttempts)
    const starts = search.tries.map(({ atMs }) => atMs)
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(19)
    expect((starts[2] ?? 0) - (starts[1] ?? 0)).toBeGreaterThanOrEqual(39)
  })

  test("not by being offered again", async () => {
    const search = searching()
    const [address = ""] = await offerAll(search, [absurd])
    search.offer(address)
    await until(() => search.waiting === 0)
    search.offer(address)
    expect(search.waiting).toBe(0)
    expect(search.tries).toHaveLength(1)
  })
})

test("who lacks the metadata leads to who has it", async () => {
  const seed = await scriptedPeer(honest)
  const port = Number(seed.split(":")[1])
  const friend = Buffer.from([127, 0, 0, 1, port >> 8, port & 255])
  const guide = await scriptedPeer(
    metadataPeer(rightPiece, [introduction({ size: 0 }), pex({ added: friend })]),
  )
  const search = searching(
    {
      onPex(from, { added }) {
        expect(from).toBe(guide)
        for (const { address } of added) search.offer(address)
      },
    },
    { pex: true },
  )
  search.offer(guide)
  expect(await search.found).toEqual(info)
  expect(search.record.from).toBe(seed)
})

describe("who dials us", () => {
  async function listening(search: ReturnType<typeof searching>, swarm = metadataSwarm()) {
    const outcome = await swarm.network.listen(0, (connection) => search.welcome(connection))
    if (!outcome.ok) throw new Error(outcome.failure.code)
    onTestFinished(() => outcome.value.close())
    return outcome.value.port
  }
  function knock(port: number): Visitor {
    const socket = net.connect(port, "127.0.0.1")
    onTestFinished(() => void socket.destroy())
    return visitorOf(socket)
  }

  test("is asked like anybody else, and known by where it listens", async () => {
    const search = searching()
    const visitor = knock(await listening(search))
    visitor.send(
      frames.handshakeFrame(infoHash, remoteId, frames.fullReserved),
      introduction({ more: { p: 7_001 } }),
    )
    visitor.onMessage(20, (payload) => {
      const message = decodeMetadataMessage(payload.subarray(1))
      if (message?.kind === "request") visitor.send(rightPiece(message.piece))
    })
    expect(await search.found).toEqual(info)
    expect(search.record.from).toBe("127.0.0.1:7001")
  })

  test("in any number, silently, keeps nobody out", async () => {
    const search = searching({ maxVisits: 4 }, patient)
    const port = await listening(search)
    for (let count = 0; count < 20; count++) knock(port)
    await until(() => search.tries.length >= 10)
    expect(search.asking).toBeLessThanOrEqual(4)
    await offerAll(search, [honest])
    expect(await search.found).toEqual(info)
  })

  test("after the end is sent away", async () => {
    const search = searching()
    const port = await listening(search)
    await search.stop()
    const visitor = knock(port)
    await new Promise((resolve) => visitor.socket.once("close", resolve))
    expect(search.tries).toEqual([])
  })
})

describe("the end", () => {
  test("by stop: nothing stays open", async () => {
    const search = searching({}, patient)
    const met = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    await offerAll(search, [
      (visitor) => {
        met.resolve()
        visitor.socket.once("close", () => closed.resolve())
        return stalls(visitor)
      },
    ])
    await met.promise
    await search.stop()
    await closed.promise
    expect(await search.found).toBeNull()
    expect(search.tries).toMatchObject([{ ok: false, failure: { code: "aborted" } }])
    expect(search.asking).toBe(0)
  })

  test("by the signal", async () => {
    const stop = new AbortController()
    const search = searching({ signal: stop.signal }, patient)
    await offerAll(search, [silent])
    stop.abort()
    expect(await search.found).toBeNull()
    search.offer("127.0.0.1:1")
    await search.stop()
    expect(search.tries).toHaveLength(1)
  })

  test("by success: the others are told from those that failed", async () => {
    const search = searching({}, patient)
    await offerAll(search, [stalls, honest])
    await search.found
    await search.stop()
    expect(new Set(search.tries.map(({ ok, failure }) => `${ok} ${failure?.code}`))).toEqual(
      new Set(["false aborted", "true undefined"]),
    )
  })
})

describe("our own caps", () => {
  test("bytes of the whole search, whoever sent them", async () => {
    const search = searching({ maxTotalBytes: 1.5 * info.length })
    await offerAll(search, [lies()])
    await until(() => search.waiting === 0)
    await offerAll(search, [lies()])
    expect(await search.found).toBeNull()
    expect(search.tries.map(({ failure }) => failure?.code)).toEqual(["hash-mismatch", "hash-mismatch"])
  })

  test("lines of the record", async () => {
    const search = searching({ maxTries: 2 })
    await offerAll(search, [absurd, absurd, absurd])
    await until(() => search.waiting === 0)
    expect(search.tries).toHaveLength(2)
    expect(search.left).toBe(1)
  })
})

test("one host is asked by one connection at a time, whichever way it was opened", async () => {
  const { network } = metadataSwarm()
  const elsewhere = {
    ...network,
    connect: (to: Parameters<typeof network.connect>[0]) => network.connect({ ...to, host: "127.0.0.1" }),
  }
  const search = searching({ graceMs: 600_000, retryMs: 600_000 }, { ...patient, network: elsewhere })
  const asked: Visitor[] = []
  const met = Promise.withResolvers<void>()
  const counted: Script = (visitor) =>
    metadataPeer((piece) => {
      if (piece === 0) asked.push(visitor)
      met.resolve()
      return null
    })(visitor)
  const port = (await scriptedPeer(counted)).split(":")[1]
  search.offer(`192.0.2.1:${port}`)
  await met.promise

  const listening = await network.listen(0, (connection) =>
    search.welcome({ ...connection, remote: "192.0.2.1:50000" }),
  )
  if (!listening.ok) throw new Error(listening.failure.code)
  onTestFinished(() => listening.value.close())
  const socket = net.connect(listening.value.port, "127.0.0.1")
  onTestFinished(() => void socket.destroy())
  const visitor = visitorOf(socket)
  visitor.send(frames.handshakeFrame(infoHash, remoteId, frames.fullReserved), introduction())
  visitor.onMessage(20, (payload) => {
    const message = decodeMetadataMessage(payload.subarray(1))
    if (message?.kind === "request") visitor.send(rightPiece(message.piece))
  })
  await visitor.received(20)
  // What answers this comes after whatever the introduction led to.
  visitor.send(wanting(0))
  const answer = (await visitor.received(20, 2))[1]?.payload.subarray(1) ?? Buffer.alloc(0)
  expect(decodeMetadataMessage(answer)?.kind).toBe("reject")
  asked[0]?.socket.destroy()
  expect(await search.found).toEqual(info)
  expect(search.tries.map(({ failure }) => failure?.code)).toEqual(["closed", undefined])
})

test("more addresses than are kept are counted", async () => {
  const search = searching({ maxVisits: 0 })
  for (let port = 1; port <= limits.metadata.maxCandidates + 3; port++) search.offer(`127.0.0.1:${port}`)
  expect(search.left).toBe(3)
  expect(search.waiting).toBe(limits.metadata.maxCandidates)
})
