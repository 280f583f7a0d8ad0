import { describe, expect, test, vi } from "vitest"
import { limits } from "../../src/limits.ts"
import type { ExtensionName } from "../../src/wire/extension-handshake.ts"
import { createSafeWire, type SafeWire, type WireHandlers } from "../../src/wire/safe-wire.ts"
import {
  allowedFast,
  bitfield,
  block,
  choke,
  extensionHandshake,
  fastReserved,
  frame,
  fullReserved,
  handshakeFrame,
  have,
  haveAll,
  haveNone,
  keepAlive,
  plainReserved,
  protocolName,
  reject,
  request,
  u32,
} from "./frames.ts"

const hash = Buffer.alloc(20, 1)
const ownId = Buffer.from("-TA0100-aaaaaaaaaaaa")
const theirId = Buffer.from("-qB4520-bbbbbbbbbbbb")

interface Overheard {
  wire: SafeWire
  /** Calls of handlers, as [name without "on", ...arguments]. */
  calls: unknown[][]
  sent: Buffer[]
}

/** A wire that has sent its handshake, and everything that it says. */
function overhear(
  options: {
    pieceCount?: number | null
    speaks?: ExtensionName[]
    nowMs?: () => number
    handlers?: Partial<WireHandlers>
  } = {},
): Overheard {
  const calls: unknown[][] = []
  const sent: Buffer[] = []
  const note =
    (name: string) =>
    (...values: unknown[]) =>
      void calls.push([name, ...values])
  const wire = createSafeWire({
    pieceCount: options.pieceCount === undefined ? 10 : options.pieceCount,
    speaks: options.speaks ?? [],
    send: (bytes) => void sent.push(Buffer.from(bytes)),
    now: options.nowMs ?? (() => 0),
    onHandshake: note("handshake"),
    onExtensionHandshake: note("extensions"),
    onExtensionMessage: note("extension"),
    onUnnamedExtension: note("unnamed"),
    onBitfield: note("bitfield"),
    onHaveAll: note("haveAll"),
    onHaveNone: note("haveNone"),
    onHave: note("have"),
    onChoke: note("choke"),
    onUnchoke: note("unchoke"),
    onBlock: note("block"),
    onReject: note("reject"),
    onAllowedFast: note("allowedFast"),
    onRequest: note("request"),
    onPastClaim() {},
    onViolation: note("violation"),
    ...options.handlers,
  })
  wire.greet(hash, ownId, { v: "torrent-audit" })
  return { wire, calls, sent }
}

/** The same after both handshakes; earlier calls and bytes are forgotten. */
function greeted(options: Parameters<typeof overhear>[0] & { reserved?: Buffer } = {}): Overheard {
  const overheard = overhear(options)
  overheard.wire.receive(handshakeFrame(hash, theirId, options.reserved ?? fastReserved))
  overheard.calls.length = 0
  overheard.sent.length = 0
  return overheard
}

const violation = (detail: string) => ["violation", { code: "protocol-error", detail }]

describe("greeting", () => {
  test("our handshake sets the extension and fast bits, not the DHT bit", () => {
    const { sent } = overhear()
    expect(Buffer.concat(sent)).toEqual(handshakeFrame(hash, ownId, fullReserved))
  })

  test("theirs is handed on with its reserved bytes", () => {
    const { wire, calls } = overhear()
    const reserved = Buffer.from("8000000000100005", "hex")
    wire.receive(handshakeFrame(hash, theirId, reserved))
    const [infoHash, peerId] = [new Uint8Array(hash), new Uint8Array(theirId)]
    expect(calls).toEqual([["handshake", { infoHash, peerId, reserved: new Uint8Array(reserved) }]])
    expect(wire.hasFast).toBe(true)
  })

  test("the extension handshake follows only if they speak BEP 10", () => {
    const speaks = overhear()
    speaks.wire.receive(handshakeFrame(hash, theirId, fullReserved))
    expect(Buffer.concat(speaks.sent.slice(1)).toString("latin1")).toContain("1:mde1:v13:torrent-audite")
    const silent = overhear()
    silent.wire.receive(handshakeFrame(hash, theirId, plainReserved))
    expect(silent.sent).toHaveLength(1)
    expect(silent.wire.hasFast).toBe(false)
  })

  test.each([
    ["an HTTP reply", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(200))],
    ["zeros", Buffer.alloc(4_096)],
    ["another protocol of the same length", Buffer.concat([Buffer.from([19]), Buffer.alloc(4_096, "x")])],
  ])("%s instead of a handshake is one violation, and nothing is made up", (_, bytes) => {
    const { wire, calls } = overhear()
    wire.receive(bytes)
    expect(calls).toEqual([violation("not a BitTorrent handshake")])
  })

  test("a handshake in single bytes is read", () => {
    const { wire, calls } = overhear()
    for (const byte of handshakeFrame(hash, theirId, fastReserved)) wire.receive(Buffer.from([byte]))
    expect(calls.map(([name]) => name)).toEqual(["handshake"])
  })
})

