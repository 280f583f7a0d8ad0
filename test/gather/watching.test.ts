/** How long a leecher is kept for its HAVEs alone. */
import { expect, test } from "vitest"
import type { Depth, Extensions } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { newEntry } from "../../src/gather/peer-book.ts"
import { watch, type WatchContext } from "../../src/gather/watching.ts"
import { createRecord, type SessionRecord } from "../../src/wire/record.ts"
import type { Session } from "../../src/wire/session.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const record = (overrides: Partial<SessionRecord> = {}): SessionRecord => ({
  ...createRecord({ transport: "tcp", encryption: "none" }, 0, 5),
  start: { atMs: 0, count: 1, pieces: Uint8Array.of(0x80) },
  pieces: Uint8Array.of(0x80),
  ...overrides,
})

interface Watched {
  record?: Partial<SessionRecord>
  before?: SessionRecord[]
  depth?: Depth
  isWanted?: WatchContext["isWanted"]
  meanwhile?: (record: SessionRecord, stop: AbortController) => void
}

/** For how many ms it was kept; and whether it was told that nothing more will be asked. */
async function kept(watched: Watched): Promise<{ ms: number; told: boolean }> {
  const clock = virtualClock()
  const stop = new AbortController()
  const current = record(watched.record)
  const entry = newEntry("203.0.113.1:1")
  entry.visits.push(...(watched.before ?? []), current)
  let told = false
  const session = { record: current, loseInterest: () => (told = true) } as unknown as Session
  let endedMs: number | null = null
  void watch(entry, session, {
    network: clock.network,
    signal: stop.signal,
    depth: watched.depth ?? "sample",
    pace: { watchMs: 30_000 },
    pieceCount: 8,
    now: () => clock.network.now(),
    isWanted: watched.isWanted ?? (() => true),
  }).then(() => (endedMs = clock.network.now()))
  await clock.pass(0)
  await clock.pass(10_000)
  watched.meanwhile?.(current, stop)
  for (let step = 0; step < 200; step++) await clock.pass(250)
  return { ms: endedMs ?? Infinity, told }
}

const uploadOnly = { uploadOnly: true } as Extensions

test.each<[string, Watched, { ms: number; told: boolean }]>([
  ["a leecher: half a minute from its claim", {}, { ms: 30_000, told: true }],
  ["a seeder isn't", { record: { pieces: Uint8Array.of(0xff) } }, { ms: 0, told: false }],
  ["nor a partial seed (BEP 21)", { record: { extensions: uploadOnly } }, { ms: 0, told: false }],
  ["nor who told nothing", { record: { start: null } }, { ms: 0, told: false }],
  ["nor anybody at depth handshake", { depth: "handshake" }, { ms: 0, told: false }],
  ["nor who left", { record: { end: failure("closed") } }, { ms: 0, told: false }],
  ["not while its socket is wanted", { isWanted: () => false }, { ms: 0, told: false }],
  [
    "until it has everything",
    { meanwhile: (current) => void (current.pieces = Uint8Array.of(0xff)) },
    { ms: 10_250, told: true },
  ],
  [
    "until it leaves",
    { meanwhile: (current) => void (current.end = failure("closed")) },
    { ms: 10_250, told: true },
  ],
  ["until the run ends", { meanwhile: (_, stop) => stop.abort() }, { ms: 10_250, told: true }],
  ["an earlier visit counts", { before: [record({ closedMs: 18_000 })] }, { ms: 12_000, told: true }],
])("%s", async (_, watched, expected) => {
  expect(await kept(watched)).toEqual(expected)
})
