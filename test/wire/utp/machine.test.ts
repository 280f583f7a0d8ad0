import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { failure } from "../../../src/failure.ts"
import { limits } from "../../../src/limits.ts"
import { decodePacket, noPayload, packetTypes, type Packet } from "../../../src/wire/utp/codec.ts"
import { createMachine } from "../../../src/wire/utp/machine.ts"
import { createLink, seeded, type Link, type LinkOptions, type Side } from "./link.ts"

function noise(bytes: number, seed: number): Buffer {
  const chance = seeded(seed)
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(chance() * 256)))
}

const hour = 3_600_000
const heardBy = (side: Side) => Buffer.concat(side.heard)
const digest = (bytes: Buffer) => createHash("sha1").update(bytes).digest("hex")
/** What came before the end may still have to be read. */
const bothOver = ({ initiator, receiver }: Link) =>
  [initiator, receiver].every(({ over, machine }) => over !== undefined && (over !== null || machine.atEnd))

/** Both say all, and end. */
function converse(options: LinkOptions, toReceiver: Buffer, toInitiator: Buffer): Link {
  const link = createLink(options)
  Object.assign(link.initiator, { backlog: toReceiver, finishes: true })
  Object.assign(link.receiver, { backlog: toInitiator, finishes: true })
  link.run(hour, () => bothOver(link))
  return link
}

describe("a connection", () => {
  test("carries bytes both ways, and ends in order", () => {
    const [there, back] = [noise(100_000, 1), noise(50_000, 2)]
    const link = converse({}, there, back)
    expect(digest(heardBy(link.receiver))).toBe(digest(there))
    expect(digest(heardBy(link.initiator))).toBe(digest(back))
    expect([link.initiator.over, link.receiver.over]).toEqual([null, null])
    expect([link.initiator.machine.atEnd, link.receiver.machine.atEnd]).toEqual([true, true])
  })

  test("the initiator's SYN has the id it receives under, the rest the next one", () => {
    const { initiator, receiver } = converse({}, noise(10, 1), noise(10, 2))
    expect(initiator.sent.map(({ type, connectionId }) => `${type} ${connectionId}`).slice(0, 2)).toEqual([
      "syn 500",
      "data 501",
    ])
    expect(new Set(receiver.sent.map(({ connectionId }) => connectionId))).toEqual(new Set([500]))
  })

  test("no packet is longer than every path carries", () => {
    const { initiator } = converse({}, noise(100_000, 1), Buffer.alloc(0))
    const longest = Math.max(...initiator.sent.map(({ payload }) => payload.length))
    expect(longest).toBe(limits.utp.maxPacketBytes - 20)
  })

  test("the difference of the clocks is told back, in µs", () => {
    const { initiator } = converse({ delayMs: 25 }, noise(10, 1), noise(10, 2))
    expect(initiator.sent[0]?.differenceUs).toBe(0)
    expect(initiator.sent.at(-1)?.differenceUs).toBeCloseTo(25_000, -2)
  })

  test.each([
    ["nothing amiss", {}],
    ["5% lost", { lossRatio: 0.05 }],
    ["20% lost", { lossRatio: 0.2 }],
    ["all reordered", { jitterMs: 60 }],
    ["a third doubled", { duplicateRatio: 0.33 }],
    ["everything at once", { lossRatio: 0.1, jitterMs: 60, duplicateRatio: 0.1 }],
    ["numbers that wrap", { lossRatio: 0.05, jitterMs: 30, seqs: [65_530, 65_500] }],
    ["a slow reader", { lossRatio: 0.02, appetite: 900 }],
  ] satisfies [string, LinkOptions][])("what goes in comes out: %s", (_, options) => {
    const runs = fc.tuple(fc.nat(), fc.nat(120_000), fc.nat(60_000))
    fc.assert(
      fc.property(runs, ([seed, there, back]) => {
        const [toReceiver, toInitiator] = [noise(there, seed), noise(back, seed + 1)]
        const link = converse({ seed, ...options }, toReceiver, toInitiator)
        expect(digest(heardBy(link.receiver))).toBe(digest(toReceiver))
        expect(digest(heardBy(link.initiator))).toBe(digest(toInitiator))
        expect([link.initiator.over, link.receiver.over]).not.toContainEqual(failure("reset", "RESET"))
      }),
      { numRuns: 25, seed: 29 },
    )
  })
})

