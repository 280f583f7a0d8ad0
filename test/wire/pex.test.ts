import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { limits } from "../../src/limits.ts"
import { encode, type Encodable } from "../../src/torrent/bencode.ts"
import { createPexReader, decodePex } from "../../src/wire/pex.ts"
import * as frames from "./frames.ts"
import { visit, type Visitor } from "./scripted-peer.ts"
import { testSwarm } from "./swarm.ts"

const four = (...peers: [last: number, port: number][]): Buffer =>
  Buffer.concat(peers.map(([last, port]) => Buffer.from([198, 18, 0, last, port >> 8, port & 255])))
const six = (...peers: [last: number, port: number][]): Buffer =>
  Buffer.concat(
    peers.map(([last, port]) =>
      Buffer.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last, port >> 8, port & 255]),
    ),
  )
const many = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => Buffer.from([10, 0, at >> 8, at & 255, 0, 80])))
const pex = (message: Record<string, Encodable>): Uint8Array => encode(message)
const read = (message: Record<string, Encodable>) => {
  const decoded = decodePex(pex(message))
  if (!decoded.ok) throw new Error(decoded.failure.detail ?? "")
  return decoded.value
}

describe("a message", () => {
  test("of both families, with flags", () => {
    expect(
      read({
        added: four([1, 6881], [2, 80]),
        "added.f": Buffer.from([0x12, 0x02]),
        added6: six([7, 51413]),
        "added6.f": Buffer.from([0x01]),
        dropped: four([3, 1]),
        dropped6: six([9, 2]),
      }),
    ).toEqual({
      added: [
        { address: "198.18.0.1:6881", flags: 0x12 },
        { address: "198.18.0.2:80", flags: 0x02 },
        { address: "[2001:db8::7]:51413", flags: 0x01 },
      ],
      dropped: ["198.18.0.3:1", "[2001:db8::9]:2"],
      left: 0,
    })
  })

  test.each<[string, Record<string, Encodable>, string[]]>([
    ["that says nothing", {}, []],
    ["without flags", { added: four([1, 80]) }, ["198.18.0.1:80 0"]],
    [
      "with fewer flags than peers",
      { added: four([1, 80], [2, 80]), "added.f": Buffer.from([2]) },
      ["198.18.0.1:80 2", "198.18.0.2:80 0"],
    ],
    ["with flags that are no string", { added: four([1, 80]), "added.f": 7 }, ["198.18.0.1:80 0"]],
    ["cut in the middle of an entry", { added: four([1, 80], [2, 80]).subarray(0, 11) }, ["198.18.0.1:80 0"]],
    ["shorter than an entry", { added: Buffer.alloc(5), added6: Buffer.alloc(17) }, []],
    ["whose lists are none", { added: 1, added6: ["x"], dropped: {} }, []],
    [
      "that names one twice",
      { added: four([1, 80], [1, 80]), "added.f": Buffer.from([2, 1]) },
      ["198.18.0.1:80 2"],
    ],
    [
      "with an IPv4 address as IPv6",
      { added6: Buffer.from("00000000000000000000ffffc612000100500000", "hex") },
      ["198.18.0.1:80 0"],
    ],
  ])("%s", (_, message, added) => {
    expect(read(message).added.map(({ address, flags }) => `${address} ${flags}`)).toEqual(added)
  })

  test("inward addresses are the caller's business, port 0 is nobody's", () => {
    const { added, left } = read({ added: Buffer.from("7f00000100507f0000010000", "hex") })
    expect(added).toEqual([{ address: "127.0.0.1:80", flags: 0 }])
    expect(left).toBe(1)
  })

  test("with more than is taken: the rest is counted", () => {
    const most = limits.pex.maxPeersPerMessage
    const message = read({ added: many(most + 30), added6: six([1, 1]), dropped: many(most + 5) })
    expect(message.added).toHaveLength(most)
    expect(message.dropped).toHaveLength(most)
    expect(message.left).toBe(30 + 1 + 5)
  })

  test.each([
    ["", "PEX: empty at 0"],
    ["d5:added99999999999:", "PEX: bad-length at 8"],
    ["l-3:", "PEX: bad-byte at 1"],
    ["le", "PEX: not a dictionary"],
    [`d1:a${"l".repeat(1_000)}`, "PEX: too-deep at 103"],
    [`d1:a${"l".repeat(limits.pex.maxMessageBytes)}`, `PEX of ${limits.pex.maxMessageBytes + 4} bytes`],
  ])("that is none: %.20s", (payload, detail) => {
    expect(decodePex(Buffer.from(payload))).toEqual({
      ok: false,
      failure: { code: "protocol-error", detail },
    })
  })

  test("any bytes are read or refused", () => {
    const key = fc.constantFrom("added", "added.f", "added6", "added6.f", "dropped", "dropped6", "x")
    const value = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.integer(), fc.constant([]))
    fc.assert(
      fc.property(fc.dictionary(key, value), fc.nat(), fc.nat(255), (message, at, byte) => {
        const payload = pex(message)
        payload[at % payload.length] = byte
        const decoded = decodePex(payload, 7)
        const taken = decoded.ok ? decoded.value.added.length + decoded.value.dropped.length : 0
        expect(taken).toBeLessThanOrEqual(7)
        expect(decoded.ok || decoded.failure.code === "protocol-error").toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe("a session's messages", () => {
  const { burstMessages, messageMs, maxPeersPerMessage, maxPeersPerSession } = limits.pex
  const codeOf = (outcome: { ok: boolean; failure?: { detail: string | null } }) =>
    outcome.ok ? "read" : outcome.failure?.detail

  test("a burst is borne, a flood is not", () => {
    const reader = createPexReader()
    for (let count = 0; count < burstMessages; count++) expect(codeOf(reader.read(pex({}), 0))).toBe("read")
    expect(codeOf(reader.read(pex({}), messageMs - 1))).toBe("flood of PEX")
  })

  test("silence is no licence to flood later", () => {
    const reader = createPexReader()
    for (let count = 0; count < burstMessages; count++)
      expect(codeOf(reader.read(pex({}), 3_600_000))).toBe("read")
    expect(codeOf(reader.read(pex({}), 3_600_000))).toBe("flood of PEX")
  })

  test("one a minute is never a flood", () => {
    const reader = createPexReader()
    for (let minute = 0; minute < 500; minute++)
      expect(codeOf(reader.read(pex({}), minute * 60_000))).toBe("read")
  })

  test("name no more than so many peers together", () => {
    const reader = createPexReader()
    let [taken, left] = [0, 0]
    for (let minute = 0; minute < maxPeersPerSession / maxPeersPerMessage; minute++) {
      const outcome = reader.read(pex({ added: many(maxPeersPerMessage), dropped: many(3) }), minute * 60_000)
      if (!outcome.ok) throw new Error(outcome.failure.code)
      taken += outcome.value.added.length + outcome.value.dropped.length
      left += outcome.value.left
    }
    expect(taken).toBe(maxPeersPerSession)
    expect(left).toBe(3 * (maxPeersPerSession / maxPeersPerMessage))
  })
})

describe("in a session", () => {
  const named = frames.extensionHandshake("d1:md6:ut_pexi33eee")
  const added = frames.extensionMessage(
    1,
    pex({ added: four([1, 80]), "added.f": Buffer.from([2]), dropped: four([4, 5]) }),
  )
  const speaker =
    (...bytes: Uint8Array[]) =>
    async (visitor: Visitor) => {
      await visitor.greet(frames.fullReserved)
      visitor.send(named, frames.haveAll, ...bytes)
    }
  const ourNames = async (pexWanted: boolean | undefined) => {
    const met = Promise.withResolvers<Visitor>()
    const swarm = testSwarm(pexWanted === undefined ? {} : { pex: pexWanted })
    await visit(async (visitor) => {
      await visitor.greet(frames.fullReserved)
      met.resolve(visitor)
    }, swarm)
    const [handshake] = await (await met.promise).received(20)
    return handshake?.payload.toString("latin1")
  }

  test("we name it only where it is wanted", async () => {
    expect(await ourNames(true)).toContain("1:md11:lt_donthavei7e6:ut_pexi1ee")
    expect(await ourNames(false)).toContain("1:md11:lt_donthavei7ee")
    expect(await ourNames(undefined)).toContain("1:md11:lt_donthavei7ee")
  })

  test("each message is handed on and counted", async () => {
    const heard: unknown[] = []
    const session = await visit(
      speaker(added, frames.extensionMessage(1, pex({ added6: six([1, 1]) })), frames.unchoke),
      testSwarm({ pex: true, onPex: (from, message) => void heard.push([from.remote, message]) }),
    )
    expect(await session.pexHeard).toBe(true)
    await session.untilUnchoked(60_000, new AbortController().signal)
    expect(heard).toEqual([
      [
        session.remote,
        { added: [{ address: "198.18.0.1:80", flags: 2 }], dropped: ["198.18.0.4:5"], left: 0 },
      ],
      [session.remote, { added: [{ address: "[2001:db8::1]:1", flags: 0 }], dropped: [], left: 0 }],
    ])
    expect(session.record.pex).toEqual({ messages: 2, added: 2, dropped: 1 })
  })

  test("who speaks it and says nothing is told from who does not speak it", async () => {
    const silent = await visit(speaker(), testSwarm({ pex: true }))
    await silent.claimed
    expect(silent.record.pex).toEqual({ messages: 0, added: 0, dropped: 0 })
    const mute = await visit(
      async (visitor) => {
        await visitor.greet(frames.fullReserved)
        visitor.send(frames.extensionHandshake("d1:md6:ut_pexi0eee"), frames.haveAll)
      },
      testSwarm({ pex: true }),
    )
    await mute.claimed
    expect(mute.record.pex).toBeNull()
  })

  test("unwanted, it is counted and nothing else", async () => {
    const heard: unknown[] = []
    const session = await visit(
      speaker(added, added, frames.unchoke),
      testSwarm({ pex: false, onPex: (_, message) => void heard.push(message) }),
    )
    expect(await session.untilUnchoked(60_000, new AbortController().signal)).toBe(true)
    expect(heard).toEqual([])
    expect(session.record).toMatchObject({ pex: null, ignoredExtensions: 2, end: null })
  })

  test.each([
    ["a flood", Array.from({ length: limits.pex.burstMessages + 1 }, () => added), "flood of PEX"],
    ["a bomb", [frames.extensionMessage(1, `d1:a${"l".repeat(9_000)}`)], "PEX: too-deep at 103"],
    [
      "an endless list",
      [frames.extensionMessage(1, Buffer.alloc(limits.peer.maxExtensionBytes + 1))],
      `extension message of ${limits.peer.maxExtensionBytes + 1} bytes`,
    ],
  ])("%s ends it", async (_, bytes, detail) => {
    const session = await visit(speaker(...bytes), testSwarm({ pex: true }))
    expect(await session.ended).toEqual({ code: "protocol-error", detail })
  })

  test("nothing heard when it ends", async () => {
    const session = await visit(
      async (visitor) => {
        await visitor.greet(frames.fullReserved)
        visitor.socket.end(named)
      },
      testSwarm({ pex: true }),
    )
    expect(await session.pexHeard).toBe(false)
  })
})
