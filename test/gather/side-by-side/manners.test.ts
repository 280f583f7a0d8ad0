/** Several audits that were told of the same addresses, minutes of them in no time. */
import { expect, onTestFinished, test } from "vitest"
import { fail } from "../../../src/failure.ts"
import { createPacer } from "../../../src/gather/pacer.ts"
import { createSharedPerVictim } from "../../../src/gather/per-victim.ts"
import { createProbes, type Probes } from "../../../src/gather/probes.ts"
import { seededRandom } from "../../../src/gather/random.ts"
import type { SharedBudgets } from "../../../src/gather/side-by-side/budgets.ts"
import { createLedger } from "../../../src/gather/side-by-side/ledger.ts"
import { createMeasuring } from "../../../src/gather/side-by-side/measuring.ts"
import { createSilences } from "../../../src/gather/side-by-side/silences.ts"
import { limits, paces } from "../../../src/limits.ts"
import { createLane } from "../../../src/wire/throttle.ts"
import { testSwarm } from "../../wire/swarm.ts"
import { virtualClock } from "../../wire/virtual-clock.ts"

/** Nobody answers anywhere. */
function stage(count: number) {
  const clock = virtualClock()
  const { now, sleep } = clock.network
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const dials: { atMs: number; to: string }[] = []
  const network = {
    ...clock.network,
    date: () => new Date(now()),
    async connect({
      host,
      port,
      signal,
      timeoutMs,
    }: {
      host: string
      port: number
      signal: AbortSignal
      timeoutMs: number
    }) {
      dials.push({ atMs: now(), to: `${host}:${port}` })
      await sleep(timeoutMs, signal)
      return fail("timeout")
    },
  } as never
  const pace = paces.normal
  const ledger = createLedger(pace.sockets, clock.network)
  const measuring = createMeasuring(now)
  const silences = createSilences(now)
  const perVictim = createSharedPerVictim(now)
  const dialled = createPacer(pace.dialsPerSecond, now)
  const payload = createLane(pace.totalBytesPerSecond, now)
  const echoes = { dueMs: 0 }
  const audits: Probes[] = Array.from({ length: count }, () => {
    const share = ledger.join()
    const budgets: SharedBudgets = {
      places: (of) => share.places(of),
      dials: dialled,
      echoes,
      payload,
      turn: measuring.join(),
      silences: silences.join(),
      perVictim,
    }
    return createProbes({
      swarm: testSwarm({ network, utp: null, encryption: "off" }),
      network,
      signal: stop.signal,
      depth: "handshake",
      pace,
      budgets,
      maxPeers: 200,
      admission: { peer: () => ({ allowLocal: false, allowLoopback: false, refusePublic: false }) },
      isSelf: () => false,
      onSelf() {},
      now,
      hit() {},
      random: seededRandom("1"),
      sample: () => Promise.reject(new Error("nobody is met")),
    })
  })
  return {
    audits,
    dials,
    sight: (...addresses: string[]) => {
      for (const probes of audits) probes.sight(addresses, { kind: "tracker", via: null, at: "" })
    },
    pass: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 100) await clock.pass(100)
    },
  }
}

test("an address that never answers is dialled once a minute, and every audit knows of it", async () => {
  const { audits, dials, sight, pass } = stage(4)
  sight("20.0.0.1:1")
  await pass(30_000)
  expect(dials).toHaveLength(1)
  for (const { book, unfinished } of audits) {
    expect(book.get("20.0.0.1:1")?.attempts).toMatchObject([
      { ok: false, failure: { code: "timeout" }, atMs: dials[0]?.atMs, ms: paces.normal.connectMs },
    ])
    expect(unfinished).toBe(0)
  }
  await pass(150_000)
  const gaps = dials.slice(1).map(({ atMs }, i) => atMs - (dials[i]?.atMs ?? 0))
  expect(dials.length).toBeGreaterThan(1)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(limits.contact.silentMs)
})

test("dials per second are those of one run, and every audit has its part", async () => {
  const { audits, dials, pass } = stage(3)
  for (const [i, probes] of audits.entries()) {
    const own = Array.from({ length: 30 }, (_, k) => `20.${i}.0.${k + 1}:1`)
    probes.sight(own, { kind: "tracker", via: null, at: "" })
  }
  await pass(2_900)
  expect(dials).toHaveLength(30)
  const of = audits.map((_, i) => dials.filter(({ to }) => to.startsWith(`20.${i}.`)).length)
  expect(of).toEqual([10, 10, 10])
})

test("sockets are those of one run, and who has fewer gets the next", async () => {
  const { audits, dials, pass } = stage(2)
  const crowd = (i: number, count: number) => Array.from({ length: count }, (_, k) => `20.${i}.0.${k + 1}:1`)
  audits[0]?.sight(crowd(0, 60), { kind: "tracker", via: null, at: "" })
  await pass(5_000)
  audits[1]?.sight(crowd(1, 20), { kind: "tracker", via: null, at: "" })
  await pass(4_900)
  expect(dials.length).toBe(paces.normal.sockets)
  await pass(8_000)
  expect(dials.filter(({ to }) => to.startsWith("20.1.")).length).toBe(20)
})

test("a victim that every torrent names, each with ports of its own, hears two dials at a time, and of few ports in all", async () => {
  const { audits, dials, pass } = stage(10)
  for (const [i, probes] of audits.entries()) {
    const aimed = Array.from({ length: 100 }, (_, k) => `20.9.9.9:${10_000 + 100 * i + k}`)
    probes.sight(aimed, { kind: "tracker", via: null, at: "" })
  }
  const sizes = audits.map(({ book }) => book.size)
  expect(Math.max(...sizes)).toBe(limits.victim.perHost)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(limits.victim.allPerHost)
  await pass(59_000)
  expect(dials.length).toBeGreaterThan(6)
  expect(dials.length).toBeLessThanOrEqual((2 * 60_000) / paces.normal.connectMs)
})