describe("the SYN", () => {
  test("is sent again after 1, 2 and 4 s, until the time is up", () => {
    const link = createLink({ fate: () => "lose" })
    link.run(hour, () => link.initiator.over !== undefined)
    expect(link.initiator.sent.map(({ type }) => type)).toEqual(["syn", "syn", "syn", "syn", "syn"])
    expect(link.initiator.over).toEqual(failure("timeout"))
    expect(link.nowMs()).toBe(31_000)
  })

  test("an answer that was lost is given again, and counts once", () => {
    let answers = 0
    const link = createLink({
      fate: ({ type }, from) =>
        from === "receiver" && type === "state" && ++answers === 1 ? "lose" : "pass",
    })
    Object.assign(link.initiator, { backlog: noise(3_000, 1), finishes: true })
    Object.assign(link.receiver, { backlog: noise(3_000, 2), finishes: true })
    link.run(hour, () => bothOver(link))
    expect(digest(heardBy(link.receiver))).toBe(digest(noise(3_000, 1)))
    expect(digest(heardBy(link.initiator))).toBe(digest(noise(3_000, 2)))
  })

  test("answered by a RESET: refused", () => {
    const link = createLink()
    link.initiator.machine.receive(packet({ type: "reset" }), 1_010)
    expect(link.initiator.over).toEqual(failure("refused", "RESET"))
  })

  test("an answer to another one is none", () => {
    const link = createLink({ fate: () => "lose" })
    link.initiator.machine.receive(packet({ type: "state", ack: 99 }), 1_010)
    link.initiator.machine.receive(packet({ type: "data", ack: 100, payload: noise(5, 1) }), 1_010)
    expect(link.initiator.connected).toBe(false)
    link.initiator.machine.receive(packet({ type: "state", ack: 100 }), 1_010)
    expect(link.initiator.connected).toBe(true)
  })
})

const packet = (over: Partial<Packet>): Packet => ({
  type: "state",
  connectionId: 500,
  timestampUs: 1,
  differenceUs: 0,
  windowBytes: 100_000,
  seq: 7_000,
  ack: 100,
  selective: null,
  payload: noPayload,
  ...over,
})

/** An initiator by itself, connected at 1 s; what it sends is collected. */
function alone() {
  const link = createLink({ fate: () => "lose" })
  const { machine, sent } = link.initiator
  machine.receive(packet({}), 1_000)
  sent.length = 0
  const sentNow = (nowMs = 1_000) => {
    machine.flush(nowMs)
    return sent.splice(0).map(({ type, seq, ack }) => `${type} ${seq} ${ack}`)
  }
  return { ...link.initiator, machine, sent, sentNow, side: link.initiator }
}