describe("framing", () => {
  test.each([
    ["just above the limit", limits.peer.maxMessageBytes + 1],
    ["2³¹ − 1", 0x7fff_ffff],
    ["2³¹, negative when read as signed", 0x8000_0000],
    ["2³² − 1", 0xffff_ffff],
  ])("a length of %s ends it before a byte of the message came", (_, length) => {
    const { wire, calls } = greeted()
    wire.receive(u32(length))
    expect(calls).toEqual([violation(`message of ${length} bytes`)])
  })

  test("a message of the greatest length is read, also in small chunks", () => {
    const { wire, calls } = greeted()
    const bytes = Buffer.concat([
      u32(limits.peer.maxMessageBytes),
      Buffer.alloc(limits.peer.maxMessageBytes, 99),
      choke,
    ])
    for (let at = 0; at < bytes.length; at += 1_000) wire.receive(bytes.subarray(at, at + 1_000))
    expect(calls).toEqual([["choke"]])
  })

  test.each([
    ["a bitfield of another torrent", 5, 100_000, "bitfield of 99999 bytes"],
    ["have", 4, 20_000, "message 4 of 20000 bytes"],
    ["piece", 7, 20_000, "message 7 of 20000 bytes"],
    ["extension handshake", 20, 70_000, "extension handshake of 69998 bytes"],
  ])("a long %s ends it before it came", (_, id, length, detail) => {
    const { wire, calls } = greeted()
    wire.receive(Buffer.concat([u32(length), Buffer.from([id, 0])]))
    expect(calls).toEqual([violation(detail)])
  })

  test("a long message that nobody knows is not held while it comes", () => {
    const { wire, calls } = greeted()
    wire.receive(Buffer.concat([u32(limits.peer.maxMessageBytes), Buffer.from([99])]))
    const bytes = Buffer.alloc(limits.peer.maxMessageBytes / 16)
    for (let sent = 0; sent < 15; sent++) wire.receive(bytes)
    const { _buffer: held } = wire as unknown as { _buffer: Uint8Array[] }
    expect(held.reduce((sum, chunk) => sum + chunk.length, 0)).toBeLessThan(2 * limits.peer.blockBytes)
    expect(wire.begunBytes).toBe(15 * bytes.length + 5)
    wire.receive(Buffer.concat([bytes.subarray(1), choke]))
    expect(calls).toEqual([["choke"]])
    expect(wire.begunBytes).toBe(0)
  })

  test.each([
    ["choke with a payload", frame(0, Buffer.alloc(1))],
    ["have without an index", frame(4, Buffer.alloc(2))],
    ["request cut short", frame(6, Buffer.alloc(8))],
    ["piece without an offset", frame(7, Buffer.alloc(4))],
    ["reject cut short", frame(16, Buffer.alloc(4))],
    ["extended without an id", frame(20)],
  ])("%s", (_, bytes) => {
    const { wire, calls } = greeted()
    wire.receive(bytes)
    expect(calls).toEqual([violation(`message ${bytes[4]} of ${bytes.length - 4} bytes`)])
  })

  test("a piece message longer than a block ends it before a byte of the block came", () => {
    const { wire, calls } = greeted()
    wire.receive(block(0, 0, Buffer.alloc(16_384)))
    expect(calls.map(([name]) => name)).toEqual(["block"])
    calls.length = 0
    wire.receive(Buffer.concat([u32(9 + 16_385), Buffer.from([7])]))
    expect(calls).toEqual([violation("message 7 of 16394 bytes")])
  })

  test("other long messages are whole, however they are cut", () => {
    const { wire, calls } = greeted({ pieceCount: 200_000 })
    const bytes = bitfield(Buffer.alloc(25_000, 0b1010_0101))
    for (let at = 0; at < bytes.length; at += 3_000) wire.receive(bytes.subarray(at, at + 3_000))
    expect(calls).toEqual([["bitfield", new Uint8Array(25_000).fill(0b1010_0101)]])
  })

  test.each([
    ["a bitfield", bitfield(Buffer.alloc(2)), false],
    ["have-none", haveNone, false],
    ["an extension handshake", extensionHandshake("de"), false],
    ["a keep-alive", keepAlive, false],
    ["an unknown message", frame(21), false],
    ["a port", frame(9, Buffer.alloc(2)), true],
    ["an unchoke", frame(1), true],
    ["a have", have(3), true],
    ["a choke", choke, true],
    ["what is a violation", have(10), false],
  ])("%s: whether a claim may still follow", (_, bytes, past) => {
    let told = false
    const { wire } = greeted({ handlers: { onPastClaim: () => void (told = true) } })
    wire.receive(bytes)
    expect(told).toBe(past)
  })

  test("unknown messages are passed over", () => {
    const { wire, calls } = greeted()
    wire.receive(Buffer.concat([frame(200, Buffer.alloc(50)), frame(21), choke]))
    expect(calls).toEqual([["choke"]])
  })

  test("nothing is read, sent or made up once it has stopped", () => {
    const { wire, calls, sent } = greeted()
    wire.stop()
    wire.receive(Buffer.concat([choke, have(1)]))
    wire.interested()
    wire.ask(0, 0, 16_384)
    expect(calls).toEqual([])
    expect(sent).toEqual([])
  })

  test("nothing is read after a violation, not even of the same chunk", () => {
    const { wire, calls } = greeted()
    wire.receive(Buffer.concat([have(10), choke, have(1)]))
    wire.receive(choke)
    expect(calls).toEqual([violation("have of piece 10")])
  })

  test("an exception becomes a failure", () => {
    const { wire, calls } = greeted({
      handlers: {
        onHaveAll() {
          throw new RangeError("ours")
        },
      },
    })
    wire.receive(Buffer.concat([haveAll, choke]))
    expect(calls).toEqual([["violation", { code: "unknown", detail: "RangeError" }]])
  })
})

