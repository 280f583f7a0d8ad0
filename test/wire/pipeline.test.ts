import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Sample } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { createHashExchange } from "../../src/wire/hash-exchange.ts"
import { createPipeline } from "../../src/wire/pipeline.ts"
import { createProofs, noProof, type Proof } from "../../src/wire/proof.ts"
import { createThrottle, type Throttle, type ThrottleOptions } from "../../src/wire/throttle.ts"
import { never } from "./scripted-peer.ts"
import { uncapped } from "./swarm.ts"
import { virtualClock, type VirtualClock } from "./virtual-clock.ts"

const blockBytes = limits.peer.blockBytes
const blockMs = 20_000

interface Rig {
  clock: VirtualClock
  pipeline: ReturnType<typeof createPipeline>
  throttle: Throttle
  /** [piece, block] of each request and cancel. */
  asked: [piece: number, block: number][]
  withdrawn: [piece: number, block: number][]
  received: { bytes: number }
  violations: string[]
  now: () => number
  /** Answers a request; `more` bytes than a block. */
  answer: (piece: number, block: number, more?: number) => void
}

/** One session's requests, with payload that is all zeros. */
function rig(
  over: {
    blocksPerPiece?: number
    fast?: boolean
    clock?: VirtualClock
    throttle?: Throttle
    caps?: Partial<ThrottleOptions>
  } = {},
): Rig {
  const { blocksPerPiece = 4, fast = true, clock = virtualClock() } = over
  const { network } = clock
  const throttle = over.throttle ?? createThrottle({ ...uncapped, ...over.caps, network })
  const pieceBytes = blocksPerPiece * blockBytes
  const pieceHashes = createHash("sha1").update(Buffer.alloc(pieceBytes)).digest()
  const proofs = createProofs({
    pieceHashes,
    v2: null,
    reference: null,
    lengthOf: () => pieceBytes,
    speaksV2: () => false,
    hashes: createHashExchange({ network, send() {} }),
  })
  const asked: Rig["asked"] = []
  const withdrawn: Rig["asked"] = []
  const received = { bytes: 0 }
  const violations: string[] = []
  const pipeline = createPipeline({
    network,
    startedMs: 0,
    throttle,
    blockMs,
    pieceBytes,
    lengthOf: () => pieceBytes,
    proofOf: () => proofs.piece(0),
    reqq: () => 250,
    hasFast: () => fast,
    ask: (piece, offset) => void asked.push([piece, offset / blockBytes]),
    withdraw: (piece, offset) => void withdrawn.push([piece, offset / blockBytes]),
    onReceived: (bytes) => void (received.bytes += bytes),
    onSample() {},
    onViolation(detail) {
      violations.push(detail)
      pipeline.end(failure("protocol-error", detail))
    },
  })
  const now = () => network.now()
  return {
    clock,
    pipeline,
    throttle,
    asked,
    withdrawn,
    received,
    violations,
    now,
    answer: (piece, block, more = 0) =>
      void pipeline.onBlock(piece, block * blockBytes, Buffer.alloc(blockBytes + more), now()),
  }
}

/** The sample, once it is there. */
function ending(sample: Promise<Sample>) {
  const seen: { sample: Sample | null } = { sample: null }
  void sample.then((value) => {
    seen.sample = value
  })
  return seen
}

