/** What peers say of each other, as the run takes it: who may introduce whom, and how long a speaker is kept. */
import { describe, expect, it } from "vitest"
import type { Sighting } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { newEntry, type Entry } from "../../src/gather/peer-book.ts"
import { createPex } from "../../src/gather/pex.ts"
import { paces } from "../../src/limits.ts"
import type { PexMessage } from "../../src/wire/pex.ts"
import type { Session } from "../../src/wire/session.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const message = (...addresses: string[]): PexMessage => ({
  added: addresses.map((address) => ({ address, flags: 16 })),
  dropped: [],
  left: 0,
})

const knownBy = (...kinds: Sighting["kind"][]): Entry => {
  const entry = newEntry("203.0.113.1:6881")
  for (const kind of kinds) entry.sources.push({ kind, via: null, at: "" })
  return entry
}

function stage({ known = [] as string[], needed = false } = {}) {
  const clock = virtualClock()
  const stop = new AbortController()
  const sighted: [address: string, source: Sighting][] = []
  const hits: string[] = []
  const pex = createPex({
    network: { ...clock.network, date: () => new Date(0) } as never,
    signal: stop.signal,
    pace: paces.normal,
    now: () => clock.network.now(),
    knows: (address) => known.includes(address),
    sight: (peers, source) => sighted.push(...peers.map((peer) => [peer, source] as [string, Sighting])),
    hit: (cap, dropped = 1) => hits.push(`${cap} ${dropped}`),
    isNeeded: () => needed,
  })
  return { pex, clock, stop, sighted, hits }
}

function session(pex: Session["record"]["pex"] = { messages: 1, added: 1, dropped: 0 }) {
  const { promise: ended, resolve } = Promise.withResolvers<ReturnType<typeof failure>>()
  const record = { atMs: 1_000, handshakeMs: 100, end: null, pex }
  return {
    session: { record, ended, loseInterest() {} } as unknown as Session,
    end: () => resolve(failure("closed")),
  }
}

describe("peer exchange", () => {
  it("sights whom a known peer names, with its flags, under the speaker's own address", () => {
    const { pex, sighted } = stage()
    const { session: speaking } = session()
    pex.introduce(speaking, knownBy("tracker"))
    pex.hear(speaking, message("198.51.100.7:1"))
    expect(sighted).toEqual([
      ["198.51.100.7:1", { kind: "pex", via: "203.0.113.1:6881", at: "1970-01-01T00:00:00.000Z", flags: 16 }],
    ])
  })

  it("keeps what came before it was known who speaks, a few messages of it", () => {
    const { pex, sighted } = stage()
    const { session: knocking } = session()
    for (let i = 1; i <= 10; i++) pex.hear(knocking, message(`198.51.100.${i}:1`))
    expect(sighted).toEqual([])
    pex.introduce(knocking, knownBy("incoming"))
    expect(sighted.map(([address]) => address)).toEqual([1, 2, 3, 4].map((i) => `198.51.100.${i}:1`))
  })

  it("goes one hop: who is known by PEX alone confirms others and introduces nobody", () => {
    const { pex, sighted, hits } = stage({ known: ["198.51.100.7:1"] })
    const { session: speaking } = session()
    const entry = knownBy("pex")
    pex.introduce(speaking, entry)
    pex.hear(speaking, message("198.51.100.7:1", "198.51.100.8:1"))
    expect(sighted.map(([address]) => address)).toEqual(["198.51.100.7:1"])
    pex.hear(speaking, message("198.51.100.8:1"))
    expect(hits).toEqual(["pex-hops 1"])
    entry.sources.push({ kind: "dht", via: null, at: "" })
    pex.hear(speaking, message("198.51.100.8:1"))
    expect(sighted).toHaveLength(2)
  })

  it("says what a message held beyond our caps", () => {
    const { pex, hits } = stage()
    const { session: speaking } = session()
    pex.introduce(speaking, knownBy("tracker"))
    pex.hear(speaking, { ...message(), left: 30 })
    expect(hits).toEqual(["pex-peers 30"])
  })
})

describe("a speaker is kept", () => {
  const until = async (
    act: (stand: ReturnType<typeof stage>, one: ReturnType<typeof session>) => void,
    isWanted = () => true,
  ) => {
    const stand = stage()
    const one = session()
    let left: number | null = null
    void stand.pex.listenTo(one.session, isWanted).then(() => {
      left = stand.clock.network.now()
    })
    await stand.clock.pass(30_000)
    act(stand, one)
    await stand.clock.pass(0)
    await stand.clock.pass(100_000)
    return left
  }

  it("for 100 s after its handshake", async () => {
    const left = await until(() => {})
    expect(left).toBeGreaterThanOrEqual(101_100)
    expect(left).toBeLessThanOrEqual(101_600)
  })

  it("no longer than it stays, the run lasts, or its place is free", async () => {
    expect(await until((_, { end }) => end())).toBeLessThanOrEqual(30_500)
    expect(await until(({ stop }) => stop.abort())).toBeLessThanOrEqual(30_500)
    expect(
      await until(
        () => {},
        () => false,
      ),
    ).toBeLessThanOrEqual(30_500)
  })

  it("not when it was listened to before", async () => {
    const { pex, clock } = stage()
    let left = false
    void pex
      .listenTo(session().session, () => true, true)
      .then(() => {
        left = true
      })
    await clock.pass(2_000)
    expect(left).toBe(true)
  })

  it("unless it doesn't speak PEX, or enough others do", async () => {
    const { pex, clock } = stage()
    const gone: number[] = []
    const listen = async (one: Session, name: number) => {
      await pex.listenTo(one, () => true)
      gone.push(name)
    }
    void listen(session(null).session, 0)
    for (let i = 1; i <= 9; i++) void listen(session().session, i)
    await clock.pass(250)
    expect(gone).toEqual([0, 9])
  })
})