test("an exception after it has stopped is no violation", () => {
  const { wire, calls } = greeted({
    handlers: {
      onHaveAll() {
        wire.stop()
        throw new RangeError("ours")
      },
    },
  })
  wire.receive(haveAll)
  expect(calls).toEqual([])
})

describe("floods", () => {
  const { maxMessagesPerSecond } = limits.peer
  const burst = maxMessagesPerSecond + 2 * 10

  test("of keep-alives", () => {
    const { wire, calls } = greeted()
    wire.receive(Buffer.concat(Array.from({ length: burst + 1 }, () => keepAlive)))
    expect(calls).toEqual([violation("flood of messages")])
  })

  test("of tiny blocks", () => {
    let blocks = 0
    const { wire, calls } = greeted({ handlers: { onBlock: () => void blocks++ } })
    wire.receive(Buffer.concat(Array.from({ length: burst + 1 }, () => block(0, 0, Buffer.alloc(1)))))
    expect(calls).toEqual([violation("flood of messages")])
    expect(blocks).toBe(burst)
  })

  test("as many messages within the rate are none", () => {
    let nowMs = 0
    const { wire, calls } = greeted({ nowMs: () => nowMs })
    wire.receive(Buffer.concat(Array.from({ length: burst }, () => keepAlive)))
    nowMs = 1_000
    wire.receive(Buffer.concat(Array.from({ length: maxMessagesPerSecond }, () => keepAlive)))
    expect(calls).toEqual([])
    wire.receive(keepAlive)
    expect(calls).toEqual([violation("flood of messages")])
  })

  test("of long messages that mean nothing", () => {
    const { wire, calls } = greeted()
    const nothing = frame(99, Buffer.alloc(limits.peer.maxMessageBytes - 1))
    for (let sent = 0; sent < 4; sent++) wire.receive(nothing)
    expect(calls).toEqual([])
    wire.receive(nothing)
    expect(calls).toEqual([violation("flood of messages")])
  })

  test("whole blocks are none, as each costs its sender", () => {
    let blocks = 0
    const { wire, calls } = greeted({ handlers: { onBlock: () => void blocks++ } })
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => block(0, 0, Buffer.alloc(8_192))))
    for (let sent = 0; sent < burst + 1_000; sent += 1_000) wire.receive(many)
    expect(calls).toEqual([])
    expect(blocks).toBeGreaterThan(burst)
  })

  test("of requests: none is answered", () => {
    const { wire, calls, sent } = greeted()
    wire.receive(Buffer.concat(Array.from({ length: 10_000 }, (_, at) => request(0, at, 16_384))))
    expect(calls).toHaveLength(10_000)
    expect(sent).toEqual([])
  })
})