describe("silence is a snub after its deadline", () => {
  test("however often the peer says `unchoke`", async () => {
    const { pipeline, clock, now } = rig()
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(0, never))
    for (let seconds = 0; seconds < 20; seconds += 5) {
      expect(end.sample).toBe(null)
      pipeline.onUnchoke(now())
      await clock.pass(5_000)
    }
    expect(end.sample).toMatchObject({ bytes: 0, ms: blockMs, failure: failure("snubbed") })
  })

  test.each([
    ["with the fast extension", true],
    ["without", false],
  ])("of all the time unchoked, choked in between, %s", async (_, fast) => {
    const { pipeline, clock, now } = rig({ fast, blocksPerPiece: 64 })
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(0, never))
    for (let round = 0; round < 4; round++) {
      await clock.pass(4_999)
      expect(end.sample).toBe(null)
      pipeline.onChoke(now())
      await clock.pass(5_000)
      pipeline.onUnchoke(now())
    }
    await clock.pass(4)
    expect(end.sample).toMatchObject({ failure: failure("snubbed") })
  })

  test("counted from the last block", async () => {
    const { pipeline, clock, answer } = rig()
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(0, never))
    await clock.pass(15_000)
    answer(0, 0)
    await clock.pass(19_999)
    expect(end.sample).toBe(null)
    await clock.pass(1)
    expect(end.sample).toMatchObject({ bytes: blockBytes, failure: failure("snubbed") })
  })

  test("also from a late answer to what we had withdrawn: the line was busy", async () => {
    const { pipeline, clock, answer } = rig()
    pipeline.onUnchoke(0)
    const stop = new AbortController()
    void pipeline.fetch(0, stop.signal)
    stop.abort()
    const end = ending(pipeline.fetch(1, never))
    await clock.pass(15_000)
    answer(0, 0)
    await clock.pass(19_999)
    expect(end.sample).toBe(null)
    await clock.pass(1)
    expect(end.sample?.failure).toEqual(failure("snubbed"))
  })

  test("of the oldest piece only: it is one silence", async () => {
    const { pipeline, clock, withdrawn } = rig()
    pipeline.onUnchoke(0)
    const ends = [0, 1, 2, 3, 4].map((piece) => ending(pipeline.fetch(piece, never)))
    await clock.pass(blockMs)
    const codes = ends.map(({ sample }) => sample?.failure?.code ?? null)
    expect(codes).toEqual(["snubbed", "aborted", "aborted", "aborted", null])
    expect(withdrawn).toHaveLength(16)
    await clock.pass(blockMs - 1)
    expect(ends[4]?.sample).toBe(null)
    await clock.pass(1)
    expect(ends[4]?.sample?.failure).toEqual(failure("snubbed"))
  })

  test("not of a piece that waited while another, since given up, was silent", async () => {
    const { pipeline, clock } = rig({ blocksPerPiece: 16 })
    pipeline.onUnchoke(0)
    const stop = new AbortController()
    void pipeline.fetch(0, stop.signal)
    const end = ending(pipeline.fetch(1, never))
    await clock.pass(15_000)
    stop.abort()
    await clock.pass(15_000)
    expect(end.sample).toBe(null)
  })
})

describe("a piece that comes very slowly is given up", () => {
  const lastMs = (blocks: number) =>
    blockMs + ((blocks * blockBytes) / limits.peer.leastBytesPerSecond) * 1_000

  test("in proportion to its size", async () => {
    const { pipeline, clock, answer } = rig({ blocksPerPiece: 16 })
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(0, never))
    const givesUpMs = lastMs(16)
    for (let block = 0; (block + 1) * 15_000 < givesUpMs; block++) {
      await clock.pass(15_000)
      answer(0, block)
    }
    expect(end.sample).toBe(null)
    await clock.pass(15_000)
    expect(end.sample).toMatchObject({ ms: givesUpMs, verified: null, failure: { code: "timeout" } })
  })

  test("as choked, if it was choked meanwhile", async () => {
    const { pipeline, clock, now } = rig()
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(0, never))
    for (let round = 0; round < 3; round++) {
      await clock.pass(100)
      pipeline.onChoke(now())
      await clock.pass(19_000)
      pipeline.onUnchoke(now())
    }
    expect(end.sample).toMatchObject({ ms: lastMs(4), failure: failure("choked") })
  })

  test("with time for what was asked for before it", async () => {
    const { pipeline, clock, answer } = rig({ blocksPerPiece: 1 })
    pipeline.onUnchoke(0)
    const ends = Array.from({ length: 16 }, (_, piece) => ending(pipeline.fetch(piece, never)))
    for (const [piece, end] of ends.entries()) {
      await clock.pass(8_500)
      answer(piece, 0)
      await clock.pass(0)
      expect(end.sample).toMatchObject({ verified: true })
    }
  })

  test("but not when our own cap holds it back", async () => {
    const caps = { totalBytesPerSecond: 1_024 }
    const { pipeline, clock, asked, answer } = rig({ blocksPerPiece: 8, caps })
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(0, never))
    for (let answered = 0; answered < 8;) {
      await clock.pass(1_000)
      for (; answered < asked.length; answered++) answer(0, answered)
    }
    await clock.pass(0)
    expect(end.sample).toMatchObject({ verified: true, capped: true })
    expect(end.sample?.ms).toBeGreaterThan(lastMs(8))
  })
})

