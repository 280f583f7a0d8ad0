/** BEP 55 as the run does it: relays, targets and their dials are played, and so is the time. */
import { describe, expect, it } from "vitest"
import type { Sighting } from "../../src/evidence.ts"
import { fail, failure, succeed, type Failure, type Outcome } from "../../src/failure.ts"
import { createHolepunch } from "../../src/gather/holepunch.ts"
import { sockets } from "../../src/gather/sockets.ts"
import { newEntry, offered, startAttempt, type Entry } from "../../src/gather/peer-book.ts"
import { limits } from "../../src/limits.ts"
import type { AddressRules } from "../../src/torrent/endpoint.ts"
import type { Way } from "../../src/wire/dial.ts"
import { decodeHolepunch, encodeHolepunch, type HolepunchMessage } from "../../src/wire/holepunch.ts"
import { createRecord } from "../../src/wire/record.ts"
import type { Session } from "../../src/wire/session.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const relayAt = "20.0.0.1:6881"
const targetAt = "20.0.0.2:6882"
const rules: AddressRules = { allowLocal: false, allowLoopback: false, refusePublic: false }

interface PlayedSession {
  session: Session
  sent: HolepunchMessage[]
  end(why?: Failure): void
}

function playedSession(transport: "tcp" | "utp", { speaks = true } = {}): PlayedSession {
  const { promise: ended, resolve } = Promise.withResolvers<Failure>()
  const sent: HolepunchMessage[] = []
  const extensions = { names: speaks ? ["ut_holepunch"] : [] } as never
  const record = { ...createRecord({ transport, encryption: "none" }, 0, 1), handshakeMs: 1, extensions }
  const end = (why = failure("closed")) => {
    record.end ??= why
    resolve(record.end)
  }
  const session = {
    record,
    ended,
    handshaken: Promise.resolve(succeed(undefined)),
    claimed: Promise.resolve(true),
    speaksHolepunch: speaks,
    sendHolepunch(payload: Uint8Array) {
      const message = decodeHolepunch(payload)
      if (message) sent.push(message)
    },
    close: end,
  } as unknown as Session
  return { session, sent, end }
}

/** Who is dialled how, and what comes of it. */
type Dials = (entry: Entry, way: Way) => Outcome<Session>

function stage(dials: Dials = () => fail("timeout"), dialMs = 0) {
  const clock = virtualClock()
  const stop = new AbortController()
  const network = { ...clock.network, date: () => new Date(0) }
  const book = new Map<string, Entry>()
  const dialled: string[] = []
  const met: string[] = []
  const returned: string[] = []
  const context = { network, now: () => clock.network.now() }
  const open = sockets(100, () => {})
  const holepunch = createHolepunch({
    ...context,
    swarm: { encryption: "prefer", utp: {} as never },
    signal: stop.signal,
    book,
    admission: { peer: () => rules },
    open,
    dialling: {
      begin: (entry, way, relay = null) =>
        startAttempt(entry, { direction: "outgoing", ...offered(way), relay }, context),
      async dialBy(entry, way, attempt) {
        dialled.push(`${entry.address} ${way.transport}${way.encrypted ? "+mse" : ""}`)
        if (dialMs > 0) await network.sleep(dialMs, stop.signal)
        const outcome = dials(entry, way)
        if (!outcome.ok) attempt.finish(outcome.failure, false)
        return outcome
      },
      async meet(entry, session, attempt) {
        met.push(entry.address)
        entry.visits.push(session.record)
        attempt.finish(failure("idle"), true)
      },
    },
    isSelf: (address) => address === "20.0.0.9:9",
    take(address, source) {
      const entry = book.get(address) ?? enter(address)
      entry.sources.push(source)
      return entry
    },
    giveBack: ({ address }) => returned.push(address),
    track: (work) => void work,
    introduce() {},
  })

  function enter(address: string, ...sources: Partial<Sighting>[]): Entry {
    const entry = newEntry(address)
    for (const source of sources) entry.sources.push({ kind: "tracker", via: null, at: "", ...source })
    book.set(address, entry)
    return entry
  }

  /** A peer that speaks BEP 55 and is connected. */
  function relayWith(played: PlayedSession, address = relayAt): Entry {
    const relay = enter(address, { kind: "tracker" })
    relay.session = played.session
    relay.visits.push(played.session.record)
    holepunch.introduce(played.session, relay)
    return relay
  }

  const target = (...vias: string[]) =>
    enter(targetAt, ...vias.map((via) => ({ kind: "pex", via, flags: 8 }) as const))
  const answer = ({ session }: PlayedSession, ...message: Parameters<typeof encodeHolepunch>) =>
    holepunch.hear(session, encodeHolepunch(...message) ?? new Uint8Array())
  return { holepunch, clock, stop, enter, relayWith, target, answer, dialled, met, returned }
}