describe("claims", () => {
  test.each([10, 4_000_000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])("have of piece %i, of 10", (piece) => {
    const { wire, calls } = greeted()
    wire.receive(have(piece))
    expect(calls).toEqual([violation(`have of piece ${piece}`)])
  })

  test("have of the last piece, even twice", () => {
    const { wire, calls } = greeted()
    wire.receive(Buffer.concat([have(9), have(9)]))
    expect(calls).toEqual([
      ["have", 9],
      ["have", 9],
    ])
  })

  test("the bitfield is ours to keep", () => {
    const { wire, calls } = greeted()
    const bytes = bitfield(Buffer.from([0b1010_0000, 0b0100_0000]))
    wire.receive(bytes)
    bytes.fill(0)
    expect(calls).toEqual([["bitfield", new Uint8Array([0b1010_0000, 0b0100_0000])]])
  })

  test.each([0, 1, 3, 50_000])("a bitfield of %i bytes for 10 pieces", (length) => {
    const { wire, calls } = greeted()
    wire.receive(bitfield(Buffer.alloc(length)))
    expect(calls).toEqual([violation(`bitfield of ${length} bytes`)])
  })

  test("spare bits", () => {
    const { wire, calls } = greeted()
    wire.receive(bitfield(Buffer.from([0xff, 0b1110_0000])))
    expect(calls).toEqual([violation("spare bits set in bitfield")])
  })

  test.each([
    ["have-all", haveAll],
    ["have-none", haveNone],
    ["reject", reject(0, 0, 16_384)],
    ["allowed-fast", allowedFast(0)],
  ])("%s without the fast extension", (_, bytes) => {
    const { wire, calls } = greeted({ reserved: plainReserved })
    wire.receive(bytes)
    expect(calls).toEqual([violation("fast extension was not agreed on")])
  })

  test("a reject is handed on as it came, past the library, which would make an error for each", () => {
    const { wire, calls } = greeted()
    const library = vi.fn<() => void>()
    Object.defineProperty(wire, "_callback", { value: library })
    wire.receive(Buffer.concat([reject(3, 0, 16_384), reject(9, 1, 2)]))
    expect(calls).toEqual([
      ["reject", 3, 0, 16_384],
      ["reject", 9, 1, 2],
    ])
    expect(library).not.toHaveBeenCalled()
  })

  test("allowed-fast of a piece that isn't there is passed over", () => {
    const { wire, calls } = greeted()
    wire.receive(Buffer.concat([allowedFast(10), allowedFast(0xffff_ffff), allowedFast(9)]))
    expect(calls).toEqual([["allowedFast", 9]])
  })
})

describe("extension handshake", () => {
  const received = (bencoded: string | Uint8Array) => {
    const { wire, calls } = greeted()
    wire.receive(extensionHandshake(bencoded))
    return calls
  }

  test.each([
    ["l-3:", "extension handshake: bad-byte at 1"],
    ["d-3:", "extension handshake: bad-byte at 1"],
    ["d1:m", "extension handshake: truncated at 4"],
    ["d1:v99999999999:e", "extension handshake: bad-length at 4"],
    ["le", "extension handshake: not a dictionary"],
    ["", "extension handshake: empty at 0"],
  ])("%j", (bencoded, detail) => {
    expect(received(bencoded)).toEqual([violation(detail)])
  })

  test("nested without end", () => {
    expect(received(`d1:m${"l".repeat(50_000)}`)).toEqual([violation("extension handshake: too-deep at 103")])
  })

  test("too long", () => {
    const length = limits.peer.maxExtendedHandshakeBytes + 1
    expect(received(Buffer.alloc(length, "e"))).toEqual([violation(`extension handshake of ${length} bytes`)])
  })

  test("a key named __proto__ is a key like any other", () => {
    const calls = received("d9:__proto__d1:pi1ee1:md9:__proto__i1eee")
    const m = new Map([["__proto__", 1]])
    expect(calls).toEqual([
      [
        "extensions",
        new Map<string, unknown>([
          ["__proto__", new Map([["p", 1]])],
          ["m", m],
        ]),
      ],
    ])
  })
})