describe("what comes", () => {
  test("several packets of one turn are acknowledged at once", () => {
    const { machine, sentNow } = alone()
    for (const seq of [7_000, 7_001, 7_002])
      machine.receive(packet({ type: "data", seq, payload: noise(9, seq) }), 1_000)
    expect(sentNow()).toEqual(["state 101 7002"])
    expect(sentNow()).toEqual([])
  })

  test("a gap is told by a selective ACK", () => {
    const { machine, sent } = alone()
    for (const seq of [7_001, 7_003, 7_009])
      machine.receive(packet({ type: "data", seq, payload: noise(9, seq) }), 1_000)
    machine.flush(1_000)
    expect(sent[0]).toMatchObject({ type: "state", ack: 6_999 })
    // Bit 0 is 7001.
    expect(Buffer.from(sent[0]?.selective ?? []).toString("hex")).toBe("05010000")
    machine.receive(packet({ type: "data", seq: 7_000, payload: noise(9, 1) }), 1_000)
    machine.flush(1_000)
    expect(sent[1]).toMatchObject({ ack: 7_001 })
    expect(Buffer.from(sent[1]?.selective ?? []).toString("hex")).toBe("41000000")
  })

  test("what comes after a silence is acknowledged twice, unless more comes", () => {
    const { machine, sentNow } = alone()
    const data = (seq: number, nowMs: number) =>
      machine.receive(packet({ type: "data", seq, payload: noise(9, seq) }), nowMs)
    data(7_000, 1_500)
    expect(sentNow(1_500)).toEqual(["state 101 7000"])
    expect(machine.deadlineMs()).toBe(1_600)
    machine.wake(1_600)
    expect(sentNow(1_600)).toEqual(["state 101 7000"])
    data(7_001, 2_100)
    data(7_002, 2_110)
    sentNow(2_110)
    expect(machine.deadlineMs()).toBe(2_110 + limits.utp.keepAliveMs)
  })

  test("so is what fills a gap: it may have been sent for the last time", () => {
    const { machine, sentNow } = alone()
    const data = (seq: number, nowMs: number) =>
      machine.receive(packet({ type: "data", seq, payload: noise(9, seq) }), nowMs)
    data(7_000, 1_000)
    data(7_002, 1_001)
    sentNow(1_001)
    expect(machine.deadlineMs()).toBe(1_000 + limits.utp.keepAliveMs + 1)
    data(7_001, 1_003)
    expect(sentNow(1_003)).toEqual(["state 101 7002"])
    const again = 1_003 + limits.utp.repeatMs
    expect(machine.deadlineMs()).toBe(again)
    machine.wake(again)
    expect(sentNow(again)).toEqual(["state 101 7002"])
    data(7_003, again + 1)
    sentNow(again + 1)
    expect(machine.deadlineMs()).toBe(again + 1 + limits.utp.keepAliveMs)
  })

  test("data of ours acknowledges, but a gap is told besides", () => {
    const { machine, sentNow } = alone()
    machine.write(Buffer.alloc(10))
    machine.receive(packet({ type: "data", payload: noise(9, 1) }), 1_000)
    expect(sentNow()).toEqual(["data 101 7000"])
    machine.write(Buffer.alloc(10))
    machine.receive(packet({ type: "data", seq: 7_002, payload: noise(9, 1) }), 1_000)
    expect(sentNow()).toEqual(["data 102 7000", "state 103 7000"])
  })

  test("the same again is acknowledged again, and not read again", () => {
    const { machine, sentNow } = alone()
    for (let times = 0; times < 2; times++) {
      machine.receive(packet({ type: "data", payload: noise(9, 1) }), 1_000)
      expect(sentNow()).toEqual(["state 101 7000"])
    }
    expect(machine.read(100)).toHaveLength(9)
    expect(machine.read(100)).toBeNull()
  })

  test.each([
    ["far ahead", { seq: 7_000 + limits.utp.maxAhead }],
    ["long past", { seq: 6_000 }],
    ["with an ACK of what was never sent", { ack: 101 }],
    ["with an ACK of long ago", { ack: 99 - 2 * limits.utp.maxFlights }],
  ])("%s: not kept", (_, over) => {
    const { machine, sent } = alone()
    machine.receive(packet({ type: "data", payload: noise(9, 1), ...over }), 1_000)
    machine.flush(1_000)
    expect(sent.flatMap(({ selective }) => (selective === null ? [] : [selective]))).toEqual([])
    expect(machine.read(100)).toBeNull()
  })

  test("past their FIN nothing counts, and before it nothing may be missing", () => {
    const { machine, sentNow } = alone()
    machine.receive(packet({ type: "fin", seq: 7_002 }), 1_000)
    machine.receive(packet({ type: "data", seq: 7_003, payload: noise(9, 1) }), 1_000)
    machine.receive(packet({ type: "data", seq: 7_000, payload: noise(9, 2) }), 1_000)
    sentNow()
    expect(machine.read(100)).toHaveLength(9)
    expect(machine.atEnd).toBe(false)
    machine.receive(packet({ type: "data", seq: 7_001, payload: noise(8, 3) }), 1_000)
    expect(sentNow()).toEqual(["state 101 7002"])
    expect(machine.read(100)).toHaveLength(8)
    expect(machine.atEnd).toBe(true)
  })

  test("a RESET ends it", () => {
    const { machine, side } = alone()
    machine.receive(packet({ type: "reset" }), 1_000)
    expect(side.over).toEqual(failure("reset", "RESET"))
  })
})