const codesOf = ({ attempts }: Entry) => attempts.map(({ failure }) => failure?.code)

describe("a peer that nothing of ours opened", () => {
  it("is dialled over uTP as soon as the relay says so", async () => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target, answer, dialled, met } = stage(() =>
      succeed(playedSession("utp").session),
    )
    relayWith(through)
    const hidden = target(relayAt)
    void holepunch.seek(hidden)
    await clock.pass(0)
    expect(through.sent).toEqual([{ kind: "rendezvous", endpoint: targetAt, error: "none" }])
    expect(dialled).toEqual([])
    answer(through, "connect", targetAt)
    await clock.pass(0)
    expect(dialled).toEqual([`${targetAt} utp`])
    expect(met).toEqual([targetAt])
    expect(hidden.attempts).toMatchObject([{ transport: "utp", relay: relayAt, ok: true }])
    expect(holepunch.relayOf(hidden)).toBe(relayAt)
    await clock.pass(limits.holepunch.answerMs)
    expect(holepunch.relayOf(hidden)).toBeNull()
  })

  it("encrypted, when that opens and is closed", async () => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target, answer, dialled } = stage(() => fail("closed"))
    relayWith(through)
    const hidden = target(relayAt)
    void holepunch.seek(hidden)
    await clock.pass(0)
    answer(through, "connect", targetAt)
    await clock.pass(0)
    await clock.pass(10_000)
    expect(dialled).toEqual([`${targetAt} utp`, `${targetAt} utp+mse`])
    expect(hidden.attempts.map(({ relay, encryption }) => [relay, encryption])).toEqual([
      [relayAt, "none"],
      [relayAt, "mse-rc4"],
    ])
  })

  it.each<[string, Parameters<typeof encodeHolepunch> | null, string]>([
    ["the relay doesn't know it", ["error", targetAt, "not connected"], "not connected"],
    ["it can't do that", ["error", targetAt, "no support"], "no support"],
    ["the relay says nothing", null, "no answer"],
    ["the relay speaks of another", ["connect", "20.0.0.3:1"], "no answer"],
  ])("%s", async (_, message, detail) => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target, answer } = stage()
    relayWith(through)
    const hidden = target(relayAt)
    void holepunch.seek(hidden)
    await clock.pass(0)
    if (message) answer(through, ...message)
    await clock.pass(limits.holepunch.answerMs + 1_000)
    expect(hidden.attempts).toMatchObject([
      { relay: relayAt, ok: false, failure: { code: "no-rendezvous", detail } },
    ])
  })

  it("the relay leaves before it answers", async () => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target } = stage()
    relayWith(through)
    const hidden = target(relayAt)
    void holepunch.seek(hidden)
    await clock.pass(0)
    through.end()
    await clock.pass(0)
    expect(codesOf(hidden)).toEqual(["no-rendezvous"])
  })

  it("is asked of two relays at most, the vouching first", async () => {
    const relays = ["20.0.1.1:1", "20.0.1.2:1", "20.0.1.3:1"]
    const { holepunch, clock, relayWith, enter } = stage()
    for (const address of relays) relayWith(playedSession("utp"), address)
    const hidden = enter(
      targetAt,
      ...relays.map((via, i) => ({ kind: "pex", via, flags: i === 2 ? 8 : 0 }) as const),
    )
    void holepunch.seek(hidden)
    for (let i = 0; i < 6; i++) await clock.pass(limits.holepunch.answerMs)
    expect(hidden.attempts.map(({ relay }) => relay)).toEqual(["20.0.1.3:1", "20.0.1.1:1"])
  })

  it("is not asked of a relay whose port is another protocol's", async () => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target } = stage()
    Object.assign(relayWith(through), { leftUntested: true })
    void holepunch.seek(target(relayAt))
    await clock.pass(1_000)
    expect(through.sent).toEqual([])
  })

  it("waits until somebody names it who can help", async () => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target } = stage()
    relayWith(through)
    const hidden = target()
    holepunch.named(hidden)
    void holepunch.seek(hidden)
    await clock.pass(1_000)
    expect(through.sent).toEqual([])
    hidden.sources.push({ kind: "pex", via: relayAt, at: "" })
    holepunch.named(hidden)
    await clock.pass(0)
    expect(through.sent).toHaveLength(1)
  })

  it.each<[string, (stand: ReturnType<typeof stage>) => void]>([
    [
      "a relay of the other family",
      ({ relayWith }) => void relayWith(playedSession("utp"), "[2001:470::1]:1"),
    ],
    ["a peer without BEP 55", ({ relayWith }) => void relayWith(playedSession("utp", { speaks: false }))],
    ["nobody we know", () => {}],
  ])("%s is not asked", async (_, play) => {
    const stand = stage()
    play(stand)
    const hidden = stand.target("[2001:470::1]:1", relayAt)
    void stand.holepunch.seek(hidden)
    await stand.clock.pass(30_000)
    expect(hidden.attempts).toEqual([])
  })

  it("who takes TCP connections needs no help", async () => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target } = stage()
    relayWith(through)
    const open = target(relayAt)
    open.attempts.push({ transport: "tcp", failure: failure("closed") } as never)
    void holepunch.seek(open)
    await clock.pass(0)
    expect(through.sent).toEqual([])
  })
})

