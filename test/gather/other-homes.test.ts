/** Two addresses of one peer, by its peer id: which entry is whose. */
import { describe, expect, it } from "vitest"
import type { Depth, Sample } from "../../src/evidence.ts"
import { succeed, type FailureCode } from "../../src/failure.ts"
import { homesOf } from "../../src/gather/homes.ts"
import { newEntry, type Entry } from "../../src/gather/peer-book.ts"
import { createVisits } from "../../src/gather/visits.ts"
import { limits, paces } from "../../src/limits.ts"
import { createRecord } from "../../src/wire/record.ts"
import type { Session } from "../../src/wire/session.ts"
import { virtualClock } from "../wire/virtual-clock.ts"

const { maxOtherHomes } = limits.peer
const pieceCount = 3
const [all, both] = [Uint8Array.of(0xe0), Uint8Array.of(0xc0)]
const [one, other] = [Uint8Array.of(0x80), Uint8Array.of(0x20)]

const sample = (verified: boolean): Sample => ({
  piece: 0,
  atMs: 0,
  ms: 1,
  bytes: 1,
  verified,
  failure: verified ? null : { code: "hash-mismatch", detail: null },
  capped: false,
  progress: [],
})

interface Met {
  readonly entry?: Entry
  readonly samples?: readonly Sample[]
  readonly pieces?: Uint8Array
  readonly reserved?: string
  readonly claimed?: boolean
  /** Its session goes on until then; absent: it is over. */
  readonly until?: Promise<void>
}

const kept = (piece: number, code: FailureCode, bytes = 0): Sample => ({
  ...sample(true),
  piece,
  bytes,
  verified: null,
  failure: { code, detail: null },
})

function stage({ depth = "handshake" }: { depth?: Depth } = {}) {
  const clock = virtualClock()
  const visited: Entry[] = []
  const again: Entry[] = []
  const visits = createVisits({
    network: clock.network as never,
    signal: new AbortController().signal,
    depth,
    pace: paces.normal,
    pieceCount,
    now: () => clock.network.now(),
    pex: { introduce() {}, listenTo: () => Promise.resolve() },
    crowded: () => false,
    awaited: () => false,
    wantedElsewhere: () => false,
    askAgain: (entry) => void again.push(entry),
    async sample(entry, { ended }) {
      visited.push(entry)
      await ended
    },
  })
  async function meet(address: string, peerId: string, met: Met = {}): Promise<Entry> {
    const {
      entry = newEntry(address),
      samples = [],
      pieces = both,
      reserved = null,
      claimed = true,
      until,
    } = met
    const record = {
      ...createRecord({ transport: "tcp", encryption: "none" }, 0, 1),
      handshakeMs: 1,
      peerId,
      reserved,
      claimSent: claimed,
      pieces,
      samples: [...samples],
      payloadBytes: samples.reduce((sum, { bytes }) => sum + bytes, 0),
      end: until ? null : ({ code: "closed", detail: null } as const),
    }
    const session = {
      record,
      handshaken: Promise.resolve(succeed(undefined)),
      claimed: Promise.resolve(claimed),
      ended: (until ?? Promise.resolve()).then(() => ({ code: "closed", detail: null })),
      showInterest() {},
      untilUnchoked: () => (until ?? Promise.resolve()).then(() => false),
      close() {},
    } as unknown as Session
    await visits.visit(entry, session)
    return entry
  }
  return { meet, visited, again, clock }
}

it("the later one is the earlier one's, of the other family alone", async () => {
  const { meet } = stage()
  const first = await meet("20.0.0.1:1", "x")
  const second = await meet("[2a00::1]:1", "x")
  const third = await meet("20.0.0.2:1", "x")
  expect([first.sameAs, second.sameAs, third.sameAs]).toEqual([null, first, null])
})

it("one peer id at thousands of addresses is not one peer with thousands of them", async () => {
  const { meet } = stage()
  const first = await meet("20.0.0.1:1", "x")
  const others: Entry[] = []
  for (let index = 1; index <= 2 * maxOtherHomes; index++)
    others.push(await meet(`[2a00::${index.toString(16)}]:1`, "x"))
  expect(others.filter(({ sameAs }) => sameAs === first)).toHaveLength(maxOtherHomes)
  expect(others.filter(({ sameAs }) => sameAs === null)).toHaveLength(maxOtherHomes)
})

