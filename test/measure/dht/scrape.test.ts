import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { filterSize, joinedFilters, type FilterVoice } from "../../../src/measure/dht/scrape.ts"
import { filterInterval } from "../../../src/measure/dht/filter-interval.ts"
import { parseAddress } from "../../../src/torrent/address.ts"
import { randomOf } from "../server.ts"

const m = 2048
/** Each regime is simulated so often; 95% intervals must cover 93%. */
const runs = 1_000

type Filter = Uint8Array<ArrayBuffer>
const emptyFilter = (): Filter => new Uint8Array(256)
const setBit = (filter: Filter, index: number) => {
  filter[index >> 3] = (filter[index >> 3] ?? 0) | (1 << (index & 7))
}

/** The BEP's pseudocode. */
function insert(filter: Filter, host: string): void {
  const hash = createHash("sha1").update(parseAddress(host)!).digest()
  setBit(filter, hash.readUInt16LE(0) % m)
  setBit(filter, hash.readUInt16LE(2) % m)
}

/** As BEP 33 prints it. */
const vector = Buffer.from(
  "F6C3F5EAA07FFD91BDE89F777F26FB2BFF37BDB8FB2BBAA2FD3DDDE7BACFFF75EE7CCBAEFE5EEDB1FBFAFF67F6ABFF5E" +
    "43DDBCA3FD9B9FFDF4FFD3E9DFF12D1BDF59DB53DBE9FA5B7FF3B8FDFCDE1AFB8BEDD7BE2F3EE71EBBBFE93BCDEEFE14" +
    "8246C2BC5DBFF7E7EFDCF24FD8DC7ADFFD8FFFDFDDFFF7A4BBEEDF5CB95CE81FC7FCFF1FF4FFFFDFE5F7FDCBB7FD79B3" +
    "FA1FC77BFE07FFF905B7B7FFC7FEFEFFE0B8370BB0CD3F5B7F2BD93FEB4386CFDD6F7FD5BFAF2E9EBFFFFEECD67ADBF7" +
    "C67F17EFD5D75EBA6FFEBA7FFF47A91EB1BFBB53E8ABFB5762ABE8FF237279BFEFBFEEF5FFC5FEBFDFE5ADFFADFEE1FB" +
    "737FFFFBFD9F6AEFFEEE76B6FD8F72EF",
  "hex",
)

describe("one filter", () => {
  it("the BEP's own vector: its addresses give its bits, and its bits its estimate", () => {
    const filter = emptyFilter()
    for (let i = 0; i < 256; i++) insert(filter, `192.0.2.${i}`)
    for (let i = 0; i < 1_000; i++) insert(filter, `2001:db8::${i.toString(16)}`)
    expect(Buffer.from(filter).toString("hex")).toBe(vector.toString("hex"))
    // 1224.93089 with all digits: the BEP cuts them off.
    expect(Math.floor(filterSize(vector) * 10_000)).toBe(12_249_308)
    const estimate = joinedFilters([{ voice: "a", family: "ipv4", filter: vector }])!
    expect(estimate.value).toBe(filterSize(vector))
    expect(estimate.low).toBeLessThan(1_256)
    expect(estimate.high).toBeGreaterThan(1_256)
  })

  it.each([
    ["no bit", 0, { low: 0, high: 0 }],
    ["one bit: an address whose two are the same", 1, { low: 1, high: 1 }],
    ["one address", 2, { low: 1, high: 1 }],
    ["an odd count: two bits met", 5, { low: 3, high: 3 }],
  ])("%s", (_, ones, interval) => {
    expect(filterInterval(ones)).toEqual(interval)
  })

  it("every bit: no upper bound, and the lower one is where 2.5% of filters are full", () => {
    const { low, high } = filterInterval(m)
    expect(high).toBeNull()
    // Zero bits are then Poisson with mean −ln 0.025.
    expect(low / ((m * Math.log(m / -Math.log(0.025))) / 2)).toBeCloseTo(1, 2)
  })

  it("agrees with the formula of the standard error where that holds", () => {
    for (const size of [300, 1_000, 2_000]) {
      const t = (2 * size) / m
      const se = Math.sqrt(m * (Math.exp(t) - t - 1)) / 2
      const { low, high } = filterInterval(Math.round(m * (1 - (1 - 1 / m) ** (2 * size))))
      expect((high! - low) / (2 * 1.96 * se)).toBeGreaterThan(0.95)
      expect((high! - low) / (2 * 1.96 * se)).toBeLessThan(1.08)
    }
  })
})

interface World {
  addresses: number
  nodes: number
  /** With which chance a node holds an address. */
  share: number
  forger?: (random: () => number) => Filter
}

interface Simulated {
  voices: FilterVoice[]
  /** That the honest nodes hold. */
  held: number
}

function simulate({ addresses, nodes, share, forger }: World, random: () => number): Simulated {
  const filters = Array.from({ length: nodes }, emptyFilter)
  let held = 0
  for (let i = 0; i < addresses; i++) {
    const [one, other] = [Math.floor(random() * m), Math.floor(random() * m)]
    let known = false
    for (const filter of filters) {
      if (random() >= share) continue
      known = true
      setBit(filter, one)
      setBit(filter, other)
    }
    if (known) held++
  }
  if (forger) filters.splice(Math.floor(random() * (nodes + 1)), 0, forger(random))
  return {
    voices: filters.map((filter, i) => ({ voice: `${i}`, family: "ipv4" as const, filter })),
    held,
  }
}