test("every fetch gives its sample, also beyond those that a record keeps", async () => {
  const { pipeline, answer } = rig({ blocksPerPiece: 1 })
  pipeline.onUnchoke(0)
  let verified = 0
  for (let count = 0; count < limits.peer.maxSamples + 5; count++) {
    const sample = pipeline.fetch(0, never)
    answer(0, 0)
    if ((await sample).verified === true) verified++
  }
  expect(verified).toBe(limits.peer.maxSamples + 5)
})

describe("the budget", () => {
  test("late answers to what we withdrew are paid for", () => {
    const { pipeline, throttle, received, answer } = rig({ caps: { maxBytes: 8 * blockBytes } })
    pipeline.onUnchoke(0)
    for (let round = 0; round < 2; round++) {
      const stop = new AbortController()
      void pipeline.fetch(round, stop.signal)
      stop.abort()
      for (let block = 0; block < 4; block++) answer(round, block)
    }
    expect(received.bytes).toBe(8 * blockBytes)
    expect(throttle.remainingBytes()).toBe(0)
  })

  test("what a choke voided and came all the same is paid for, and asked for again only within the budget", async () => {
    const { pipeline, throttle, received, asked, answer } = rig({
      fast: false,
      caps: { maxBytes: 6 * blockBytes },
    })
    pipeline.onUnchoke(0)
    const sample = pipeline.fetch(0, never)
    pipeline.onChoke(0)
    pipeline.onUnchoke(0)
    expect(await sample).toMatchObject({ failure: failure("budget") })
    for (const [piece, block] of asked) answer(piece, block)
    expect(received.bytes).toBe(6 * blockBytes)
    expect(throttle.remainingBytes()).toBe(0)
  })

  test("a longer block than asked for is a violation, late or not", () => {
    const inTime = rig()
    inTime.pipeline.onUnchoke(0)
    void inTime.pipeline.fetch(0, never)
    inTime.answer(0, 0, 1)
    expect(inTime.violations).toEqual(["a longer block than asked for"])

    const late = rig()
    late.pipeline.onUnchoke(0)
    const stop = new AbortController()
    void late.pipeline.fetch(0, stop.signal)
    stop.abort()
    late.answer(0, 0, 1)
    expect(late.violations).toEqual(["a longer block than asked for"])
  })

  test.each([
    ["a whole block, late, while a part of it is asked for", blockBytes, 1_024],
    ["a part of one, late, while the whole is asked for", 1_024, blockBytes],
  ])("%s: neither a violation nor the answer to that", async (_, first, second) => {
    const { pipeline, violations, answer, clock, received } = rig()
    pipeline.onUnchoke(0)
    const stop = new AbortController()
    void pipeline.fetchBlock(0, { block: 0, bytes: first }, noProof, stop.signal)
    stop.abort()
    const end = ending(pipeline.fetchBlock(0, { block: 0, bytes: second }, noProof, never))
    answer(0, 0, first - blockBytes)
    await clock.pass(0)
    expect(end.sample).toBe(null)
    answer(0, 0, second - blockBytes)
    await clock.pass(0)
    expect(end.sample).toMatchObject({ bytes: second, failure: null })
    expect(violations).toEqual([])
    expect(received.bytes).toBe(first + second)
  })

  /** `at` chooses which of them, or how many seconds. */
  const move = fc.record({
    peer: fc.nat(1),
    at: fc.nat(30),
    what: fc.constantFrom(
      ...(["fetch", "fetch", "answer", "answer", "answer", "reject", "shorten", "lengthen"] as const),
      ...(["abort", "choke", "unchoke", "unchoke", "wait"] as const),
    ),
  })

  test("whatever peers do: never more than it and one block of each, and all that did not come is given back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(move, { maxLength: 150 }), async (fast, moves) => {
        const maxBytes = 14 * blockBytes
        const clock = virtualClock()
        const throttle = createThrottle({ ...uncapped, maxBytes, network: clock.network })
        const rigs = [0, 1].map(() => rig({ fast, clock, throttle }))
        const stops: AbortController[] = []
        for (const { peer, at, what } of moves) {
          const { pipeline, asked, answer, now } = rigs[peer] ?? rig()
          const [piece, block] = asked[at % Math.max(1, asked.length)] ?? [0, 0]
          if (what === "fetch") {
            const stop = new AbortController()
            stops.push(stop)
            void pipeline.fetch(at % 6, stop.signal)
          } else if (what === "abort") stops[at % Math.max(1, stops.length)]?.abort()
          else if (what === "choke") pipeline.onChoke(now())
          else if (what === "unchoke") pipeline.onUnchoke(now())
          else if (what === "reject") pipeline.onReject(piece, block * blockBytes, now())
          else if (what === "wait") await clock.pass(1_000 * at)
          else answer(piece, block, { answer: 0, shorten: -blockBytes / 2, lengthen: 1 }[what])
        }
        const ended = rigs.filter(({ violations }) => violations.includes("a longer block than asked for"))
        for (const { pipeline } of rigs) pipeline.end(failure("idle"))
        const bytes = rigs.reduce((sum, { received }) => sum + received.bytes, 0)
        expect(bytes).toBeLessThanOrEqual(maxBytes + ended.length * blockBytes)
        expect(throttle.remainingBytes() + bytes).toBe(maxBytes + ended.length)
      }),
      { numRuns: 150 },
    )
  })
})

