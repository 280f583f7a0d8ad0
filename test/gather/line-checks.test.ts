/** Dial after dial is silent: whose silence is it? */
import { expect, it } from "vitest"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import type { Evidence } from "../../src/evidence.ts"
import { fail, failure } from "../../src/failure.ts"
import { createLineChecks } from "../../src/gather/line-checks.ts"
import { createPacer } from "../../src/gather/pacer.ts"
import { newEntry, startAttempt, type Entry } from "../../src/gather/peer-book.ts"
import { limits } from "../../src/limits.ts"
import { lineWasUp } from "../../src/measure/line-was-up.ts"
import type { Network } from "../../src/network.ts"
import { audit, castOf, seeder } from "../support/audit.ts"
import { swarmFor } from "../support/swarm.ts"
import { testSwarm } from "../wire/swarm.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const { silentRow, lineCheckMs, lineChecksPerPeer, maxLineChecks } = limits.contact
const tcp = { direction: "outgoing", transport: "tcp", encryption: "none" } as const

/** `dead` addresses after three that answer; `goes`: nothing is answered from the first dead one on. */
async function auditOf(dead: number, goes = false): Promise<Evidence> {
  const swarm = await swarmFor(castOf(seeder("one"), seeder("two"), seeder("three")))
  const loopback = loopbackNetwork()
  let gone = false
  const network: Network = {
    ...loopback,
    async connect(to) {
      const isDead = to.host === "127.0.0.9"
      gone ||= isDead && goes
      if (!isDead && !gone) return loopback.connect(to)
      // So late that uTP is tried beside it.
      await loopback.sleep(1_600, to.signal)
      return fail("timeout")
    },
  }
  return audit(swarm, {
    network,
    depth: "handshake",
    peers: [
      ...swarm.peers.map(({ address }) => address),
      ...Array.from({ length: dead }, (_, index) => `127.0.0.9:${20_000 + index}`),
    ],
  })
}

const dialsOfTheLiving = ({ peers }: Evidence) =>
  peers.filter(({ outcome }) => outcome === "ok").flatMap(({ attempts }) => attempts)
const lastDeadMs = ({ peers }: Evidence) =>
  Math.max(...peers.filter(({ stage }) => stage === "dialled").map(({ attempts }) => attempts[0]?.atMs ?? 0))

it("somebody who answered is dialled again, and answers: the silence was theirs", async () => {
  const evidence = await auditOf(2 * silentRow)
  const dials = dialsOfTheLiving(evidence)
  expect(dials).toHaveLength(4)
  expect(dials.every(({ ok }) => ok)).toBe(true)
  expect(lineWasUp(evidence.peers, ({ ok }) => ok)("127.0.0.9:1", lastDeadMs(evidence))).toBe(true)
})

it("somebody who answered is dialled again, and is silent, too: the silence may be ours", async () => {
  const evidence = await auditOf(2 * silentRow, true)
  const [check, ...more] = dialsOfTheLiving(evidence).filter(({ ok }) => !ok)
  expect(check?.failure?.code).toBe("timeout")
  expect(more).toEqual([])
  expect(lineWasUp(evidence.peers, ({ ok }) => ok)("127.0.0.9:1", (check?.atMs ?? 0) - 1)).toBe(false)
})

it("a few silent addresses are no reason to", async () => {
  expect(dialsOfTheLiving(await auditOf(silentRow - 1))).toHaveLength(3)
})

it("nothing of a check counts but that somebody was there", async () => {
  const { peers } = await auditOf(2 * silentRow)
  const checked = peers.find(({ attempts }) => attempts.filter(({ ok }) => ok).length === 2)
  expect(checked?.readings).toHaveLength(1)
  expect(checked?.timeline.closedMs).toBeLessThan(checked?.attempts[1]?.atMs ?? 0)
})

function stage(answers: number) {
  const clock = virtualClock()
  const now = () => clock.network.now()
  const book = new Map<string, Entry>()
  const checks: { atMs: number; to: string }[] = []
  const network = {
    ...clock.network,
    date: () => new Date(now()),
    connect({ host, port }: { host: string; port: number }) {
      checks.push({ atMs: now(), to: `${host}:${port}` })
      return Promise.resolve(fail("timeout"))
    },
  } as unknown as Network
  const lines = createLineChecks({
    swarm: testSwarm({ network }),
    book,
    network,
    signal: new AbortController().signal,
    open: { hold: (_at, _direction, work) => work(), full: false, busy: () => false },
    pacer: createPacer(1_000, now),
    now,
  })
  function dialled(address: string, ok: boolean): Entry {
    const entry = newEntry(address)
    book.set(address, entry)
    startAttempt(entry, tcp, { network, now }).finish(failure(ok ? "idle" : "timeout"), ok)
    void lines.after(entry)
    return entry
  }
  for (let index = 0; index < answers; index++) dialled(`20.0.0.${index}:1`, true)
  return { clock, checks, dialled, now, network }
}

it("nobody is dialled again where nobody ever answered", async () => {
  const { clock, checks, dialled } = stage(0)
  for (let index = 0; index < 100; index++) dialled(`20.0.1.${index}:1`, false)
  await clock.pass(60_000)
  expect(checks).toEqual([])
})

it("however many are silent, and for however long: checks are few, apart, and of one after the other", async () => {
  const { clock, checks, dialled } = stage(9)
  for (let index = 0; index < 3_000; index++) {
    await clock.pass(100)
    dialled(`20.1.${index >> 8}.${index & 255}:1`, false)
  }
  expect(checks).toHaveLength(maxLineChecks)
  const gaps = checks.slice(1).map(({ atMs }, index) => atMs - (checks[index]?.atMs ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(lineCheckMs)
  const times = [...Map.groupBy(checks, ({ to }) => to).values()].map(({ length }) => length)
  expect(Math.max(...times)).toBe(lineChecksPerPeer)
})

it("whom somebody is with, whose dial is not over, and who is another's second address is left alone", async () => {
  const { clock, checks, dialled, now, network } = stage(0)
  const [busy, dialling, alias, home] = [1, 2, 3, 4].map((host) => dialled(`20.0.0.${host}:1`, true))
  if (!busy || !dialling || !alias || !home) throw new Error("all were met")
  busy.session = {} as never
  busy.attempts.forEach((attempt) => void (attempt.atMs = -1))
  startAttempt(dialling, tcp, { network, now })
  alias.namesake = home
  home.otherHomeCount = 1
  await clock.pass(2_000)
  for (let index = 0; index < 100; index++) dialled(`20.0.1.${index}:1`, false)
  await clock.pass(60_000)
  expect(checks).toEqual([])
})

it("an answer of the other family says nothing", async () => {
  const { clock, checks, dialled } = stage(1)
  for (let index = 0; index < 100; index++) dialled(`[2001:db8::${index + 1}]:1`, false)
  await clock.pass(60_000)
  expect(checks).toEqual([])
})
