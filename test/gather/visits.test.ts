/** How a visit went, whatever comes after what was asked. */
import { expect, it } from "vitest"
import { failure, succeed, type Failure } from "../../src/failure.ts"
import { newEntry, toPeer } from "../../src/gather/peer-book.ts"
import { createVisits } from "../../src/gather/visits.ts"
import { limits, paces } from "../../src/limits.ts"
import { createRecord } from "../../src/wire/record.ts"
import type { Session } from "../../src/wire/session.ts"
import { aSample } from "../support/builders.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

/** A peer that claims a piece and never unchokes; `beforeChoked` and `afterChoked` end it, or don't. */
async function visited(
  beforeChoked: Failure | null,
  afterChoked: Failure | null,
  entry = newEntry("203.0.113.1:1"),
  silentMs = 0,
  patience: number[] = [],
) {
  const record = {
    ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
    handshakeMs: 1,
    pieces: Uint8Array.of(0x80),
    claimSent: true,
  }
  const end = (why: Failure | null) => void (record.end ??= why)
  const session = {
    record,
    silentMs,
    handshaken: Promise.resolve(succeed(undefined)),
    claimed: Promise.resolve(true),
    ended: new Promise(() => {}),
    showInterest() {},
    untilUnchoked(ms: number) {
      patience.push(ms)
      end(beforeChoked)
      return Promise.resolve(false)
    },
    close: end,
  } as unknown as Session
  const visits = createVisits({
    network: virtualClock().network as never,
    signal: new AbortController().signal,
    depth: "sample",
    pace: paces.normal,
    pieceCount: 1,
    now: () => 0,
    pex: { introduce() {}, listenTo: async () => end(afterChoked) },
    crowded: () => false,
    awaited: () => false,
    wantedElsewhere: () => false,
    askAgain: () => {},
    sample: async (_entry, _session, { unchoked }) => expect(await unchoked).toBe(false),
  })
  await visits.visit(entry, session)
  return toPeer(entry, 1).outcome
}

it.each<[string, Failure | null, Failure | null, string]>([
  ["who was given its full time choked us", null, null, "choked"],
  ["even if it leaves while it is still listened to", null, failure("closed"), "choked"],
  ["or the run ends then", null, failure("aborted"), "choked"],
  ["who left before did not", failure("closed"), null, "connection-closed"],
])("%s", async (_, beforeChoked, afterChoked, outcome) => {
  expect(await visited(beforeChoked, afterChoked)).toBe(outcome)
})

it.each<[string, Failure | null, boolean]>([
  ["who gave all that we wanted and comes back is not asked again", failure("idle"), false],
  ["but who left in the midst of it is", failure("closed"), true],
])("%s", async (_, end, asked) => {
  const before = {
    ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
    end,
    samples: [aSample(0)],
  }
  const entry = newEntry("203.0.113.1:1")
  entry.visits.push(before)
  await visited(null, null, entry)
  expect(entry.interested).toBe(asked)
})

it.each([
  ["who was silent for a minute is left at once, to be met again soon", limits.silence.askMs, "idle"],
  ["who was not is listened to", limits.silence.askMs - 1, "closed"],
])("%s", async (_, silentMs, end) => {
  const entry = newEntry("203.0.113.1:1")
  await visited(null, failure("closed"), entry, silentMs)
  expect(entry.visits.map((visit) => visit.end?.code)).toEqual([end])
})

it("who choked us for its full time and comes back is given one more round of choking, and not all of it again", async () => {
  const entry = newEntry("203.0.113.1:1")
  const patience: number[] = []
  for (let visit = 0; visit < 2; visit++) await visited(null, null, entry, 0, patience)
  expect(patience).toEqual([paces.normal.unchokeMs, 10_000])
})