describe("an allowed fast piece of a peer that chokes us (BEP 6)", () => {
  const allowed = (over?: Parameters<typeof rig>[0]) => {
    const made = rig(over)
    made.pipeline.onAllowedFast(3, 0)
    return { ...made, end: ending(made.pipeline.fetch(3, never)) }
  }
  const notGiven = failure("choked", "an allowed fast piece was not given")

  test("is asked for, and no other", async () => {
    const { pipeline, asked, clock, answer, end } = allowed()
    void pipeline.fetch(2, never)
    expect(asked).toEqual([0, 1, 2, 3].map((block) => [3, block]))
    for (const [piece, block] of asked.slice()) answer(piece, block)
    await clock.pass(0)
    expect(end.sample).toMatchObject({ verified: true })
  })

  test("that is rejected all the same is no refusal, and is not asked for again", async () => {
    const { pipeline, asked, withdrawn, clock, now, end, throttle } = allowed({
      caps: { maxBytes: 10 * 65_536 },
    })
    expect(pipeline.onReject(3, 0, now())).toBe(true)
    await clock.pass(0)
    expect(end.sample).toMatchObject({ bytes: 0, verified: null, failure: notGiven })
    expect(withdrawn).toEqual([1, 2, 3].map((block) => [3, block]))
    for (const block of [1, 2, 3]) expect(pipeline.onReject(3, block * blockBytes, now())).toBe(false)
    expect(throttle.remainingBytes()).toBe(10 * 65_536)
    const again = ending(pipeline.fetch(3, never))
    expect(asked).toHaveLength(4)
    await clock.pass(blockMs)
    expect(again.sample).toMatchObject({ failure: failure("choked") })
  })

  test("that never comes is no snub, and is not asked for again", async () => {
    const { pipeline, asked, clock, end } = allowed()
    await clock.pass(blockMs)
    expect(end.sample).toMatchObject({ bytes: 0, failure: notGiven })
    void pipeline.fetch(3, never)
    expect(asked).toHaveLength(4)
  })

  test("that it was silent about does not count once it unchokes us", async () => {
    const { pipeline, clock, now, end } = allowed()
    await clock.pass(blockMs - 1)
    pipeline.onUnchoke(now())
    await clock.pass(blockMs - 1)
    expect(end.sample).toBe(null)
    await clock.pass(1)
    expect(end.sample).toMatchObject({ failure: failure("snubbed") })
  })

  test("asked for before the choke, and rejected with the rest, waits for the next unchoke", async () => {
    const { pipeline, clock, now, answer, asked } = rig()
    pipeline.onAllowedFast(3, 0)
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(3, never))
    await clock.pass(100)
    pipeline.onChoke(now())
    for (const block of [0, 1, 2, 3]) pipeline.onReject(3, block * blockBytes, now())
    expect(asked).toHaveLength(4)
    pipeline.onUnchoke(now())
    for (const block of [0, 1, 2, 3]) answer(3, block)
    await clock.pass(0)
    expect(end.sample).toMatchObject({ verified: true })
  })
})

