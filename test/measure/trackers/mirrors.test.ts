import { expect, test } from "vitest"
import { groupsOf, likenessesOf, type Listing } from "../../../src/measure/trackers/mirrors.ts"
import { range } from "../../support/builders.ts"
import { shuffled } from "./phantom-swarm.ts"
import { randomOf } from "../server.ts"

const listing = (ids: readonly number[], overrides: Partial<Listing> = {}): Listing => ({
  url: "a",
  named: new Set(ids.map(String)),
  seeders: 15,
  leechers: 5,
  downloads: 90,
  ...overrides,
})
const whole = listing(range(0, 20))
const judged = (one: Listing, other: Listing) =>
  likenessesOf([one, { ...other, url: "b" }]).map(({ mirrors }) => mirrors)

test.each<[string, Listing, Listing, string]>([
  ["the same peers and counts", whole, whole, "yes"],
  ["one left in between", whole, listing(range(1, 20), { seeders: 14 }), "yes"],
  ["no count of downloads", whole, { ...whole, downloads: null }, "yes"],
  ["other downloads", whole, { ...whole, downloads: 700 }, "no"],
  ["other seeders", whole, { ...whole, seeders: 25 }, "no"],
  ["unknown seeders", whole, { ...whole, seeders: null }, "no"],
  ["other peers", whole, listing(range(100, 120)), "no"],
  ["half of the peers", whole, listing(range(10, 30)), "no"],
  ["four peers", listing(range(0, 4)), listing(range(0, 4)), "unclear"],
  ["one each, different", listing([1]), listing([2]), "no"],
])("%s: %s", (_, one, other, mirrors) => {
  expect(judged(one, other)).toEqual([mirrors])
})

test("who names nobody is like nobody", () => {
  expect(judged(whole, listing([]))).toEqual([])
})

test("cut lists: two draws from one list, if `downloads` says so too; not two that avoid each other", () => {
  const random = randomOf(1)
  const counts = { seeders: 800, leechers: 200 }
  const draw = (overrides: Partial<Listing> = {}) =>
    listing(shuffled(range(0, 1_000), random).slice(0, 200), { ...counts, ...overrides })
  const pairs = range(0, 300).map(() => judged(draw(), draw())[0])
  expect(pairs.filter((each) => each === "yes").length).toBeGreaterThan(285)
  expect(judged(draw({ downloads: null }), draw())).toEqual(["unclear"])
  expect(judged(listing(range(0, 200), counts), listing(range(200, 400), counts))).toEqual(["no"])
})

test("groups join what any two of their members share", () => {
  const same = (one: string, other: string) => ["ab", "bd"].includes([one, other].sort().join(""))
  expect(groupsOf(["a", "c", "d", "b"], same)).toEqual([[0, 2, 3], [1]])
  expect(groupsOf([], same)).toEqual([])
})