describe("a relay that we know over TCP", () => {
  it("is dialled over uTP once that is over, and left when nobody needs it any more", async () => {
    const before = playedSession("tcp")
    const through = playedSession("utp")
    const stand = stage((entry) => (entry.address === relayAt ? succeed(through.session) : fail("timeout")))
    const { holepunch, clock, dialled } = stand
    const relay = stand.relayWith(before)
    const hidden = stand.target(relayAt)
    void holepunch.seek(hidden)
    await clock.pass(5_000)
    expect(holepunch.awaits("20.0.0.1")).toBe(true)
    expect(dialled).toEqual([])
    relay.session = null
    await clock.pass(500)
    expect(dialled).toEqual([])
    await clock.pass(1_000)
    expect(dialled).toEqual([`${relayAt} utp`])
    expect(relay.session).toBe(through.session)
    expect(holepunch.awaits("20.0.0.1")).toBe(false)
    expect(through.sent).toMatchObject([{ kind: "rendezvous", endpoint: targetAt }])
    stand.answer(through, "error", targetAt, "not connected")
    await clock.pass(0)
    expect(through.session.record.end?.code).toBe("idle")
    expect(relay.session).toBeNull()
    expect(relay.attempts).toMatchObject([{ transport: "utp", ok: true }])
  })

  it("that can't be had over uTP is no relay", async () => {
    const { holepunch, clock, relayWith, target } = stage(() => fail("timeout"))
    const relay = relayWith(playedSession("tcp"))
    relay.session = null
    const hidden = target(relayAt)
    void holepunch.seek(hidden)
    await clock.pass(20_000)
    expect(codesOf(relay)).toEqual(["timeout"])
    expect(hidden.attempts).toMatchObject([{ failure: { code: "no-rendezvous" }, relay: relayAt }])
  })
})

describe("a session with a relay is kept", () => {
  it("as long as somebody whom it named was not met, and not for good", async () => {
    const through = playedSession("utp")
    const { holepunch, clock, relayWith, target } = stage()
    relayWith(through)
    expect(holepunch.isNeeded(through.session)).toBe(false)
    const hidden = target(relayAt)
    expect(holepunch.isNeeded(through.session)).toBe(true)
    void holepunch.seek(hidden)
    await clock.pass(0)
    expect(holepunch.isNeeded(through.session)).toBe(true)
    await clock.pass(limits.holepunch.answerMs)
    expect(holepunch.isNeeded(through.session)).toBe(false)
  })
  it("only over uTP", () => {
    const over = playedSession("tcp")
    const { holepunch, relayWith, target } = stage()
    relayWith(over)
    target(relayAt)
    expect(holepunch.isNeeded(over.session)).toBe(false)
  })
})

it("of the peers at one host, two at a time are sought", async () => {
  const through = playedSession("utp")
  const { holepunch, clock, enter, relayWith, answer, dialled } = stage(() => fail("timeout"), 4_000)
  relayWith(through)
  const places = [1, 2, 3].map((port) => `20.0.0.2:${port}`)
  for (const place of places) void holepunch.seek(enter(place, { kind: "pex", via: relayAt, flags: 8 }))
  await clock.pass(1_000)
  expect(through.sent.map(({ endpoint }) => endpoint)).toEqual(places.slice(0, 2))
  for (const place of places.slice(0, 2)) answer(through, "connect", place)
  await clock.pass(5_000)
  expect(through.sent.map(({ endpoint }) => endpoint)).toEqual(places)
  answer(through, "connect", places[2] ?? "")
  await clock.pass(0)
  expect(dialled).toEqual(places.map((place) => `${place} utp`))
})