/** How often the interval held the truth, and how often there was one. */
function simulated(world: World): { covered: number; given: number } {
  let [covered, given] = [0, 0]
  for (let run = 0; run < runs; run++) {
    const { voices, held } = simulate(world, randomOf(run * 7 + 1))
    const estimate = joinedFilters(voices)
    if (!estimate) continue
    given++
    if (estimate.low <= held && held <= (estimate.high ?? Infinity)) covered++
  }
  return { covered: covered / given, given: given / runs }
}

const strangers =
  (count: number) =>
  (random: () => number): Filter => {
    const filter = emptyFilter()
    for (let i = 0; i < 2 * count; i++) setBit(filter, Math.floor(random() * m))
    return filter
  }
const forgers = {
  full: () => emptyFilter().fill(0xff),
  "half full": (random: () => number) => emptyFilter().map(() => Math.floor(random() * 256)),
  "a thousand strangers": strangers(1_000),
  "ten strangers": strangers(10),
  empty: emptyFilter,
}

describe("nodes that disagree", () => {
  const random = randomOf(7)
  const honest = strangers(100)(random)
  const voice = (filter: Filter, i: number) => ({ voice: `${i}`, family: "ipv4" as const, filter })

  it.each(Object.entries(forgers))("one forger among four moves nothing: %s", (_, forger) => {
    const alone = joinedFilters([honest, honest, honest].map(voice))!
    const withForger = joinedFilters([honest, forger(random), honest, honest].map(voice))!
    expect(withForger.low).toBeGreaterThanOrEqual(alone.low - 1)
    expect(withForger.high).toBeLessThanOrEqual(alone.high! * 1.2)
  })

  it("of one that adds no more than an honest node might, the lower bound takes no notice", () => {
    const more = strangers(10)(random).map((byte, i) => byte | honest[i]!)
    const estimate = joinedFilters([honest, honest, more, honest].map(voice))!
    expect(estimate.n).toBe(4)
    expect(estimate.low).toBe(joinedFilters([voice(honest, 0)])!.low)
    expect(estimate.high).toBeGreaterThan(joinedFilters([voice(honest, 0)])!.high!)
  })

  it("two that disagree settle nothing", () => {
    expect(joinedFilters([honest, strangers(1_000)(random)].map(voice))).toBeNull()
  })

  it("one is taken at its word, and no filter is no estimate", () => {
    expect(joinedFilters([voice(honest, 0)])).toMatchObject({ n: 1, censored: false })
    expect(joinedFilters([])).toBeNull()
  })

  it("many filters of one address are one voice", () => {
    const forged = forgers.full()
    const crowd = Array.from({ length: 9 }, () => ({ ...voice(forged, 9) }))
    const estimate = joinedFilters([...[honest, honest, honest].map(voice), ...crowd])!
    expect(estimate.n).toBe(3)
    expect(estimate.value).toBeCloseTo(filterSize(honest), 6)
  })

  it("each family for itself, then added", () => {
    const six = strangers(50)(random)
    const both = joinedFilters([voice(honest, 0), { voice: "6", family: "ipv6", filter: six }])!
    expect(both.value).toBeCloseTo(filterSize(honest) + filterSize(six), 6)
    expect(both.n).toBe(2)
  })
})

describe("the 95% interval covers the truth in at least 93% of 1,000 runs", () => {
  it.each(
    [
      [0, [1, 3]],
      [1, [1, 2, 8]],
      [2, [3, 16]],
      [3, [1, 2, 3, 8]],
      [10, [1, 8]],
      [50, [2, 16]],
      [300, [1, 3, 8]],
      [1_500, [1, 4]],
      [6_000, [1, 3]],
    ].flatMap(([addresses, counts]) =>
      (counts as number[]).flatMap((nodes) =>
        [0.5, 1].map((share) => ({ addresses: addresses as number, nodes, share })),
      ),
    ),
  )("$addresses addresses, $nodes nodes that hold $share of them each", (world) => {
    const { covered, given } = simulated(world)
    expect(covered).toBeGreaterThanOrEqual(0.93)
    expect(given).toBeGreaterThanOrEqual(0.99)
  })

  it("12,000 addresses, more than a filter can tell", () => {
    expect(simulated({ addresses: 12_000, nodes: 1, share: 1 }).covered).toBeGreaterThanOrEqual(0.93)
  })

  it.each(
    Object.entries(forgers).flatMap(([name, forger]) =>
      [
        { addresses: 1, nodes: 7 },
        { addresses: 3, nodes: 3 },
        { addresses: 10, nodes: 2 },
        { addresses: 10, nodes: 15 },
        { addresses: 300, nodes: 3 },
        { addresses: 1_500, nodes: 7 },
      ].flatMap((world) => [0.5, 1].map((share) => ({ ...world, share, name, forger }))),
    ),
  )(
    "one forger ($name), $addresses addresses, $nodes honest nodes that hold $share of them each",
    (world) => {
      const { covered, given } = simulated(world)
      expect(covered).toBeGreaterThanOrEqual(0.93)
      expect(given).toBeGreaterThanOrEqual(0.95)
    },
  )
})
