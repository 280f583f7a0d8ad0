import { describe, expect, test } from "vitest"
import { fail, succeed, type Failure } from "../../src/failure.ts"
import { createCandidates, hostKey } from "../../src/gather/metadata-candidates.ts"
import { limits } from "../../src/limits.ts"
import type { MetadataFetch, MetadataTry } from "../../src/wire/metadata.ts"

const free = () => false
const fetch = (over: Partial<MetadataFetch> = {}): MetadataFetch => ({
  outcome: fail("closed"),
  connected: true,
  lacking: false,
  bytes: 0,
  ms: 0,
  pex: [],
  tried: [],
  ...over,
})
const failed = (code: Failure["code"], over: Partial<MetadataFetch> = {}) =>
  fetch({ outcome: fail(code), ...over })

/** The dial that such a visit began with. */
const dialOf = ({ outcome, lacking }: MetadataFetch, atMs: number): MetadataTry => ({
  transport: "tcp",
  encryption: "none",
  ok: lacking,
  failure: outcome.ok ? null : outcome.failure,
  atMs,
})

/** When it is due again after each visit that went like this; null: no more. */
function dueAfter(visit: MetadataFetch): (number | null)[] {
  const candidates = createCandidates(1_000, 10_000)
  candidates.offer("192.0.2.1:1", 0)
  const due: (number | null)[] = []
  for (let nowMs = 0; ; nowMs = candidates.nextDueMs()) {
    const candidate = candidates.take(nowMs, free)
    if (candidate === null) return due
    candidate.attempts++
    candidates.putBack(candidate, { ...visit, tried: [dialOf(visit, nowMs)] }, nowMs)
    due.push(candidates.waiting === 0 ? null : candidates.nextDueMs() - nowMs)
  }
}

test.each<[string, MetadataFetch, (number | null)[]]>([
  ["closed early", failed("closed"), [1_000, 2_000, null]],
  ["reset", failed("reset"), [1_000, 2_000, null]],
  ["lacks it", failed("unsupported", { lacking: true }), [10_000, 10_000, null]],
  ["rejected", failed("rejected"), [10_000, 10_000, null]],
  ["stalled", failed("timeout"), [10_000, 10_000, null]],
  ["could not be reached", failed("timeout", { connected: false }), [null]],
  ["refused", failed("refused", { connected: false }), [null]],
  ["silent", failed("handshake-timeout"), [null]],
  ["wrong", failed("hash-mismatch"), [null]],
  ["absurd", failed("too-large"), [null]],
  ["ourselves", failed("self"), [null]],
  ["another swarm", failed("wrong-info-hash"), [null]],
  ["garbage", failed("protocol-error"), [null]],
  ["without BEP 9", failed("unsupported"), [null]],
  ["right", fetch({ outcome: succeed(new Uint8Array()) }), [null]],
])("%s: asked again after", (_, visit, due) => expect(dueAfter(visit)).toEqual(due))

test("who gave way is asked again as often as it takes", () => {
  const candidates = createCandidates(1_000, 10_000)
  candidates.offer("192.0.2.1:1", 0)
  for (let visits = 0; visits < 10; visits++) {
    const candidate = candidates.take(1_000 * visits, free)
    if (candidate === null) throw new Error("nobody")
    candidate.attempts++
    candidates.putBack(candidate, failed("budget"), 1_000 * visits)
    expect(candidates.nextDueMs()).toBe(1_000 * (visits + 1))
  }
})

describe("who is next", () => {
  const order = (
    candidates: ReturnType<typeof createCandidates>,
    isBusy: (host: string) => boolean = free,
  ) => {
    const taken: string[] = []
    for (let next = candidates.take(0, isBusy); next !== null; next = candidates.take(0, isBusy))
      taken.push(next.address)
    return taken
  }

  test("in the order that they came", () => {
    const candidates = createCandidates(1, 1)
    for (const address of ["192.0.2.2:1", "192.0.2.1:1", "[2001:db8::1]:1"]) candidates.offer(address, 0)
    expect(order(candidates)).toEqual(["192.0.2.2:1", "192.0.2.1:1", "[2001:db8::1]:1"])
  })

  test("nobody of a busy host", () => {
    const candidates = createCandidates(1, 1)
    for (const address of ["192.0.2.2:1", "192.0.2.2:2", "192.0.2.1:1"]) candidates.offer(address, 0)
    const isBusy = (host: string) => host === "192.0.2.2"
    expect(candidates.isDue(0, isBusy)).toBe(true)
    expect(order(candidates, isBusy)).toEqual(["192.0.2.1:1"])
    expect(candidates.isDue(0, isBusy)).toBe(false)
    expect(candidates.waiting).toBe(2)
  })

  test("before those that were asked already, and these before the neighbours of a liar", () => {
    const candidates = createCandidates(0, 0)
    for (const address of ["192.0.2.1:1", "192.0.2.2:1"]) candidates.offer(address, 0)
    for (const outcome of [failed("hash-mismatch"), failed("closed")]) {
      const candidate = candidates.take(0, free)
      if (candidate === null) throw new Error("nobody")
      candidate.attempts++
      candidates.putBack(candidate, { ...outcome, tried: [dialOf(outcome, 0)] }, 0)
    }
    for (const address of ["192.0.2.1:2", "192.0.2.3:1"]) candidates.offer(address, 0)
    expect(order(candidates)).toEqual(["192.0.2.3:1", "192.0.2.2:1", "192.0.2.1:2"])
  })

  test("each address once, and no more than are kept", () => {
    const candidates = createCandidates(1, 1)
    const { maxCandidates } = limits.metadata
    for (let port = 1; port <= maxCandidates + 5; port++) candidates.offer(`192.0.2.1:${port}`, 0)
    candidates.offer("192.0.2.1:1", 0)
    expect(candidates).toMatchObject({ waiting: maxCandidates, left: 5 })
  })
})

test.each([
  ["192.0.2.1:80", "192.0.2.1:81", true],
  ["192.0.2.1:80", "192.0.2.2:80", false],
  ["[2001:db8:1:200::1]:80", "[2001:db8:1:2ff::2]:80", true],
  ["[2001:db8:1:200::1]:80", "[2001:db8:1:300::1]:80", false],
  ["127.0.0.1:80", "127.0.0.1:81", false],
])("%s and %s are one host: %s", (one, other, same) => {
  expect(hostKey(one) === hostKey(other)).toBe(same)
})
