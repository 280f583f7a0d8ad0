/** What other audits' dials came to stands for our own, once each. */
import { expect, test } from "vitest"
import { fail, failure } from "../../src/failure.ts"
import { createDialling } from "../../src/gather/dialling.ts"
import { newEntry } from "../../src/gather/peer-book.ts"
import { createSilences } from "../../src/gather/side-by-side/silences.ts"
import { plain } from "../../src/wire/dial.ts"
import { createRecord } from "../../src/wire/record.ts"
import { testSwarm } from "../wire/swarm.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

test("one dial of another audit is one attempt, however often we look", async () => {
  const clock = virtualClock()
  const { now } = clock.network
  let dials = 0
  const network = {
    ...clock.network,
    date: () => new Date(now()),
    connect() {
      dials++
      return Promise.resolve(fail("refused"))
    },
  } as never
  const silences = createSilences(now)
  const [ours, theirs] = [silences.join(), silences.join()]
  const at = "20.0.0.1:6881"
  await clock.pass(10_000)
  theirs.note(at, "tcp", { failure: failure("refused"), atMs: 9_000, ms: 5 })
  const dialling = createDialling({
    swarm: testSwarm({ network, utp: null, encryption: "off" }),
    network,
    signal: new AbortController().signal,
    now,
    visits: { visit: () => Promise.reject(new Error("nobody is met")) },
    silences: ours,
    hit() {},
    onSelf() {},
  })
  const entry = newEntry(at)
  const plan = { way: plain, beside: null, waitMs: 0, later: false, stuck: false }
  await dialling.carryOut(entry, plan)
  expect([entry.attempts.map(({ atMs }) => atMs), dials]).toEqual([[9_000], 0])
  await clock.pass(4_000)
  await dialling.carryOut(entry, plan)
  expect([entry.attempts.map(({ atMs }) => atMs), dials]).toEqual([[9_000, 14_000], 1])
})

test.each([
  ["tcp", 1],
  ["utp", 0],
] as const)("no socket for %s: fewer at a time by %i", async (transport, fewer) => {
  const clock = virtualClock()
  const { now } = clock.network
  const full = { connect: () => Promise.resolve(fail("no-socket")) }
  const network = { ...clock.network, date: () => new Date(now()), ...full } as never
  const utp = { port: 1, families: ["ipv4"], dropped: 0, ...full, close() {} } as const
  let times = 0
  const dialling = createDialling({
    swarm: testSwarm({ network, utp, encryption: "off" }),
    network,
    signal: new AbortController().signal,
    now,
    visits: { visit: () => Promise.reject(new Error("nobody is met")) },
    hit() {},
    onNoSocket: () => times++,
    onSelf() {},
  })
  const plan = { way: { transport, encrypted: false }, beside: null, waitMs: 0, later: false, stuck: false }
  await dialling.carryOut(newEntry("20.0.0.1:6881"), plan)
  expect(times).toBe(fewer)
})

test("who came by itself and says that it listens at the port of another service is not dialled there", () => {
  const { network } = virtualClock()
  const dialling = createDialling({
    swarm: testSwarm({ network: network as never, utp: null, encryption: "off" }),
    network: network as never,
    signal: new AbortController().signal,
    now: network.now,
    visits: { visit: () => Promise.reject(new Error("nobody is met")) },
    hit() {},
    onSelf() {},
  })
  const came = newEntry("20.0.0.1:22")
  expect(dialling.planFor(came)).not.toBeNull()
  expect(dialling.planFor(Object.assign(came, { leftUntested: true }))).toBeNull()
})

test("whom nobody stands for any more keeps a dial for each that fails, and no more", async () => {
  const clock = virtualClock()
  const { now } = clock.network
  const closed = { connect: () => Promise.resolve(fail("refused")) }
  const network = { ...clock.network, date: () => new Date(now()), ...closed } as never
  const dialling = createDialling({
    swarm: testSwarm({ network, utp: null, encryption: "off" }),
    network,
    signal: new AbortController().signal,
    now,
    visits: { visit: () => Promise.reject(new Error("nobody is met")) },
    hit() {},
    onSelf() {},
  })
  const record = {
    ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
    pieces: new Uint8Array(1),
  }
  const entry = Object.assign(newEntry("20.0.0.1:6881"), { visits: [record], released: 2 })
  let dials = 0
  for (let plan = dialling.planFor(entry); plan !== null; plan = dialling.planFor(entry)) {
    await dialling.carryOut(entry, plan)
    expect(++dials).toBeLessThan(9)
  }
  expect(dials).toBe(2)
})