describe("a piece that is no longer claimed (BEP 54)", () => {
  test("is called off, however it is refused, and the rest goes on", async () => {
    const { pipeline, withdrawn, clock, now, answer } = rig()
    pipeline.onUnchoke(0)
    const end = ending(pipeline.fetch(1, never))
    const other = ending(pipeline.fetch(2, never))
    pipeline.onDontHave(1, now())
    expect(pipeline.onReject(1, 0, now())).toBe(false)
    await clock.pass(0)
    expect(end.sample).toMatchObject({ verified: null, failure: { code: "aborted" } })
    expect(withdrawn).toHaveLength(4)
    for (const block of [0, 1, 2, 3]) answer(2, block)
    await clock.pass(0)
    expect(other.sample).toMatchObject({ verified: true })
  })
})

describe("the longest silence", () => {
  test("goes on over one request after the other, and over what may not be asked", async () => {
    const { pipeline, clock, now } = rig()
    expect(pipeline.longestSilence(0)).toBe(null)
    void pipeline.fetch(0, never)
    await clock.pass(3_000)
    expect(pipeline.longestSilence(now())).toBe(null)
    pipeline.onUnchoke(now())
    await clock.pass(blockMs + 500)
    void pipeline.fetch(1, never)
    await clock.pass(10_000)
    expect(pipeline.longestSilence(now())).toEqual({
      fromMs: 3_000,
      toMs: now(),
      waitedMs: blockMs + 10_000,
    })
  })

  test.each<[string, (rig: Rig) => void]>([
    ["a block", ({ answer }) => answer(0, 0)],
    ["a reject", ({ pipeline, now }) => void pipeline.onReject(0, 0, now())],
    [
      "a choke, though it unchokes us again",
      ({ pipeline, now }) => {
        pipeline.onChoke(now())
        pipeline.onUnchoke(now())
      },
    ],
  ])("ends with %s", async (_, end) => {
    const rigged = rig()
    const { pipeline, clock, now } = rigged
    pipeline.onUnchoke(0)
    void pipeline.fetch(0, never)
    await clock.pass(9_000)
    end(rigged)
    await clock.pass(8_000)
    expect(pipeline.longestSilence(now())).toEqual({ fromMs: 0, toMs: 9_000, waitedMs: 9_000 })
  })

  test("is not ended by the reject of what was withdrawn", async () => {
    const { pipeline, clock, now } = rig()
    pipeline.onUnchoke(0)
    const stop = new AbortController()
    void pipeline.fetch(0, stop.signal)
    void pipeline.fetch(1, never)
    await clock.pass(5_000)
    stop.abort()
    pipeline.onReject(0, 0, now())
    await clock.pass(5_000)
    expect(pipeline.longestSilence(now())?.waitedMs).toBe(10_000)
  })
})

test("a block that may take longer keeps the others waiting with it", async () => {
  const { pipeline, clock, asked } = rig()
  pipeline.onUnchoke(0)
  const patience = { block: 0, bytes: 1_024, patienceMs: 3 * blockMs }
  const small = ending(pipeline.fetchBlock(2, patience, noProof, never))
  const other = ending(pipeline.fetchBlock(3, { ...patience, bytes: blockBytes }, noProof, never))
  expect(asked).toEqual([
    [2, 0],
    [3, 0],
  ])
  await clock.pass(3 * blockMs - 1)
  expect([small.sample, other.sample]).toEqual([null, null])
  await clock.pass(1)
  expect(small.sample).toMatchObject({ offset: 0, bytes: 0, failure: failure("snubbed") })
  expect(other.sample?.failure?.code).toBe("aborted")
})

