/** When whom is dialled, and by which way: the network is played, and so is the time. */
import { describe, expect, it } from "vitest"
import { fail, failure, succeed, type Failure, type Outcome } from "../../src/failure.ts"
import { createProbes } from "../../src/gather/probes.ts"
import { seededRandom } from "../../src/gather/random.ts"
import { paces } from "../../src/limits.ts"
import type { Connection } from "../../src/network.ts"
import { encodeHolepunch } from "../../src/wire/holepunch.ts"
import { createRecord } from "../../src/wire/record.ts"
import type { Session } from "../../src/wire/session.ts"
import { toPeer } from "../../src/gather/peer-book.ts"
import type { AddressRules } from "../../src/torrent/endpoint.ts"
import type { UtpSocket } from "../../src/wire/utp.ts"
import { testSwarm } from "../wire/swarm.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

type Answer = (at: { transport: "tcp" | "utp"; port: number }) => { ms: number; outcome: Outcome<Connection> }

function stage(answer: Answer, pace = paces.normal, rules: Partial<AddressRules> = {}) {
  const clock = virtualClock()
  const { now, sleep } = clock.network
  const stop = new AbortController()
  const dials: { atMs: number; to: string }[] = []
  const connect =
    (transport: "tcp" | "utp"): UtpSocket["connect"] =>
    async ({ port, signal, timeoutMs }) => {
      dials.push({ atMs: now(), to: `${transport} ${port}` })
      const { ms, outcome } = answer({ transport, port })
      await sleep(Math.min(ms, timeoutMs), signal)
      if (signal.aborted) return fail("aborted")
      return ms >= timeoutMs ? fail("timeout") : outcome
    }
  const network = { ...clock.network, date: () => new Date(now()), connect: connect("tcp") } as never
  const utp = { port: 1, families: ["ipv4"], dropped: 0, connect: connect("utp"), close() {} } as const
  const probes = createProbes({
    swarm: testSwarm({ network, utp, encryption: "prefer" }),
    network,
    signal: stop.signal,
    depth: "handshake",
    pace,
    maxPeers: 200,
    admission: { peer: () => ({ allowLocal: false, allowLoopback: false, refusePublic: false, ...rules }) },
    isSelf: () => false,
    onSelf() {},
    now,
    hit() {},
    random: seededRandom("1"),
    sample: () => Promise.reject(new Error("nobody is met")),
  })
  const sight = (...addresses: string[]) => probes.sight(addresses, { kind: "tracker", via: null, at: "" })
  /** The virtual clock goes by steps, so that what a dial brings about gets its turn. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) await clock.pass(100)
  }
  return { probes, sight, dials, pass, stop, now }
}

const never: Answer = () => ({ ms: Infinity, outcome: fail("timeout") })
const seconds = (dials: readonly { atMs: number; to: string }[]) =>
  dials.map(({ atMs, to }) => `${Math.floor(atMs / 1_000)} s: ${to}`)

describe("an address that never answers", () => {
  it("is tried over both transports, three times in three minutes, and the run waits only for the first", async () => {
    const { probes, sight, dials, pass } = stage(never)
    sight("20.0.0.1:1")
    expect(probes.unfinished).toBe(1)
    expect(probes.expected).toBe(1)
    await pass(9_000)
    expect([probes.unfinished, probes.expected]).toEqual([1, 1])
    await pass(2_000)
    expect([probes.unfinished, probes.expected]).toEqual([0, 0])
    expect(seconds(dials)).toEqual(["0 s: tcp 1", "1 s: utp 1"])
    await pass(169_000)
    expect(seconds(dials)).toEqual([
      "0 s: tcp 1",
      "1 s: utp 1",
      "70 s: tcp 1",
      "71 s: utp 1",
      "140 s: tcp 1",
      "141 s: utp 1",
    ])
    await pass(300_000)
    expect(dials).toHaveLength(6)
    const [entry] = probes.book.values()
    expect(entry?.attempts.map(({ transport, failure }) => `${transport} ${failure?.code}`)).toEqual(
      Array.from({ length: 3 }, () => ["tcp timeout", "utp timeout"]).flat(),
    )
  })

  it("doesn't keep the run from its end when its later rounds come, nor others from theirs", async () => {
    const { probes, sight, dials, pass } = stage(({ transport, port }) =>
      port === 9
        ? { ms: transport === "tcp" ? 50 : Infinity, outcome: fail("refused") }
        : never({ transport, port }),
    )
    // As many as there are sockets: their second round fills them all.
    sight("20.0.1.1:9", ...Array.from({ length: 40 }, (_, host) => `20.0.0.${host}:1`))
    await pass(60_000)
    expect(probes.unfinished).toBe(0)
    const before = dials.length
    let most = 0
    for (let seconds = 0; seconds < 120; seconds++) {
      await pass(1_000)
      most = Math.max(most, probes.unfinished, probes.unsampled)
    }
    expect(dials.length).toBeGreaterThanOrEqual(before + 40)
    expect(most).toBe(0)
  })

  it("has its later rounds when nobody else's first one waits", async () => {
    const { probes, sight, dials, pass } = stage(never)
    const hosts = (net: number) => Array.from({ length: 40 }, (_, host) => `20.0.${net}.${host}:${net}`)
    sight(...hosts(1))
    await pass(69_000)
    // These take every socket, and the first ones' second round is due before they are done.
    sight(...hosts(2))
    await pass(6_000)
    sight(...hosts(3))
    await pass(13_000)
    expect(dials.filter(({ to }) => to === "tcp 3")).toHaveLength(40)
    expect(dials.filter(({ to }) => to === "tcp 1")).toHaveLength(40)
    await pass(13_000)
    expect(probes.unfinished).toBe(0)
  })

  it("doesn't hold up the others, and leaves its address free for them", async () => {
    const { sight, dials, pass } = stage(({ port }) =>
      port === 1 ? never({ transport: "tcp", port }) : { ms: 50, outcome: fail("refused") },
    )
    sight("20.0.0.1:1", "20.0.0.1:2", "20.0.0.1:3", "20.0.0.2:4")
    await pass(1_000)
    expect(dials.map(({ to }) => to).toSorted()).toEqual(["tcp 1", "tcp 2", "tcp 3", "tcp 4"])
  })

  it("is left alone when the run ends", async () => {
    const { probes, sight, dials, pass, stop } = stage(never)
    sight("20.0.0.1:1")
    await pass(20_000)
    stop.abort()
    await probes.closeAll({ code: "aborted", detail: null })
    await pass(120_000)
    expect(dials).toHaveLength(2)
  })
})

it("TCP refused: uTP a second later, once", async () => {
  const { probes, sight, dials, pass } = stage(({ transport }) => ({
    ms: transport === "tcp" ? 20 : Infinity,
    outcome: fail("refused"),
  }))
  sight("20.0.0.1:1")
  await pass(10_000)
  expect(dials.map(({ to }) => to)).toEqual(["tcp 1", "utp 1"])
  const [first, second] = dials
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000)
  expect(probes.unfinished).toBe(0)
})

it("a relay's word about whom we are dialling leads to one dial more, and no second round of them", async () => {
  const { probes, sight, dials, pass } = stage(never)
  const ended = Promise.withResolvers<Failure>()
  const relay = {
    direction: "incoming",
    remote: "20.0.0.1:6881",
    record: createRecord({ transport: "utp", encryption: "none" }, 0, null),
    handshaken: Promise.resolve(succeed(undefined)),
    claimed: Promise.resolve(true),
    ended: ended.promise,
    speaksHolepunch: true,
    close: (why: Failure = failure("closed")) => ended.resolve(why),
  } as unknown as Session
  await probes.welcome(relay)
  sight("20.0.0.2:2")
  await pass(500)
  probes.hearHolepunch(relay, encodeHolepunch("connect", "20.0.0.2:2") ?? new Uint8Array())
  await pass(9_000)
  expect(dials.map(({ to }) => to)).toEqual(["tcp 2", "utp 2", "utp 2"])
})

it("without a limit to dials, what came in is read after every few of them", async () => {
  const { sight, dials, pass } = stage(never, paces.lab)
  sight(...Array.from({ length: 100 }, (_, host) => `20.0.0.${host}:1`))
  const seen: number[] = []
  for (let turns = 0; turns < 20; turns++) {
    await Promise.resolve()
    seen.push(dials.length)
  }
  expect(Math.max(...seen)).toBeLessThan(16)
  await pass(1_000)
  expect(dials.filter(({ to }) => to.startsWith("tcp"))).toHaveLength(100)
})

it.each<[string, Partial<AddressRules>, string, string]>([
  ["out in the world", {}, "20.0.0.1:22", "not-tried"],
  ["in the house, where that is allowed", { allowLocal: true }, "192.168.1.4:8009", "not-tried"],
  ["in the house, where nobody is dialled", {}, "192.168.1.4:8009", "filtered"],
  ["out in the world, where nobody is dialled", { refusePublic: true }, "20.0.0.1:22", "filtered"],
  ["where no peer can be", { allowLocal: true }, "169.254.1.1:22", "filtered"],
])("at the port of another service %s", async (_, rules, address, outcome) => {
  const { probes, sight, dials, pass } = stage(never, paces.normal, { ports: "peer", ...rules })
  sight(address)
  await pass(2_000)
  expect(dials).toEqual([])
  expect([...probes.book.values()].map((entry) => toPeer(entry, 1).outcome)).toEqual([outcome])
})
