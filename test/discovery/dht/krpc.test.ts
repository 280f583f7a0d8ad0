import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decodeMessage, encodeQuery } from "../../../src/discovery/dht/krpc.ts"
import { filtersOf, nodesOf, samplesOf, tokenOf, valuesOf } from "../../../src/discovery/dht/reply-fields.ts"
import { limits } from "../../../src/limits.ts"
import { decode, encode, type BencodeDictionary, type Encodable } from "../../../src/torrent/bencode.ts"
import { dictionaryOf } from "../../../src/torrent/bencode-values.ts"
import { compact, compactNodes, idOf } from "./virtual-dht.ts"

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"))
const id = bytes("abcdefghij0123456789")
const infoHash = bytes("mnopqrstuvwxyz123456")
const bodyOf = (r: Record<string, Encodable>): BencodeDictionary => {
  const decoded = decode(encode(r))
  if (!decoded.ok) throw new Error(decoded.fault.reason)
  return dictionaryOf(decoded.value)!
}

describe("queries", () => {
  it("are BEP 5's example, marked read-only (BEP 43) and with who asks", () => {
    const query = encodeQuery({
      transaction: Buffer.from("aa"),
      method: "get_peers",
      id,
      args: { info_hash: infoHash },
    })
    expect(Buffer.from(query).toString("latin1")).toBe(
      "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers2:roi1e1:t2:aa1:v4:TA\0\x011:y1:qe",
    )
  })

  it("carry BEP 44's arguments as they are", () => {
    const args = { v: { deep: [1, "x", Buffer.from("\xff", "latin1")] }, seq: 4, token: "t" }
    const query = encodeQuery({ transaction: Buffer.from("aa"), method: "put", id, args })
    const decoded = decode(query)
    expect(decoded.ok && encode(dictionaryOf(decoded.value)!.get("a")!)).toEqual(encode({ ...args, id }))
  })
})

describe("messages", () => {
  const reply = (more: Record<string, Encodable>, r: Encodable = { id }) =>
    encode({ t: "aaaa", y: "r", r, ...more })

  it("a reply with its version and where the node sees us", () => {
    const message = decodeMessage(reply({ v: "LT\x01\x02", ip: compact("203.0.113.5", 4_321) }))
    expect(message).toMatchObject({
      transaction: bytes("aaaa"),
      outcome: {
        ok: true,
        value: { id, version: bytes("LT\x01\x02"), seenAs: { host: "203.0.113.5", port: 4_321 } },
      },
    })
  })

  it.each<[string, Uint8Array, string | null]>([
    ["no id", reply({}, {}), "bad-reply"],
    ["an id of 19 bytes", reply({}, { id: id.subarray(1) }), "bad-reply"],
    ["an id that is a number", reply({}, { id: 7 }), "bad-reply"],
    ["no reply dictionary", reply({}, []), "bad-reply"],
    ["an unknown kind", encode({ t: "aaaa", y: "x" }), "bad-reply"],
    ["no kind", encode({ t: "aaaa" }), "bad-reply"],
    ["an error", encode({ t: "aaaa", y: "e", e: [203, "Protocol Error at 10.0.0.1"] }), "dht-error"],
    ["an error that is none", encode({ t: "aaaa", y: "e", e: {} }), "dht-error"],
  ])("%s is a failure of that query", (_, data, code) => {
    const message = decodeMessage(data)
    expect(message).toMatchObject({ outcome: { ok: false, failure: { code } } })
  })

  it("an error is told by its number; its text is the node's own", () => {
    const message = decodeMessage(encode({ t: "aaaa", y: "e", e: [203, "go to 10.0.0.1"] }))
    expect(message).toMatchObject({ outcome: { failure: { detail: "203 protocol error" } } })
  })

  it.each<[string, Uint8Array | string, string]>([
    ["nothing", "", "bad-bencode"],
    ["garbage", "\0\xff\x10", "bad-bencode"],
    ["a negative length in a list", "l-3:", "bad-bencode"],
    ["a negative length in a dictionary", "d-3:", "bad-bencode"],
    ["an endless string", "d1:t99999999999:", "bad-bencode"],
    ["lists in lists", "l".repeat(500) + "e".repeat(500), "bad-bencode"],
    ["values by the thousand", `l${"0:".repeat(4_000)}e`, "bad-bencode"],
    ["a list", "le", "bad-reply"],
    ["no transaction id", encode({ y: "r", r: { id } }), "bad-reply"],
    ["a number for a transaction id", encode({ t: 7, y: "r", r: { id } }), "bad-reply"],
    ["more bytes than a packet has", new Uint8Array(limits.dht.maxPacketBytes + 1), "too-large"],
  ])("%s belongs to no query", (_, data, code) => {
    const message = decodeMessage(typeof data === "string" ? Buffer.from(data, "latin1") : data)
    expect(message).toMatchObject({ transaction: null, failure: { code } })
  })

  it("queries are nothing to us", () => {
    expect(decodeMessage(encodeQuery({ transaction: id, method: "ping", id, args: {} }))).toBeNull()
  })

  it("a version is cut to eight bytes", () => {
    const message = decodeMessage(reply({ v: "x".repeat(100) }))
    expect(message).toMatchObject({ outcome: { value: { version: bytes("xxxxxxxx") } } })
  })

  it.each([0, 5, 7, 17, 19])("an `ip` of %d bytes is none", (length) => {
    expect(decodeMessage(reply({ ip: new Uint8Array(length) }))).toMatchObject({
      outcome: { value: { seenAs: null } },
    })
  })
})