describe("extension messages", () => {
  const message = (id: number) => frame(20, Buffer.from([id]), Buffer.from("l-3:"))
  const payload = Buffer.from("l-3:")

  test("what our handshake names, and nothing else", () => {
    const { wire, calls, sent } = overhear({ speaks: ["ut_metadata", "ut_pex"] })
    wire.receive(handshakeFrame(hash, theirId, fullReserved))
    expect(Buffer.concat(sent).toString("latin1")).toContain("d1:md11:ut_metadatai2e6:ut_pexi1ee1:v")
    wire.receive(Buffer.concat([message(1), message(2), message(3), message(255)]))
    expect(calls.slice(1)).toEqual([
      ["extension", "ut_pex", payload],
      ["extension", "ut_metadata", payload],
      ["unnamed"],
      ["unnamed"],
    ])
  })

  test("none that we did not name, though we know it", () => {
    const { wire, calls } = greeted({ speaks: ["ut_metadata"] })
    wire.receive(Buffer.concat([message(1), message(2)]))
    expect(calls).toEqual([["unnamed"], ["extension", "ut_metadata", payload]])
  })

  test("ours carry the id that they ask for", () => {
    const { wire, sent } = greeted()
    wire.extension(211, Buffer.from("de"))
    expect(Buffer.concat(sent)).toEqual(frame(20, Buffer.from([211]), Buffer.from("de")))
  })

  test("names of the library's own members are names like any other", () => {
    const { wire, calls } = greeted({ speaks: ["ut_pex"] })
    wire.receive(extensionHandshake("d1:md11:constructori1e4:pushi2e6:ut_pexi3eee"))
    wire.receive(Buffer.concat([message(1), message(3)]))
    expect(calls.map(([name]) => name)).toEqual(["extensions", "extension", "unnamed"])
  })
})

describe("before the metadata is known", () => {
  test("any piece may be had, and a bitfield may have any length", () => {
    const { wire, calls } = greeted({ pieceCount: null })
    wire.receive(Buffer.concat([bitfield(Buffer.alloc(99_999, 0xff)), have(1_234_567)]))
    expect(calls).toEqual([
      ["bitfield", new Uint8Array(99_999).fill(0xff)],
      ["have", 1_234_567],
    ])
  })

  test("within bounds", () => {
    const { wire, calls } = greeted({ pieceCount: null })
    wire.receive(have(limits.metainfo.maxPieces))
    expect(calls).toEqual([violation(`have of piece ${limits.metainfo.maxPieces}`)])
  })

  test("as many bytes as the longest metadata are no flood, twice as many are", () => {
    const piece = frame(20, Buffer.from([2]), Buffer.alloc(limits.metadata.pieceBytes))
    const whole = limits.metadata.maxBytes / limits.metadata.pieceBytes
    const { wire, calls } = greeted({ pieceCount: null, speaks: ["ut_metadata"] })
    for (let count = 0; count < whole; count++) wire.receive(piece)
    expect(calls).toHaveLength(whole)
    for (let count = 0; count < whole; count++) wire.receive(piece)
    expect(calls.at(-1)).toEqual(violation("flood of messages"))
  })
})

test("a handshake that stops the wire ends it, with what else came in the same chunk", () => {
  const calls: string[] = []
  const { wire } = overhear({
    handlers: {
      onHandshake() {
        calls.push("handshake")
        wire.stop()
      },
      onChoke: () => void calls.push("choke"),
    },
  })
  wire.receive(Buffer.concat([handshakeFrame(hash, theirId, fastReserved), choke, protocolName]))
  wire.receive(choke)
  expect(calls).toEqual(["handshake"])
})

test("bytes of a message that is not all there", () => {
  const { wire } = overhear()
  wire.greet(hash, ownId, {})
  wire.receive(handshakeFrame(hash, theirId, plainReserved))
  expect(wire.begunBytes).toBe(0)
  wire.receive(keepAlive)
  expect(wire.begunBytes).toBe(0)
  const whole = block(1, 0, Buffer.alloc(100))
  for (const length of [1, 3]) wire.receive(whole.subarray(length === 1 ? 0 : 1, length === 1 ? 1 : 4))
  expect(wire.begunBytes).toBe(4)
  wire.receive(whole.subarray(4, 50))
  expect(wire.begunBytes).toBe(50)
  wire.receive(whole.subarray(50))
  expect(wire.begunBytes).toBe(0)
})