it("who has another address keeps it, although it turns up under a third one's peer id", async () => {
  const { meet } = stage()
  const first = await meet("20.0.0.1:1", "x")
  const second = await meet("[2a00::1]:1", "x")
  await meet("[2a00::2]:1", "y")
  await meet("20.0.0.1:1", "y", { entry: first })
  expect([first.sameAs, second.sameAs]).toEqual([null, first])
})

describe("where pieces are sampled", () => {
  const [four, six] = ["20.0.0.1:1", "[2a00::1]:1"]

  it("who shows the peer id of one that gave a right piece is that one", async () => {
    const { meet, visited } = stage({ depth: "sample" })
    const first = await meet(four, "x", { samples: [sample(true)] })
    const second = await meet(six, "x")
    expect(second.sameAs).toBe(first)
    expect(visited).toEqual([first])
  })

  it.each([
    ["of one that gave nothing", { samples: [] }],
    ["of one that gave wrong bytes, too", { samples: [sample(true), sample(false)] }],
    ["of one that holds something else", { samples: [sample(true)], pieces: other }],
  ] as const)("who shows the peer id %s is visited", async (_, thief) => {
    const { meet, visited } = stage({ depth: "sample" })
    const first = await meet(six, "x", thief)
    const second = await meet(four, "x")
    expect([second.sameAs, second.namesake]).toEqual([null, first])
    expect(visited).toEqual([first, second])
  })

  it.each([true, false])(
    "while that one may yet prove itself it stands for others; it did: %s",
    async (proves) => {
      const { meet, visited, again, clock } = stage({ depth: "sample" })
      const { promise: until, resolve: end } = Promise.withResolvers<void>()
      const entry = newEntry(six)
      const first = meet(six, "x", { entry, until })
      await clock.pass(1_000)
      const second = await meet(four, "x")
      expect([second.sameAs, visited, again]).toEqual([entry, [entry], []])
      if (proves) entry.visits[0]?.samples.push(sample(true))
      end()
      await first
      expect(again).toEqual(proves ? [] : [second])
      await meet(four, "x", { entry: second })
      expect(second.sameAs).toBe(proves ? entry : null)
      expect(visited).toEqual(proves ? [entry] : [entry, second])
    },
  )

  it("whoever was proven and then does wrong stands for nobody any more", async () => {
    const { meet, again, clock } = stage({ depth: "sample" })
    const { promise: until, resolve: end } = Promise.withResolvers<void>()
    const entry = newEntry(six)
    const first = meet(six, "x", { entry, samples: [sample(true)], until })
    await clock.pass(1_000)
    const second = await meet(four, "x")
    entry.visits[0]?.samples.push(sample(false))
    end()
    await first
    expect([again, second.sameAs]).toEqual([[second], null])
  })

  it("a leecher that has more by now is the same one, and a seeder is another", async () => {
    const { meet } = stage({ depth: "sample" })
    const leecher = { samples: [sample(true)], pieces: one }
    await meet(four, "x", leecher)
    await meet(four, "y", leecher)
    const [more, whole] = [await meet(six, "x", { pieces: both }), await meet(six, "y", { pieces: all })]
    expect([more.sameAs?.address, whole.sameAs]).toEqual([four, null])
  })

  it("but not while the first is there and would have told of it", async () => {
    const { meet, clock } = stage({ depth: "sample" })
    const { promise: until, resolve: end } = Promise.withResolvers<void>()
    const first = meet(four, "x", { samples: [sample(true)], pieces: one, until })
    await clock.pass(1_000)
    expect((await meet(six, "x", { pieces: both })).sameAs).toBeNull()
    end()
    await first
  })

  it("who was visited stays so, whoever proves itself afterwards, and needs no other dial", async () => {
    const { meet } = stage({ depth: "sample" })
    const first = await meet(four, "x")
    const second = await meet(six, "x")
    first.visits[0]?.samples.push(sample(true))
    second.released = 2
    await meet(six, "x", { entry: second })
    expect([second.sameAs, second.released]).toEqual([null, 0])
  })

  it("who did wrong stands for nobody while its visit lasts, either", async () => {
    const { meet, visited, clock } = stage({ depth: "sample" })
    const { promise: until, resolve: end } = Promise.withResolvers<void>()
    const first = meet(six, "x", { samples: [sample(false)], until })
    await clock.pass(1_000)
    const second = await meet(four, "x")
    expect(visited).toContain(second)
    end()
    await first
  })

  it("a third one is nobody's who has a namesake itself", async () => {
    const { meet } = stage({ depth: "sample" })
    const entries = [await meet(four, "x"), await meet(six, "x"), await meet("20.1.0.1:1", "x")]
    expect(entries.map(({ namesake }) => namesake)).toEqual([null, entries[0], null])
  })
})