describe("a full buffer", () => {
  const fill = () => {
    const it = alone()
    const whole = (limits.utp.receiveBytes + limits.utp.slackBytes) / 1_024
    for (let n = 0; n < whole; n++)
      it.machine.receive(packet({ type: "data", seq: 7_000 + n, payload: Buffer.alloc(1_024, 1) }), 1_000)
    it.machine.flush(1_000)
    return { ...it, whole }
  }

  test("is told as an empty window, and takes no more", () => {
    const { machine, sent, whole } = fill()
    expect(sent.at(-1)).toMatchObject({ windowBytes: 0, ack: 7_000 + whole - 1 })
    machine.receive(packet({ type: "data", seq: 7_000 + whole, payload: noise(9, 1) }), 1_000)
    machine.flush(1_000)
    expect(sent.at(-1)).toMatchObject({ windowBytes: 0, ack: 7_000 + whole - 1 })
  })

  test("of what waits for one packet still takes that one", () => {
    const { machine, sent } = alone()
    const whole = (limits.utp.receiveBytes + limits.utp.slackBytes) / 1_024
    const data = (seq: number) =>
      machine.receive(packet({ type: "data", seq, payload: Buffer.alloc(1_024, 1) }), 1_000)
    for (let n = 1; n <= whole; n++) data(7_000 + n)
    data(7_000 + whole + 1)
    machine.flush(1_000)
    expect(sent.at(-1)).toMatchObject({ windowBytes: 0, ack: 6_999 })
    data(7_000)
    let read = 0
    for (let bytes = machine.read(65_536); bytes !== null; bytes = machine.read(65_536)) read += bytes.length
    machine.flush(1_000)
    expect(read).toBe((whole + 1) * 1_024)
    expect(sent.at(-1)).toMatchObject({ windowBytes: limits.utp.receiveBytes, ack: 7_000 + whole })
  })

  test("still takes what fills a gap, and what was sent before they heard of it", () => {
    const { machine, sent } = alone()
    const whole = limits.utp.receiveBytes / 1_024
    const data = (seq: number) =>
      machine.receive(packet({ type: "data", seq, payload: Buffer.alloc(1_024, 1) }), 1_000)
    for (let n = 2; n < whole + 2; n++) if (n !== 500) data(7_000 + n)
    data(7_000 + whole + 2)
    machine.flush(1_000)
    expect(sent.at(-1)).toMatchObject({ windowBytes: 0, ack: 6_999 })
    for (const seq of [7_500, 7_001, 7_000 + whole + 3, 7_000]) data(seq)
    machine.flush(1_000)
    expect(sent.at(-1)).toMatchObject({ windowBytes: 0, ack: 7_000 + whole + 3 })
  })

  test("that has no room for a whole packet is told once: every word of ours puts off what they would send again", () => {
    const { machine, sent, sentNow } = alone()
    const whole = limits.utp.receiveBytes / 1_024
    for (let n = 1; n < whole; n++)
      machine.receive(packet({ type: "data", seq: 7_000 + n, payload: Buffer.alloc(1_024, 1) }), 1_000)
    machine.flush(1_000)
    machine.receive(packet({ type: "data", seq: 7_001, payload: Buffer.alloc(1_024, 1) }), 1_001)
    machine.flush(1_001)
    expect(sent.splice(0).map(({ windowBytes }) => windowBytes)).toEqual([1_024, 1_024])
    const again = 1_001 + limits.utp.repeatMs
    expect(machine.deadlineMs()).toBe(again)
    machine.wake(again)
    expect(sentNow(again)).toEqual(["state 101 6999"])
    expect(machine.deadlineMs()).toBe(again + limits.utp.keepAliveMs)
  })

  test("once read the window is told, and told again while nothing comes, but not for ever", () => {
    const { machine, sent } = fill()
    sent.length = 0
    while (machine.read(65_536) !== null);
    machine.flush(1_000)
    expect(sent).toMatchObject([{ type: "state", windowBytes: limits.utp.receiveBytes }])
    let nowMs = 1_000
    while (nowMs < 25_000) {
      nowMs = machine.deadlineMs()
      machine.wake(nowMs)
      machine.flush(nowMs)
    }
    expect(sent.length).toBe(7)
  })

  test("small packets are counted too", () => {
    const { machine, sent } = alone()
    for (let n = 0; n < 10_000; n++)
      machine.receive(packet({ type: "data", seq: (7_000 + n) & 0xffff, payload: Buffer.alloc(1, 1) }), 1_000)
    machine.flush(1_000)
    expect(sent.at(-1)).toMatchObject({ windowBytes: 0, ack: 7_000 + limits.utp.receivePackets - 1 })
  })
})

