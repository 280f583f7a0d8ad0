/** Who is measured with whom, on a virtual clock: links that fill up, households, peers that change or leave meanwhile. */
import { describe, expect, it } from "vitest"
import type { Evidence, Trial } from "../../src/evidence.ts"
import { seededRandom } from "../../src/gather/random.ts"
import { createTurns } from "../../src/gather/turns.ts"
import { contentionOf, grantedRates } from "../../src/measure/contention.ts"
import { aRun, aSeeder } from "../support/builders.ts"
import { virtualLink, type VirtualLinks, type VirtualPeer } from "./virtual-link.ts"

const KiB = 1024
const MiB = 1024 * KiB

const peer = (name: string, mebibytes: number, rest: Partial<VirtualPeer> = {}): VirtualPeer => ({
  address: `203.0.113.${name}:6881`,
  host: `203.0.113.${name}`,
  rate: () => mebibytes * MiB,
  ...rest,
})

interface Setting extends VirtualLinks {
  slots?: number
  cap?: number
  seed?: string
}

async function measured(peers: readonly VirtualPeer[], setting: Setting = {}) {
  const link = virtualLink(peers, setting)
  const trials: Trial[] = []
  const signal = new AbortController().signal
  const turns = createTurns({
    slots: setting.slots ?? 4,
    capBytesPerSecond: setting.cap ?? Infinity,
    random: seededRandom(setting.seed ?? "turns"),
    signal,
    now: link.now,
    sleep: link.sleep,
    onTrial: (trial) => trials.push(trial),
  })
  const visit = async (contestant: (typeof link.contestants)[number]) => {
    turns.arrive(contestant)
    await turns.measure(contestant, () => false)
    const recall = turns.lend(contestant)
    while (turns.wants(contestant)) await link.sleep(250, signal)
    recall()
  }
  await link.run(Promise.all(link.contestants.map(visit)))
  const seen: Pick<Evidence, "run" | "peers"> = {
    run: aRun({ trials }),
    peers: link.contestants.map((each, i) =>
      aSeeder(i + 1, { address: each.address, samples: [...each.samples()], goodputBytesPerSecond: null }),
    ),
  }
  const rates = grantedRates(seen)
  const evidence = {
    run: seen.run,
    peers: seen.peers.map((each, i) => ({ ...each, goodputBytesPerSecond: rates[i] ?? null })),
  }
  return {
    trials,
    rates: rates.map((rate) => rate && { ...rate, value: rate.value / MiB }),
    contention: contentionOf(evidence),
    ms: link.now(),
    bytes: link.contestants.map((each) => each.received()),
  }
}

describe("a link that is far from full", () => {
  it("is found so in one trial, and everybody is measured at once", async () => {
    const { trials, rates, contention, ms } = await measured([
      peer("1", 1),
      peer("2", 2),
      peer("3", 0.5),
      peer("4", 4),
    ])
    expect(trials).toHaveLength(1)
    expect(trials[0]?.peers[0]).toBe("203.0.113.4:6881")
    expect(contention).toMatchObject({ ceiling: null, uplinks: [] })
    expect(contention.carriedBytesPerSecond).toBeGreaterThan(7 * MiB)
    ;[1, 2, 0.5, 4].forEach((truth, i) => expect(rates[i]?.value).toBeCloseTo(truth, 1))
    expect(rates.every((rate) => rate?.censored === false)).toBe(true)
    expect(ms).toBeLessThan(9_000)
  })

  it("is tried again only when more comes than it was seen to carry", async () => {
    const crowd = Array.from({ length: 16 }, (_, i) => peer(String(i + 1), 1))
    const { trials, ms } = await measured(crowd)
    expect(trials).toHaveLength(1)
    expect(ms).toBeLessThan(25_000)
  })

  it("one peer alone needs no trial", async () => {
    const { trials, rates } = await measured([peer("1", 3)])
    expect(trials).toEqual([])
    expect(rates[0]?.value).toBeCloseTo(3, 1)
  })
})

describe("a link of ours that is full", () => {
  it("is measured, and what it held down is a lower bound; the slow are still right", async () => {
    const { rates, contention } = await measured(
      [peer("1", 1.5), peer("2", 3), peer("3", 0.25), peer("4", 4)],
      { ours: 2 * MiB },
    )
    expect((contention.ceiling?.value ?? 0) / MiB).toBeCloseTo(2, 0.7)
    expect(contention.uplinks).toEqual([])
    expect(rates[0]).toMatchObject({ censored: false })
    expect(rates[0]?.value).toBeCloseTo(1.5, 1)
    expect(rates[1]).toMatchObject({ censored: true, high: null })
    expect(rates[2]?.value).toBeCloseTo(0.25, 1)
    expect(rates[3]).toMatchObject({ censored: true, high: null })
  })

  it("lets the slow ones share it once it is known", async () => {
    const slow = Array.from({ length: 12 }, (_, i) => peer(String(i + 10), 0.1))
    const { ms, rates } = await measured([peer("1", 4), peer("2", 4), ...slow], { ours: 2 * MiB })
    expect(rates.slice(2).every((rate) => Math.abs((rate?.value ?? 0) - 0.1) < 0.01)).toBe(true)
    expect(ms).toBeLessThan(80_000)
  })

  it("is not believed in at our own cap", async () => {
    const { trials } = await measured([peer("1", 2), peer("2", 2)], { ours: 2 * MiB, cap: 2 * MiB })
    expect(trials).toEqual([])
  })
})