describe("whatever arrives", () => {
  /** Reads all that a reply could hold. */
  function readAll(data: Uint8Array): void {
    const message = decodeMessage(data)
    if (message === null || message.transaction === null || !message.outcome.ok) return
    const { body } = message.outcome.value
    for (const family of ["ipv4", "ipv6"] as const) {
      nodesOf(body, family)
      expect(valuesOf(body, family).peers.length).toBeLessThanOrEqual(limits.dht.maxPeersPerReply)
    }
    tokenOf(body)
    filtersOf(body)
    samplesOf(body)
  }

  it("is read or refused, never thrown over", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 2_000 }), (data) => readAll(data))
    expect(() => fc.assert(property)).not.toThrow()
  })

  it("so are true replies with bytes changed, lost and doubled", () => {
    const values = [compact("203.0.113.1", 1), compact("2001:db8::1", 2)]
    const nodes = compactNodes([{ id: idOf("a"), host: "203.0.113.7", port: 1 }])
    const r = {
      id,
      nodes,
      nodes6: "x".repeat(38),
      values,
      token: "t",
      samples: idOf("s"),
      BFsd: new Uint8Array(256),
    }
    const whole = encode({ t: "aaaa", y: "r", r, ip: compact("203.0.113.5", 4_321), v: "LT12" })
    readAll(whole)
    const edit = fc.record({
      at: fc.nat(whole.length - 1),
      take: fc.nat(9),
      put: fc.uint8Array({ maxLength: 4 }),
    })
    const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let data: Uint8Array = whole
      for (const { at, take, put } of edits)
        data = Buffer.concat([data.subarray(0, at), put, data.subarray(at + take)])
      readAll(data)
    })
    expect(() => fc.assert(property, { numRuns: 2_000 })).not.toThrow()
  })
})