describe("afterwards", () => {
  const [four, six] = ["20.0.0.1:1", "[2a00::1]:1"]
  const given = { samples: [sample(true)] }
  const homes = async (first: Met, second: Met) => {
    const { meet } = stage({ depth: "sample" })
    const entries = [await meet(four, "x", first), await meet(six, "x", second)]
    return homesOf(entries, pieceCount).map(({ main, others }) =>
      [main, ...others].map(({ address }) => address),
    )
  }

  it.each([
    ["neither gave anything: at the one that claims more", { pieces: one }, { pieces: both }, [[six, four]]],
    ["only one of them says that it is a seeder", {}, { pieces: all }, [[four], [six]]],
    ["one closed before it claimed: at the other", { claimed: false }, { pieces: all }, [[six, four]]],
    ["one gave pieces: at that one", {}, { ...given, pieces: one }, [[six, four]]],
    ["the first stood for the second", given, {}, [[four, six]]],
    ["both gave pieces: no sample is lost", given, { ...given, pieces: one }, [[four], [six]]],
    ["one gave wrong bytes", { samples: [sample(false)] }, given, [[four], [six]]],
  ] as const)("two that showed one peer id, %s", async (_, first, second, expected) => {
    expect(await homes(first, second)).toEqual(expected)
  })

  it("who was given its full time is shown, though it claims less by then", async () => {
    const { meet } = stage({ depth: "sample" })
    const entries = [await meet(four, "x", { pieces: one }), await meet(six, "x", { pieces: both })]
    entries[0]!.choked = true
    expect(homesOf(entries, pieceCount)).toMatchObject([{ main: { address: four } }])
  })

  it.each([
    ["a piece that it kept", [sample(true), kept(1, "rejected")], 1],
    ["two of them", [sample(true), kept(1, "rejected"), kept(2, "snubbed")], 2],
    ["two that it gave when asked again", [kept(0, "rejected"), sample(true), kept(1, "rejected")], 1],
    ["two that were slow", [sample(true), kept(1, "timeout", 1), kept(2, "timeout", 1)], 1],
  ] as const)("%s", async (_, samples, count) => {
    expect(await homes({ samples }, {})).toHaveLength(count)
  })

  it("who broke the protocol stands for nobody", async () => {
    const { meet } = stage({ depth: "sample" })
    const first = await meet(four, "x", given)
    first.visits[0]!.end = { code: "protocol-error", detail: null }
    expect((await meet(six, "x")).sameAs).toBeNull()
  })

  it("aria2's DHT bit differs by family; any other bit makes another", async () => {
    const { meet } = stage({ depth: "sample" })
    await meet(four, "x", { ...given, reserved: "0000000000100005" })
    const [same, another] = [
      await meet(six, "x", { reserved: "0000000000100004" }),
      await meet("[2a00::2]:1", "x", { reserved: "0000000000100001" }),
    ]
    expect([same.sameAs?.address, another.sameAs]).toEqual([four, null])
  })

  it("visited at far places, an id is as many peers", async () => {
    const { meet } = stage({ depth: "sample" })
    const visited = await Promise.all(
      ["20.0.0.1:1", "[2a00:1::1]:1", "[2a00:2::1]:1"].map((address) => meet(address, "x")),
    )
    expect(homesOf(visited, pieceCount)).toHaveLength(3)
    const near = await Promise.all(
      ["20.0.0.2:1", "[2a00:1::1]:1", "[2a00:1::2]:1"].map((address) => meet(address, "y")),
    )
    expect(homesOf(near, pieceCount)).toHaveLength(1)
  })

  it("who did wrong stands for nobody, though it was trusted before", async () => {
    const { meet } = stage({ depth: "sample" })
    const first = await meet(four, "x", given)
    const second = await meet(six, "x")
    expect(second.sameAs).toBe(first)
    first.visits[0]?.samples.push(sample(false))
    expect(homesOf([first, second], pieceCount).map(({ main }) => main)).toEqual([first, second])
  })
})
