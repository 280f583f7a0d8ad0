import { expect, test } from "vitest"
import { reading } from "../../src/evidence.ts"
import { readingsOf } from "../../src/gather/readings.ts"
import { emptyBitfield } from "../../src/torrent/bitfield.ts"
import { createRecord, type SessionRecord } from "../../src/wire/record.ts"

/** It held `from` when it began and `to` in the end. */
const visit = (
  atMs: number,
  from: number,
  to: number,
  overrides: Partial<SessionRecord> = {},
): SessionRecord => ({
  ...createRecord({ transport: "tcp", encryption: "none" }, atMs, 5),
  closedMs: 10_000,
  peerId: "2d".repeat(20),
  start: { atMs: atMs + 100, count: ones(from), pieces: Uint8Array.of(from) },
  pieces: Uint8Array.of(to),
  ...overrides,
})

const ones = (byte: number): number => byte.toString(2).replaceAll("0", "").length

test("one for each visit that told what the peer holds", () => {
  const silent = visit(20_000, 0, 0, { start: null })
  const haveEvents = [
    { atMs: 1_100, count: 2 },
    { atMs: 5_000, count: 3 },
  ]
  expect(
    readingsOf([
      visit(1_000, 0b1100_0000, 0b1110_0000, { haveEvents, gainedPieces: 1 }),
      silent,
      visit(40_000, 0b1000_0000, 0b1000_0000, { withdrawnClaims: 2 }),
    ]),
  ).toEqual([
    {
      fromMs: 1_100,
      toMs: 11_000,
      fromCount: 2,
      toCount: 3,
      gained: 1,
      withdrawn: 0,
      gone: null,
      peerId: "2d".repeat(20),
      events: haveEvents,
    },
    {
      fromMs: 40_100,
      toMs: 50_000,
      fromCount: 1,
      toCount: 1,
      gained: 0,
      withdrawn: 2,
      // Of what it held in the end of the first: two it doesn't hold now.
      gone: 2,
      peerId: "2d".repeat(20),
      events: [],
    },
  ])
})

test("a visit that isn't over ends with what it last showed", () => {
  const open = (haveEvents: SessionRecord["haveEvents"]) =>
    readingsOf([visit(1_000, 1, 1, { closedMs: null, haveEvents })])[0]?.toMs
  expect(open([])).toBe(1_100)
  expect(
    open([
      { atMs: 1_100, count: 1 },
      { atMs: 7_000, count: 1 },
    ]),
  ).toBe(7_000)
})

test("bounded, whatever a peer does", () => {
  const haveEvents = Array.from({ length: 2_048 }, (_, at) => ({ atMs: 1_100 + at * 200, count: at }))
  const many = Array.from({ length: 100 }, (_, at) =>
    visit(at * 1_000, 1, 3, { haveEvents, pieces: emptyBitfield(8), closedMs: 500_000 }),
  )
  const readings = readingsOf(many)
  expect(readings).toHaveLength(64)
  expect(readings[0]?.fromMs).toBe(36_100)
  for (const each of readings) {
    expect(reading.parse(each).events.length).toBeLessThanOrEqual(256)
    expect(each.events.at(0)).toEqual(haveEvents.at(0))
    expect(each.events.at(-1)).toEqual(haveEvents.at(-1))
  }
})