describe("what a reply holds", () => {
  const six = { id: idOf("six"), host: "2001:db8::7", port: 6_881 }
  const four = { id: idOf("four"), host: "203.0.113.7", port: 6_882 }

  it("nodes of the family that was asked in", () => {
    const body = bodyOf({ nodes: compactNodes([four]), nodes6: compactNodes([six]) })
    expect(nodesOf(body, "ipv4")).toEqual([four])
    expect(nodesOf(body, "ipv6")).toEqual([six])
  })

  it.each<[string, Encodable]>([
    ["a torso", compactNodes([four]).subarray(0, 25)],
    ["port 0", compactNodes([{ ...four, port: 0 }])],
    ["no bytes", new Uint8Array()],
    ["a number", 7],
    ["a list", [compactNodes([four])]],
  ])("no node: %s", (_, nodes) => {
    expect(nodesOf(bodyOf({ nodes }), "ipv4")).toEqual([])
  })

  it.each<[string, "ipv4" | "ipv6", Encodable, string[]]>([
    [
      "IPv4",
      "ipv4",
      [compact("203.0.113.1", 1), compact("203.0.113.2", 2)],
      ["203.0.113.1:1", "203.0.113.2:2"],
    ],
    ["IPv6", "ipv6", [compact("2001:db8::1", 1)], ["[2001:db8::1]:1"]],
    [
      "both in one list (BEP 32)",
      "ipv4",
      [compact("2001:db8::1", 1), compact("203.0.113.1", 1)],
      ["[2001:db8::1]:1", "203.0.113.1:1"],
    ],
    [
      "one string with all",
      "ipv4",
      [Buffer.concat([1, 2, 3].map((i) => compact("203.0.113.1", i)))],
      ["203.0.113.1:1", "203.0.113.1:2", "203.0.113.1:3"],
    ],
    ["twice the same", "ipv4", [compact("203.0.113.1", 1), compact("203.0.113.1", 1)], ["203.0.113.1:1"]],
    ["port 0", "ipv4", [compact("203.0.113.1", 0)], []],
    ["what is no peer", "ipv4", [7, [], "abc", ""], []],
    ["no list", "ipv4", "abcdef", []],
  ])("values: %s", (_, family, values, peers) => {
    expect(valuesOf(bodyOf({ values }), family)).toEqual({ peers, dropped: 0 })
  })

  it("values beyond the cap are counted", () => {
    const values = Array.from({ length: limits.dht.maxPeersPerReply + 7 }, (_, i) =>
      compact("203.0.113.1", i + 1),
    )
    const found = valuesOf(bodyOf({ values }), "ipv4")
    expect(found.peers).toHaveLength(limits.dht.maxPeersPerReply)
    expect(found.dropped).toBe(7)
  })

  it.each<[string, Encodable, number | null]>([
    ["four bytes", "abcd", 4],
    ["none at all", "", null],
    ["too many", "x".repeat(limits.dht.maxTokenBytes + 1), null],
    ["a number", 7, null],
  ])("a token: %s", (_, token, length) => {
    expect(tokenOf(bodyOf({ token }))?.length ?? null).toBe(length)
  })

  it("BEP 33 filters are 256 bytes, or none", () => {
    const filter = new Uint8Array(256).fill(3)
    expect(filtersOf(bodyOf({ BFsd: filter, BFpe: filter.subarray(1) }))).toEqual({
      seeders: filter,
      leechers: null,
    })
  })

  it("BEP 51 samples; an empty string is a yes, too", () => {
    const samples = Buffer.concat([idOf("a"), idOf("b")])
    expect(samplesOf(bodyOf({ samples, num: 9, interval: 60 }))).toMatchObject({
      infoHashes: [idOf("a"), idOf("b")],
      total: 9,
      intervalMs: 60_000,
    })
    expect(samplesOf(bodyOf({ samples, interval: 21_600 }))?.intervalMs).toBe(21_600_000)
    for (const interval of [-1, 21_601, Number.MAX_SAFE_INTEGER])
      expect(samplesOf(bodyOf({ samples, interval }))?.intervalMs).toBeNull()
    expect(samplesOf(bodyOf({ samples: "" }))).toEqual({ infoHashes: [], total: null, intervalMs: null })
    expect(samplesOf(bodyOf({ samples: "abc" }))).toBeNull()
    expect(samplesOf(bodyOf({}))).toBeNull()
  })
})
