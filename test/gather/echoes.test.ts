/** Who is dialled with a random info hash, when, and by which way: the network is played, and so is the time. */
import { expect, test } from "vitest"
import type { EncryptionPolicy } from "../../src/evidence.ts"
import { fail, failure } from "../../src/failure.ts"
import { createEchoes, isSuspect } from "../../src/gather/echoes.ts"
import { newEntry, type Entry } from "../../src/gather/peer-book.ts"
import { seededRandom } from "../../src/gather/random.ts"
import type { Sockets } from "../../src/gather/sockets.ts"
import { limits, paces } from "../../src/limits.ts"
import { createRecord } from "../../src/wire/record.ts"
import type { UtpSocket } from "../../src/wire/utp.ts"
import { anAttempt, aSample } from "../support/builders.ts"
import { testSwarm } from "../wire/swarm.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const { atOnce, maxPeers, patienceMs } = limits.echo
const answerMs = 200

function stage({
  full = () => false,
  crowded = () => false,
  encryption = "prefer",
}: { full?: () => boolean; crowded?: () => boolean; encryption?: EncryptionPolicy } = {}) {
  const clock = virtualClock()
  const { now, sleep } = clock.network
  const end = new AbortController()
  const { signal } = end
  const dials: { atMs: number; to: string }[] = []
  const count = { open: 0, most: 0, hits: 0 }
  const connect =
    (transport: string): UtpSocket["connect"] =>
    async ({ host, port }) => {
      dials.push({ atMs: now(), to: `${transport} ${host}:${port}` })
      await sleep(answerMs, signal)
      return fail("refused")
    }
  const network = {
    ...clock.network,
    date: () => new Date(now()),
    randomBytes: (bytes: number) => new Uint8Array(bytes),
    connect: connect("tcp"),
  } as never
  const open: Sockets = {
    async hold(_host, _direction, work) {
      count.most = Math.max(count.most, ++count.open)
      await work()
      count.open--
    },
    get full() {
      return full()
    },
    busy: () => false,
  }
  const utp = { port: 1, families: ["ipv4"], dropped: 0, connect: connect("utp"), close() {} } as const
  const echoes = createEchoes({
    swarm: testSwarm({ network, utp, encryption }),
    network,
    signal,
    depth: "sample",
    pace: paces.lab,
    random: seededRandom("1"),
    open,
    now,
    crowded,
    hit: () => void count.hits++,
  })
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) await clock.pass(100)
  }
  return { echoes, dials, count, pass, end }
}

/** It shook hands, and gave nothing. */
function met(host: number, overrides: Partial<Entry> = {}): Entry {
  const entry = Object.assign(newEntry(`203.0.113.${host}:6881`), overrides)
  entry.attempts.push(anAttempt())
  return entry
}

test("by the transport that worked, in the clear, a second after the visit", async () => {
  const { echoes, dials, pass } = stage()
  const entry = met(1)
  entry.attempts.splice(0, 1, anAttempt({ transport: "utp", encryption: "mse-rc4" }))
  void echoes.ask(entry)
  await pass(limits.peer.redialMs - 100)
  expect(dials).toEqual([])
  await pass(1_000)
  expect(dials).toEqual([{ atMs: limits.peer.redialMs, to: "utp 203.0.113.1:6881" }])
  expect(entry.echo).toMatchObject({ echoed: false, failure: { code: "refused" }, ms: answerMs })
})

test("nobody where encryption is required, and the run does not wait", async () => {
  const { echoes, dials, count, pass } = stage({ encryption: "require" })
  const entry = met(1)
  await echoes.ask(entry)
  await pass(10_000)
  expect([dials, count.hits, entry.echo]).toEqual([[], 0, null])
})

test("once the run is over nobody is asked, and nobody counts as left out", async () => {
  const { echoes, dials, count, pass, end } = stage({ full: () => true })
  const asked = Array.from({ length: maxPeers }, (_, host) => echoes.ask(met(host + 1)))
  await pass(limits.peer.redialMs + 200)
  end.abort()
  await pass(200)
  await Promise.all([...asked, echoes.ask(met(maxPeers + 1))])
  expect([dials.length, count.hits]).toEqual([0, 0])
})

test("a few at once, some dozens in all, and it is said that there were more", async () => {
  const { echoes, dials, count, pass } = stage()
  const entries = Array.from({ length: maxPeers + 3 }, (_, host) => met(host + 1))
  for (const entry of entries) void echoes.ask(entry)
  await pass(30_000)
  expect(dials).toHaveLength(maxPeers)
  expect(count).toEqual({ open: 0, most: atOnce, hits: 3 })
  expect(entries.filter(({ echo }) => echo === null)).toHaveLength(3)
})

test("while somebody new waits for a socket, however long: asked afterwards", async () => {
  let crowded = true
  const { echoes, dials, count, pass } = stage({ crowded: () => crowded })
  void echoes.ask(met(1))
  await pass(limits.peer.redialMs + 3 * patienceMs)
  expect([dials.length, count.hits]).toEqual([0, 0])
  crowded = false
  await pass(1_000)
  expect([dials.length, count.hits]).toEqual([1, 0])
})

test("who gave up waiting takes nobody's place", async () => {
  let full = true
  const { echoes, dials, count, pass } = stage({ full: () => full })
  for (let host = 1; host <= maxPeers; host++) void echoes.ask(met(host))
  await pass(limits.peer.redialMs + patienceMs + 4_000)
  expect(count.hits).toBe(maxPeers)
  full = false
  void echoes.ask(met(maxPeers + 1))
  await pass(2_000)
  expect([dials.length, count.hits]).toEqual([1, maxPeers])
})

test("no socket is free: not asked, and the run goes on", async () => {
  const { echoes, dials, count, pass } = stage({ full: () => true })
  const entry = met(1)
  let over = false
  void echoes.ask(entry).then(() => {
    over = true
  })
  await pass(limits.peer.redialMs + patienceMs - 200)
  expect(over).toBe(false)
  await pass(400)
  expect([over, dials.length, count.hits, entry.echo]).toEqual([true, 0, 1, null])
})

const gave = (host: number): Entry => {
  const entry = met(host)
  entry.visits.push({
    ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
    samples: [aSample(1)],
  })
  return entry
}
const only = (overrides: Parameters<typeof anAttempt>[0]): Entry => {
  const entry = met(1)
  entry.attempts.splice(0, 1, anAttempt(overrides))
  return entry
}

test.each<[string, Entry, boolean]>([
  ["who shook hands and gave nothing", met(1), true],
  ["who sent our own handshake back", only({ ok: false, failure: failure("self") }), true],
  ["who gave a right piece", gave(1), false],
  ["who only dialled us", only({ direction: "incoming" }), false],
  ["who never shook hands", only({ ok: false, failure: failure("timeout") }), false],
  ["who was asked", met(1, { echo: { at: "", atMs: 0, ms: 0, echoed: false, failure: null } }), false],
  ["who is another's other address", met(1, { sameAs: met(2) }), false],
])("%s", (_, entry, suspect) => {
  expect(isSuspect(entry)).toBe(suspect)
})