describe("what we send", () => {
  const written = (...sizes: number[]) => {
    const it = alone()
    for (const size of sizes) it.machine.write(Buffer.alloc(size, 1))
    return it
  }

  test("small writes of one turn share a packet", () => {
    const { sentNow } = written(17, 17, 17)
    expect(sentNow()).toEqual(["data 101 6999"])
  })

  test("begins with a few packets, and waits for their ACK", () => {
    const { machine, sentNow } = written(100_000)
    expect(sentNow()).toEqual(["data 101 6999", "data 102 6999", "data 103 6999", "data 104 6999"])
    machine.receive(packet({ ack: 102 }), 1_020)
    // Two came: four more (slow start).
    expect(sentNow(1_020)).toEqual(["data 105 6999", "data 106 6999", "data 107 6999", "data 108 6999"])
  })

  test("never more than their window", () => {
    const { machine, sentNow } = alone()
    machine.receive(packet({ windowBytes: 2_500 }), 1_000)
    machine.write(Buffer.alloc(100_000))
    expect(sentNow()).toHaveLength(2)
  })

  test("a closed window is tried with one packet", () => {
    const { machine, sentNow } = alone()
    machine.receive(packet({ windowBytes: 0 }), 1_000)
    machine.write(Buffer.alloc(5_000))
    expect(sentNow()).toEqual([])
    const atMs = machine.deadlineMs()
    expect(atMs).toBe(2_000)
    machine.wake(atMs)
    expect(sentNow(atMs)).toEqual(["data 101 6999"])
  })

  test("three equal ACKs: the next packet is lost", () => {
    const { machine, sentNow } = written(4_000)
    sentNow()
    for (let times = 0; times < 2; times++) machine.receive(packet({ ack: 100 }), 1_020)
    expect(sentNow(1_020)).toEqual([])
    machine.receive(packet({ ack: 100 }), 1_020)
    expect(sentNow(1_020)).toEqual(["data 101 6999"])
  })

  test("so is what a selective ACK passes over three times, and nothing else", () => {
    const { machine, sentNow } = written(4 * 1_212)
    sentNow()
    // Came: 102 (bit 0 is ack + 2), 103, 104.
    machine.receive(packet({ ack: 100, selective: Uint8Array.of(0b11, 0, 0, 0) }), 1_020)
    expect(sentNow(1_020)).toEqual([])
    machine.receive(packet({ ack: 100, selective: Uint8Array.of(0b111, 0, 0, 0) }), 1_020)
    expect(sentNow(1_020)).toEqual(["data 101 6999"])
    machine.receive(packet({ ack: 104 }), 1_040)
    expect(machine.deadlineMs()).toBe(1_020 + limits.utp.keepAliveMs)
  })

  test("silence: again after the time-out, twice as late each time, then it is over", () => {
    const { machine, sent, side } = written(10)
    const atMs: number[] = []
    machine.flush(1_000)
    while (side.over === undefined) {
      const nowMs = machine.deadlineMs()
      machine.wake(nowMs)
      machine.flush(nowMs)
      atMs.push(nowMs)
    }
    expect(atMs).toEqual([2_000, 4_000, 8_000, 16_000, 24_000, 32_000, 40_000])
    expect(sent.map(({ seq }) => seq)).toEqual(Array.from({ length: 7 }, () => 101))
    expect(side.over).toEqual(failure("timeout"))
  })

  test("round trips shorten the wait to half a second", () => {
    const { machine, sentNow } = written(10)
    sentNow()
    machine.receive(packet({ ack: 101 }), 1_020)
    machine.write(Buffer.alloc(10))
    sentNow(2_000)
    expect(machine.deadlineMs()).toBe(2_500)
  })

  test("after 29 s of silence, a word to keep the way open", () => {
    const { machine, sentNow } = alone()
    const atMs = machine.deadlineMs()
    expect(atMs).toBe(1_000 + limits.utp.keepAliveMs)
    machine.wake(atMs)
    expect(sentNow(atMs)).toEqual(["state 101 6999"])
  })
})