describe("a ceiling that was nearly reached before", () => {
  it("is noticed all the same, and who was slowed by it is not taken for slow", async () => {
    const { rates } = await measured(
      [
        peer("1", 4),
        peer("2", 0.3),
        peer("3", 0.2),
        peer("4", 0.1),
        ...["5", "6", "7", "8"].map((name) => peer(name, 3)),
      ],
      { ours: 4.2 * MiB },
    )
    for (const rate of rates.slice(4)) expect((rate?.censored ?? true) || (rate?.value ?? 0) > 2.7).toBe(true)
  })
})

describe("a piece aside", () => {
  async function waited(host: string) {
    const link = virtualLink([peer("1", 0.1), peer("2", 1, { host })])
    const signal = new AbortController().signal
    const turns = createTurns({
      slots: 4,
      capBytesPerSecond: Infinity,
      random: seededRandom("aside"),
      signal,
      now: link.now,
      sleep: link.sleep,
      onTrial: () => {},
    })
    const [one, other] = link.contestants
    if (!one || !other) throw new Error("two were planned")
    const measuring = turns.measure(one, () => false)
    const asked = turns.aside(other, () => Promise.resolve(link.now()))
    return link.run(Promise.all([asked, measuring]).then(([ms]) => ms))
  }

  it("waits while a neighbour is measured, but not for ever: an unchoke may not last", async () => {
    expect(await waited("203.0.113.1")).toBeGreaterThan(2_000)
    expect(await waited("203.0.113.1")).toBeLessThanOrEqual(5_100)
  })

  it("does not wait for a stranger", async () => {
    expect(await waited("203.0.113.2")).toBeLessThan(100)
  })
})

describe("peers of one host", () => {
  const household = { host: "203.0.113.1", uplink: "home" }

  it("that share an uplink are each measured alone, and noticed", async () => {
    const { rates, contention } = await measured(
      [peer("1", 2, household), peer("2", 2, household), peer("3", 3)],
      { uplinks: { home: MiB } },
    )
    expect(rates.map((rate) => Math.round((rate?.value ?? 0) * 10) / 10)).toEqual([1, 1, 3])
    expect(contention.uplinks.map(({ addresses }) => addresses.toSorted())).toEqual([
      ["203.0.113.1:6881", "203.0.113.2:6881"],
    ])
    expect((contention.uplinks[0]?.rate.value ?? 0) / MiB).toBeCloseTo(1, 1)
    expect(contention.ceiling).toBeNull()
  })

  it("that have room enough are not said to share anything", async () => {
    const { trials, contention } = await measured([peer("1", 1, household), peer("2", 2, household)], {
      uplinks: { home: 8 * MiB },
    })
    expect(trials.map(({ between }) => between)).toEqual(["neighbours"])
    expect(contention.uplinks).toEqual([])
  })
})

describe("what only looks like a full link", () => {
  it("a peer that becomes faster by itself while it is tried: not believed at once", async () => {
    const faster = peer("1", 0, { rate: (ms) => (ms < 4_500 ? 2 : 4) * MiB })
    const { trials, contention } = await measured([faster, peer("2", 1), peer("3", 1)])
    expect(trials.length).toBeGreaterThan(1)
    expect(contention.ceiling).toBeNull()
  })

  it("two of several hosts behind one uplink: theirs, once somebody was seen above it", async () => {
    const seedbox = { uplink: "box" }
    const { contention, rates } = await measured(
      [peer("1", 4, seedbox), peer("2", 4, seedbox), peer("3", 6)],
      { uplinks: { box: 2 * MiB }, slots: 2, seed: "pair" },
    )
    expect(contention.ceiling).toBeNull()
    expect(rates[2]?.value).toBeCloseTo(6, 0.5)
    expect(rates[2]?.censored).toBe(false)
  })
})

describe("who leaves", () => {
  it("in the middle of its own trial holds nobody up", async () => {
    const { rates } = await measured([peer("1", 4, { leavesMs: 4_800 }), peer("2", 1), peer("3", 1)])
    expect(rates[1]?.value).toBeCloseTo(1, 1)
    expect(rates[2]?.value).toBeCloseTo(1, 1)
  })
})
