/** What is said of a peer after several attempts. */
import { describe, expect, it } from "vitest"
import type { Attempt, PeerOutcome, Sample, Stage } from "../../src/evidence.ts"
import { failure, type FailureCode } from "../../src/failure.ts"
import { flagsOf, newEntry, offered, startAttempt, toPeer, type Entry } from "../../src/gather/peer-book.ts"
import { createRecord, type SessionRecord } from "../../src/wire/record.ts"

const attempt = (code: FailureCode, over: Partial<Attempt> = {}): Attempt => ({
  at: "",
  atMs: 0,
  direction: "outgoing",
  transport: "tcp",
  encryption: "none",
  ok: false,
  failure: failure(code, code),
  ms: 0,
  ...over,
})

const entryWith = (...attempts: Attempt[]): Entry => Object.assign(newEntry("20.0.0.1:1"), { attempts })

const visit = (over: Partial<SessionRecord> = {}): SessionRecord => ({
  ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
  handshakeMs: 1,
  pieces: Uint8Array.of(0x80),
  claimSent: true,
  ...over,
})

describe("whom nobody shook hands with: the attempt that got furthest, and of those the first", () => {
  it.each<[FailureCode[], PeerOutcome, FailureCode]>([
    [["refused", "timeout"], "connect-refused", "refused"],
    [["timeout", "refused"], "connect-refused", "refused"],
    [["timeout", "unreachable"], "connect-timeout", "timeout"],
    [["unreachable", "timeout"], "unreachable", "unreachable"],
    [["slower", "timeout"], "connect-timeout", "timeout"],
    [["timeout", "timeout", "no-rendezvous"], "connect-timeout", "timeout"],
    [["refused", "closed"], "connection-closed", "closed"],
    [["closed", "reset", "timeout", "encryption"], "connection-closed", "closed"],
    [["reset", "closed"], "connection-reset", "reset"],
    [["timeout", "encryption"], "connection-closed", "encryption"],
    [["closed", "handshake-timeout"], "connection-closed", "closed"],
    [["timeout", "handshake-timeout"], "handshake-timeout", "handshake-timeout"],
    [["closed", "protocol-error"], "protocol-error", "protocol-error"],
    [["closed", "wrong-info-hash"], "wrong-info-hash", "wrong-info-hash"],
    [["closed", "aborted"], "connection-closed", "closed"],
    [["aborted"], "not-tried", "aborted"],
    [["slower", "aborted"], "not-tried", "aborted"],
    [["no-socket"], "unknown", "no-socket"],
  ])("%j: %s", (codes, outcome, why) => {
    const peer = toPeer(entryWith(...codes.map((code) => attempt(code))), 1)
    expect([peer.outcome, peer.failure?.code]).toEqual([outcome, why])
  })
})

it.each<[string, boolean, Stage]>([
  ["an encryption's handshake failed on it", true, "connected"],
  ["none", false, "dialled"],
])("a connection was open, and %s: %s, %s", (_, opened, stage) => {
  const entry = entryWith(attempt("encryption"))
  entry.opened = opened
  expect(toPeer(entry, 1).stage).toBe(stage)
})

describe("who never unchoked us", () => {
  const sample = (verified: boolean | null, code: FailureCode | null) =>
    ({
      piece: 0,
      atMs: 0,
      bytes: 0,
      ms: 0,
      verified,
      failure: code && failure(code),
      capped: false,
      progress: [],
    }) satisfies Sample
  const choking = (...samples: ReturnType<typeof sample>[]) => {
    const entry = entryWith(attempt("idle", { ok: true }))
    Object.assign(entry, { interested: true, choked: true })
    entry.visits.push(visit({ samples }))
    return toPeer(entry, 1)
  }
  it.each<[string, ReturnType<typeof sample>[], PeerOutcome, Stage]>([
    ["and gave nothing", [], "choked", "claimed"],
    ["and proved its claim by an allowed-fast piece", [sample(true, null)], "choked", "verified"],
    ["and rejected one", [sample(null, "rejected")], "choked", "claimed"],
    ["and sent wrong data", [sample(false, "hash-mismatch")], "bad-data", "served"],
  ])("%s", (_, samples, outcome, stage) => {
    expect(choking(...samples)).toMatchObject({ outcome, stage })
  })
})

it("an attempt says what was offered until something was agreed on", () => {
  const entry = newEntry("20.0.0.1:1")
  const tools = { network: { date: () => new Date(5_000) }, now: () => 1_000 }
  const way = { transport: "utp", encrypted: true } as const
  const running = startAttempt(
    entry,
    { direction: "outgoing", ...offered(way), sinceMs: 400, relay: "20.0.0.2:2" },
    tools,
  )
  expect(entry.attempts).toEqual([
    {
      ...attempt("idle", { transport: "utp", encryption: "mse-rc4", atMs: 600, failure: null }),
      at: "1970-01-01T00:00:04.600Z",
      relay: "20.0.0.2:2",
    },
  ])
  running.agreed("mse-plaintext")
  running.finish(failure("idle"), true)
  expect(entry.attempts).toMatchObject([{ encryption: "mse-plaintext", ok: true, ms: 400 }])
})

it("PEX flags of all speakers count together", () => {
  const entry = newEntry("20.0.0.1:1")
  for (const flags of [1, undefined, 8])
    entry.sources.push({ kind: "pex", via: null, at: "", ...(flags === undefined ? {} : { flags }) })
  expect(flagsOf(entry)).toBe(9)
})
