import { describe, expect, test } from "vitest"
import { coverageOf, draw, type Random } from "../../../bench/population-regimes.ts"
import { acrossPlaces, mostOccasions, type Cell } from "../../../src/measure/vantages/recaptures.ts"
import { range } from "../../support/builders.ts"

interface Places {
  population: number
  /** Of all, how many each place is named. */
  lists: readonly number[]
  /** Of all, whom a firewall hides from each place. */
  hidden?: readonly number[]
  /** Answers no place this time. */
  missed?: number
}

function cellsOf({ population, lists, hidden = [], missed = 0 }: Places, random: Random): Cell[] {
  const everybody = range(0, population)
  const named = lists.map((share) => draw(everybody, Math.round(share * population), random))
  const cells = new Map<string, Cell>()
  for (const one of everybody) {
    let [sighted, reached] = [0, 0]
    for (const [place, list] of named.entries()) {
      const open = random() >= (hidden[place] ?? 0) && random() >= missed
      if (!list.has(one)) continue
      sighted |= 1 << place
      if (open) reached |= 1 << place
    }
    const key = `${sighted} ${reached}`
    const known = cells.get(key)
    if (known) known.count++
    else if (reached !== 0) cells.set(key, { sighted, reached, count: 1 })
  }
  return [...cells.values()]
}

const regimes: readonly Places[] = [
  { population: 20, lists: [0.5, 0.5, 0.5] },
  { population: 50, lists: [0.5, 0.5] },
  { population: 60, lists: [0.8, 0.3] },
  { population: 100, lists: [0.9, 0.9] },
  { population: 100, lists: [1, 1, 1], missed: 0.1 },
  { population: 100, lists: [0.3, 0.3, 0.3, 0.3, 0.3] },
  { population: 200, lists: [0.25, 0.25] },
  { population: 200, lists: [0.25, 0.25, 0.25], hidden: [0, 0.5] },
  { population: 200, lists: [0.4, 0.4, 0.4], hidden: [0.5, 0.5] },
  { population: 300, lists: [0.5, 0.5, 0.5, 0.5], missed: 0.1 },
  { population: 500, lists: [0.4, 0.1, 0.05] },
  { population: 500, lists: [0.2, 0.2], hidden: [0.5] },
  { population: 1_000, lists: [0.1, 0.1, 0.1] },
]

const told = ({ population, lists, hidden = [], missed = 0 }: Places) =>
  `${population} peers, lists of ${lists.join(" ")}, hidden ${hidden.join(" ") || 0}, missed ${missed}`

test.each(regimes.map((each) => [told(each), each] as const))(
  "%s: at least 93% of 1,000 intervals hold the truth",
  (name, places) => {
    const { held, given, value } = coverageOf(
      {
        name,
        population: places.population,
        claims: "both ends",
        estimate: (random) => acrossPlaces(cellsOf(places, random), places.lists.length),
      },
      1_000,
    )
    expect(given).toBeGreaterThan(950)
    expect(held).toBeGreaterThanOrEqual(0.93)
    expect(value).toBeGreaterThan(0.9)
    expect(value).toBeLessThan(1.1)
  },
)

describe("by hand", () => {
  test("two places without a firewall: Lincoln and Petersen's, or nearly", () => {
    const cells = [
      { sighted: 1, reached: 1, count: 200 },
      { sighted: 2, reached: 2, count: 200 },
      { sighted: 3, reached: 3, count: 100 },
    ]
    expect(acrossPlaces(cells, 2)?.value).toBeCloseTo((300 * 300) / 100, -1)
  })

  test("half are hidden from the first place: whom it was named and can't reach tells so", () => {
    const cells = [
      { sighted: 1, reached: 1, count: 40 },
      { sighted: 2, reached: 2, count: 80 },
      { sighted: 3, reached: 3, count: 10 },
      { sighted: 3, reached: 2, count: 10 },
    ]
    const all = acrossPlaces(cells, 2)?.value
    expect(all).toBeGreaterThan(480)
    expect(all).toBeLessThan(520)
  })

  test("everybody seen by all: those", () => {
    expect(acrossPlaces([{ sighted: 7, reached: 7, count: 40 }], 3)).toMatchObject({ low: 40, n: 40 })
    expect(acrossPlaces([{ sighted: 7, reached: 7, count: 40 }], 3)?.value).toBeCloseTo(40, 1)
  })

  test("too few seen again, or a single place: unknown", () => {
    const apart = [1, 2, 4].map((sighted) => ({ sighted, reached: sighted, count: 20 }))
    expect(acrossPlaces(apart, 3)).toBeNull()
    expect(acrossPlaces([...apart, { sighted: 3, reached: 3, count: 4 }], 3)).toBeNull()
    expect(acrossPlaces([{ sighted: 1, reached: 1, count: 20 }], 1)).toBeNull()
    expect(acrossPlaces([], 2)).toBeNull()
  })

  test("every way to be seen at as many places as there may be: soon", () => {
    const cells = range(1, 2 ** mostOccasions).flatMap((sighted) =>
      range(1, 2 ** mostOccasions)
        .filter((reached) => (reached & ~sighted) === 0)
        .map((reached) => ({ sighted, reached, count: 1 })),
    )
    const before = performance.now()
    expect(acrossPlaces(cells, mostOccasions)?.value).toBeGreaterThan(0)
    expect(performance.now() - before).toBeLessThan(5_000)
  })
})
