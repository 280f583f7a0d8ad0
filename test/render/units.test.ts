import { expect, test } from "vitest"
import { symbolsFor } from "../../src/render/page.ts"
import {
  bytes,
  clock,
  count,
  date,
  duration,
  longTime,
  percent,
  rateUnit,
  reply,
  short,
  steadyBytes,
} from "../../src/render/units.ts"
import { estimate } from "./snapshots.ts"

const KiB = 1024
const MiB = 1024 ** 2
const GiB = 1024 ** 3

test.for([
  [0, "0 B"],
  [1023, "1023 B"],
  [256 * KiB, "256 KiB"],
  [3.6875 * GiB, "3.69 GiB"],
  [12.5 * MiB, "12.5 MiB"],
  [MiB - 1, "1.00 MiB"],
  [700.4 * MiB, "700 MiB"],
] as const)("%d bytes are %s", ([size, shown]) => {
  expect(bytes(size)).toBe(shown)
})

test("live sizes keep one decimal", () => {
  expect([0, 900, 5 * MiB, 1.4 * MiB].map(steadyBytes)).toEqual(["0 B", "900 B", "5.0 MiB", "1.4 MiB"])
})

test("short numbers", () => {
  expect([0, 0.04, 0.7, 1.25, 12.34, 128.4].map(short)).toEqual(["0", "0.04", "0.7", "1.3", "12.3", "128"])
})

test("a column has the unit of its greatest rate", () => {
  expect([0, 90, 128 * KiB, MiB].map((rate) => rateUnit(rate).name)).toEqual([
    "MiB/s",
    "KiB/s",
    "KiB/s",
    "MiB/s",
  ])
})

test.for([
  [812, "812ms"],
  [42_000, "42s"],
  [171_000, "2m51s"],
  [3_599_900, "1h00m"],
  [90_000_000, "1d01h"],
] as const)("%d ms last %s", ([ms, shown]) => {
  expect(duration(ms)).toBe(shown)
})

test("clocks and replies", () => {
  expect([42_000, 180_000, 3_723_000].map(clock)).toEqual(["0:42", "3:00", "1:02:03"])
  expect([38.4, 2_100, 120_000].map(reply)).toEqual(["38 ms", "2.1 s", "120 s"])
})

test("dates are UTC, to the minute", () => {
  expect(date("2026-03-14T09:15:42.123Z")).toBe("2026-03-14 09:15 UTC")
})

test("a peer that lacks one piece isn't at 100%", () => {
  expect([0, 0.0001, 0.62, 0.9999, 1].map(percent)).toEqual(["0%", "<1%", "62%", "99%", "100%"])
})

test("absurd counts are short", () => {
  expect([48, 99_999, 4_294_967_295].map(count)).toEqual(["48", "99999", "4.29G"])
})

test.for([
  [720_000, 480_000, 1_260_000, "12 min (8–21)"],
  [30_000, 20_000, 45_000, "30 s (20–45)"],
  [9_000_000, 7_200_000, null, "2.5 h (≥2)"],
] as const)("%d ms, %d to %d, are %s", ([value, low, high, shown]) => {
  expect(longTime(estimate(value, low, high), symbolsFor(false))).toBe(shown)
})
