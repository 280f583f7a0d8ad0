/** Who is asked once more, and by which way. */
import { describe, expect, test } from "vitest"
import { newEntry, type Entry } from "../../src/gather/peer-book.ts"
import { isMute, refusedPieces, released, secondAsk } from "../../src/gather/second-ask.ts"
import { limits } from "../../src/limits.ts"
import { createRecord, type SessionRecord } from "../../src/wire/record.ts"
import { aFailedSample, anAttempt } from "../support/builders.ts"

const { askMs, pauseMs, refusedPauseMs } = limits.silence

const aRecord = (overrides: Partial<SessionRecord> = {}): SessionRecord => ({
  ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
  handshakeMs: 1,
  ...overrides,
})
const silent = (waitedMs: number) =>
  aRecord({ silence: { fromMs: 0, toMs: waitedMs, waitedMs, heardMs: 0, begunBytes: 0 } })
const refusing = (...pieces: number[]) =>
  aRecord({ samples: pieces.map((piece) => aFailedSample(piece, "rejected")) })

function met(record: SessionRecord, overrides: Partial<Entry> = {}): Entry {
  const entry = Object.assign(newEntry("203.0.113.1:1"), overrides)
  entry.visits.push(record)
  entry.attempts.push(anAttempt({ transport: "utp", encryption: "mse-rc4" }))
  return entry
}

describe("once more", () => {
  test("who was silent for a minute, by the way that worked", () => {
    expect(secondAsk(met(silent(askMs)), "prefer")).toMatchObject({
      way: { transport: "utp", encrypted: true },
      waitMs: pauseMs,
      again: true,
    })
  })

  test("who refused two pieces, after a longer pause", () => {
    expect(secondAsk(met(refusing(4, 5)), "prefer")).toMatchObject({ waitMs: refusedPauseMs })
  })

  test.each([
    ["off", false],
    ["prefer", false],
    ["require", true],
  ] as const)("by TCP who came by itself; encryption: %s", (policy, encrypted) => {
    const entry = met(silent(askMs))
    entry.attempts.splice(0, 1, anAttempt({ direction: "incoming", transport: "utp" }))
    expect(secondAsk(entry, policy)?.way).toEqual({ transport: "tcp", encrypted })
  })
})

test.each<[string, Entry]>([
  ["a shorter silence", met(silent(askMs - 1))],
  ["one piece refused twice", met(refusing(4, 4))],
  ["it gave a block at some time", met({ ...silent(askMs), payloadBytes: 1 })],
  ["it was asked again", met(silent(askMs), { askedAgain: true })],
  ["nothing was asked of it", met(aRecord())],
])("no more: %s", (_, entry) => {
  expect(secondAsk(entry, "prefer")).toBe(null)
})

test("while its session lasts the silence is the session's own", () => {
  const record = aRecord()
  expect(isMute(met(record), { record, silentMs: askMs })).toBe(true)
  expect(isMute(met(record), { record, silentMs: askMs - 1 })).toBe(false)
  const gave = aRecord({ payloadBytes: 1 })
  expect(isMute(met(gave), { record: gave, silentMs: askMs })).toBe(false)
})

test("each refused piece once, in order", () => {
  expect(refusedPieces(met(refusing(7, 4, 7)))).toEqual([7, 4])
})

test("whom nobody stands for any more is dialled by the way that worked, over TCP if it came by itself", () => {
  const entry = met(aRecord())
  expect(released(entry, "prefer")).toBeNull()
  entry.released = 1
  expect(released(entry, "prefer")).toMatchObject({ way: { transport: "utp", encrypted: true } })
  entry.attempts.splice(0)
  expect(released(entry, "require")).toMatchObject({ way: { transport: "tcp", encrypted: true } })
})