it("of many peers at one host, who finds no turn soon is left", async () => {
  const through = playedSession("utp")
  const { holepunch, clock, enter, relayWith } = stage()
  relayWith(through)
  let over = 0
  for (let port = 1; port <= 16; port++) {
    const hidden = enter(`20.0.0.2:${port}`, { kind: "pex", via: relayAt, flags: 8 })
    void holepunch.seek(hidden).then(() => over++)
  }
  await clock.pass(0)
  // The relay never answers: as many as wait for that at first, and once more.
  await clock.pass(2 * limits.holepunch.answerMs + 1_000)
  expect(over).toBe(16)
  expect(through.sent.length).toBeLessThanOrEqual(4)
})

describe("told to dial somebody", () => {
  it("we do, at once, and go on as with everybody if that fails", async () => {
    const from = playedSession("utp")
    const { clock, relayWith, answer, dialled, returned } = stage()
    relayWith(from)
    answer(from, "connect", targetAt)
    await clock.pass(0)
    expect(dialled).toEqual([`${targetAt} utp`])
    expect(returned).toEqual([targetAt])
  })

  it.each<[string, string]>([
    ["an inward address", "192.168.1.1:80"],
    ["loopback", "127.0.0.1:6881"],
    ["link-local", "169.254.169.254:80"],
    ["multicast", "224.0.0.1:1"],
    ["ourselves", "20.0.0.9:9"],
  ])("but not %s", async (_, endpoint) => {
    const from = playedSession("utp")
    const { clock, relayWith, answer, dialled } = stage()
    relayWith(from)
    answer(from, "connect", endpoint)
    await clock.pass(0)
    expect(dialled).toEqual([])
  })

  it("nor by whom only another peer's word made known, unless we know it anyway", async () => {
    const from = playedSession("utp")
    const { clock, relayWith, answer, enter, dialled } = stage()
    relayWith(from).sources.splice(0, 1, { kind: "pex", via: "20.0.0.7:1", at: "" })
    answer(from, "connect", targetAt)
    await clock.pass(0)
    expect(dialled).toEqual([])
    enter(targetAt, { kind: "tracker" })
    answer(from, "connect", targetAt)
    await clock.pass(0)
    expect(dialled).toEqual([`${targetAt} utp`])
  })

  it("one endpoint once a minute, whoever says it", async () => {
    const [one, other] = [playedSession("utp"), playedSession("utp")]
    const { clock, relayWith, answer, dialled } = stage()
    relayWith(one)
    relayWith(other, "20.0.0.5:1")
    answer(one, "connect", targetAt)
    await clock.pass(limits.holepunch.againMs - 1)
    answer(other, "connect", targetAt)
    await clock.pass(0)
    expect(dialled).toHaveLength(1)
    await clock.pass(1)
    answer(other, "connect", targetAt)
    await clock.pass(0)
    expect(dialled).toHaveLength(2)
  })

  it("so many in all", async () => {
    const from = playedSession("utp")
    const { clock, relayWith, answer, dialled } = stage()
    relayWith(from)
    for (let host = 1; host <= 40; host++) answer(from, "connect", `20.0.1.${host}:1`)
    await clock.pass(0)
    expect(dialled).toHaveLength(limits.holepunch.maxConnects)
  })

  it("two ports of one host at a time, as ever", async () => {
    const from = playedSession("utp")
    const { clock, relayWith, answer, dialled } = stage(() => fail("timeout"), 4_000)
    relayWith(from)
    for (let port = 1; port <= 9; port++) answer(from, "connect", `20.0.0.2:${port}`)
    await clock.pass(3_999)
    expect(dialled).toEqual(["20.0.0.2:1 utp", "20.0.0.2:2 utp"])
    await clock.pass(1)
    answer(from, "connect", "20.0.0.2:10")
    await clock.pass(0)
    expect(dialled.slice(2)).toEqual(["20.0.0.2:10 utp"])
  })

  it("not by a stranger", async () => {
    const from = playedSession("utp")
    const { clock, answer, dialled } = stage()
    answer(from, "connect", targetAt)
    await clock.pass(0)
    expect(dialled).toEqual([])
  })
})

it("we relay for nobody, and say so a few times", () => {
  const from = playedSession("tcp")
  const { relayWith, answer, holepunch } = stage()
  relayWith(from)
  holepunch.hear(from.session, Uint8Array.of(7, 7, 7))
  for (let i = 0; i < 40; i++) answer(from, "rendezvous", targetAt)
  expect(from.sent[0]).toEqual({ kind: "error", endpoint: targetAt, error: "no support" })
  expect(from.sent).toHaveLength(limits.holepunch.maxRefusals)
})