describe("leaving", () => {
  test("says all that was written, then FIN, and takes what still comes", () => {
    const { machine, sentNow, side } = alone()
    machine.write(Buffer.alloc(10))
    machine.leave(1_000)
    expect(sentNow()).toEqual(["data 101 6999", "fin 102 6999"])
    machine.receive(packet({ type: "data", payload: noise(9, 1), ack: 102 }), 1_010)
    machine.receive(packet({ type: "fin", seq: 7_001, ack: 102 }), 1_010)
    // Once as libutp and once as libtorrent wants it.
    expect(sentNow(1_010)).toEqual(["state 103 7001", "state 102 7001"])
    expect(side.over).toBeNull()
    expect(machine.read(100)).toBeNull()
  })

  test("a silent partner is left alone after a while", () => {
    const { machine, sent, side } = alone()
    machine.leave(1_000)
    machine.flush(1_000)
    while (side.over === undefined) {
      const nowMs = machine.deadlineMs()
      machine.wake(nowMs)
      machine.flush(nowMs)
    }
    expect(sent.map(({ type }) => type)).toEqual(["fin", "fin", "reset"])
    expect(sent[1]?.timestampUs).toBe(2_000_000)
    expect(sent[2]?.timestampUs).toBe(1_000_000 + 1_000 * limits.utp.lingerMs)
  })

  test("before the SYN was answered: nothing is said", () => {
    const link = createLink({ fate: () => "lose" })
    link.initiator.machine.leave(1_000)
    link.run(10_000)
    expect(link.initiator.sent.map(({ type }) => type)).toEqual(["syn"])
    expect(link.initiator.over).toBeNull()
  })
})

test("hostile packets: nothing thrown, and never more kept than the buffer", () => {
  const anything = fc.record({
    type: fc.constantFrom(...packetTypes.filter((type) => type !== "reset")),
    connectionId: fc.constant(501),
    timestampUs: fc.nat(0xffff_ffff),
    differenceUs: fc.nat(0xffff_ffff),
    windowBytes: fc.nat(0xffff_ffff),
    seq: fc.oneof(fc.integer({ min: 90, max: 130 }), fc.nat(0xffff)),
    ack: fc.oneof(fc.integer({ min: 6_990, max: 7_020 }), fc.nat(0xffff)),
    selective: fc.option(fc.uint8Array({ minLength: 4, maxLength: 252 })),
    payload: fc.uint8Array({ maxLength: 40 }),
  })
  let packets = 0
  fc.assert(
    fc.property(fc.array(anything, { minLength: 100, maxLength: 300 }), (hostile) => {
      const sent: Packet[] = []
      const machine = createMachine({
        receiveId: 501,
        sendId: 500,
        seq: 7_000,
        answering: { ack: 100 },
        connectByMs: Infinity,
        transmit: (data) => sent.push(decodePacket(data)!),
        onConnected() {},
        onProgress() {},
        onOver() {},
      })
      machine.write(Buffer.alloc(20_000))
      for (const [index, each] of hostile.entries()) {
        packets++
        machine.receive(each, index)
        machine.flush(index)
        if (machine.deadlineMs() <= index) machine.wake(index)
      }
      for (const { windowBytes, payload } of sent) {
        expect(windowBytes).toBeLessThanOrEqual(limits.utp.receiveBytes)
        expect(windowBytes).toBeGreaterThanOrEqual(limits.utp.receiveBytes - 300 * 40)
        expect(payload.length).toBeLessThanOrEqual(limits.utp.maxPacketBytes - 20)
      }
      // One answer for each, and what was to be sent.
      expect(sent.length).toBeLessThanOrEqual(3 * hostile.length + 100)
    }),
    { numRuns: 200, seed: 29 },
  )
  expect(packets).toBeGreaterThan(20_000)
})