test("a block with a deadline of its own is given up then, though others come all the while", async () => {
  const { pipeline, clock, withdrawn, answer } = rig()
  pipeline.onUnchoke(0)
  const deadline = { block: 0, bytes: blockBytes, deadlineMs: blockMs + 1_000 }
  const ends = [2, 3, 4].map((piece) => ending(pipeline.fetchBlock(piece, deadline, noProof, never)))
  const flowing = ending(pipeline.fetch(0, never))
  for (let block = 0; block < 3; block++) {
    await clock.pass(7_000)
    answer(0, block)
  }
  expect(flowing.sample).toBe(null)
  for (const { sample } of ends)
    expect(sample).toMatchObject({ bytes: 0, ms: blockMs + 1_000, failure: { code: "timeout" } })
  expect(withdrawn).toEqual([
    [2, 0],
    [3, 0],
    [4, 0],
  ])
})

test("silence comes before that deadline: nothing overtook", async () => {
  const { pipeline, clock } = rig()
  pipeline.onUnchoke(0)
  const deadline = { block: 0, bytes: blockBytes, deadlineMs: blockMs + 1_000 }
  const ends = [2, 3].map((piece) => ending(pipeline.fetchBlock(piece, deadline, noProof, never)))
  await clock.pass(blockMs)
  expect(ends.map(({ sample }) => sample?.failure?.code)).toEqual(["snubbed", "aborted"])
})

test("nothing proves the start of a piece", async () => {
  const { pipeline, clock, now } = rig()
  pipeline.onUnchoke(0)
  const end = ending(pipeline.fetchBlock(2, { block: 0, bytes: 1_024 }, noProof, never))
  pipeline.onBlock(2, 0, Buffer.alloc(1_024), now())
  await clock.pass(0)
  expect(end.sample).toMatchObject({ offset: 0, bytes: 1_024, verified: null, failure: null })
})

test("a block of a piece that is on its way whole waits its turn", async () => {
  const { pipeline, asked, clock, answer } = rig()
  const proof: Proof = { kind: "merkle", held: 0, begin() {}, add: () => true, verdict: () => right }
  pipeline.onUnchoke(0)
  const whole = ending(pipeline.fetch(1, never))
  const lone = ending(pipeline.fetchBlock(1, { block: 2, bytes: blockBytes }, proof, never))
  expect(asked).toEqual([0, 1, 2, 3].map((block) => [1, block]))
  for (const block of [0, 1, 2, 3]) answer(1, block)
  expect(asked.at(-1)).toEqual([1, 2])
  answer(1, 2)
  await clock.pass(0)
  expect(whole.sample).toMatchObject({ bytes: 65_536, verified: true })
  expect(lone.sample).toMatchObject({
    offset: 2 * blockBytes,
    bytes: blockBytes,
    verified: true,
    proof: "merkle",
  })
})
const right = { verified: true, failure: null }

test("who only chokes and unchokes has a window of the budget set aside, and no place in the queue", async () => {
  const blocksPerPiece = 1_000
  const caps = { maxBytes: 1_000 * 16 * blockBytes, peerBytesPerSecond: 64 * blockBytes }
  const { pipeline, throttle, clock, now, asked } = rig({ fast: false, blocksPerPiece, caps })
  const end = ending(pipeline.fetch(0, never))
  for (let round = 0; round < 200; round++) {
    pipeline.onUnchoke(now())
    await clock.pass(20)
    pipeline.onChoke(now())
  }
  expect(end.sample).toBeNull()
  expect(asked.length).toBeGreaterThan(2_000)
  const aside = caps.maxBytes - throttle.remainingBytes() - blocksPerPiece * blockBytes
  expect(aside).toBeLessThanOrEqual(512 * blockBytes)
  pipeline.end(failure("closed"))
  expect(throttle.remainingBytes()).toBe(caps.maxBytes)
})
