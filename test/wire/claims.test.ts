/** What a visit's reading begins with, and what HAVEs add to it. */
import { expect, test } from "vitest"
import { countPieces } from "../../src/torrent/bitfield.ts"
import { createClaims } from "../../src/wire/claims.ts"
import { createRecord } from "../../src/wire/record.ts"
import { virtualClock } from "./virtual-clock.ts"

/** The run is a minute old, the connection a second. */
function claiming() {
  const record = createRecord({ transport: "tcp", encryption: "none" }, 59_000, 0)
  const claims = createClaims(record, {
    network: virtualClock().network,
    pieceCount: 16,
    startedMs: 0,
    openedMs: 59_000,
    claimMs: 10_000,
  })
  claims.open(60_000, false)
  return { record, claims }
}

const first = (record: ReturnType<typeof claiming>["record"]) => ({
  ...record.start,
  pieces: record.start && countPieces(record.start.pieces),
})

test("a reading begins with the claim, and keeps what that was", () => {
  const { record, claims } = claiming()
  expect(record.start).toBeNull()
  claims.claim(Uint8Array.of(0xf0, 0), 60_000)
  claims.have(9, 65_000)
  expect(first(record)).toEqual({ atMs: 60_000, count: 4, pieces: 4 })
  expect(record).toMatchObject({ haveCount: 5, gainedPieces: 1 })
})

test("a seeder's costs no copy", () => {
  const { record, claims } = claiming()
  claims.claim(Uint8Array.of(0xff, 0xff), 60_000)
  expect(record.start?.pieces).toBe(record.pieces)
})

test("HAVEs right behind a bitfield belong to what it holds from the start, and are told of by HAVE all the same", () => {
  const { record, claims } = claiming()
  claims.claim(Uint8Array.of(0xf0, 0), 60_000)
  claims.have(4, 60_010)
  claims.have(5, 61_900)
  claims.have(6, 62_100)
  expect(first(record)).toEqual({ atMs: 60_000, count: 4, pieces: 6 })
  expect(record.gainedPieces).toBe(3)
})

test("each piece is gained once, however often it is told of or taken back", () => {
  const { record, claims } = claiming()
  claims.claim(Uint8Array.of(0xf0, 0), 60_000)
  for (const nowMs of [65_000, 66_000, 67_000]) {
    claims.have(8, nowMs)
    claims.have(8, nowMs)
    claims.dontHave(8, nowMs + 500)
  }
  expect(record).toMatchObject({ gainedPieces: 1, haveCount: 4 })
})

test("who says nothing has no reading, before its first HAVE", () => {
  const { record, claims } = claiming()
  claims.pastClaim(60_500)
  expect(record).toMatchObject({ start: null, haveCount: 0, claimSent: false })
  claims.have(3, 64_000)
  expect(first(record)).toEqual({ atMs: 60_500, count: 0, pieces: 0 })
})

test("a batch of HAVEs before a pause is all there", () => {
  const { record, claims } = claiming()
  claims.claim(Uint8Array.of(0, 0), 60_000)
  for (const piece of [0, 1, 2, 3]) claims.have(piece, 70_000 + piece)
  for (const piece of [4, 5]) claims.have(piece, 80_000 + piece)
  expect(record.haveEvents).toEqual([
    { atMs: 60_000, count: 0 },
    { atMs: 70_000, count: 1 },
    { atMs: 70_003, count: 4 },
    { atMs: 80_004, count: 5 },
    { atMs: 80_005, count: 6 },
  ])
})
