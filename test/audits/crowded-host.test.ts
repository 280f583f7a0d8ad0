import { describe, expect, test } from "vitest"
import { crowdedHost } from "../../src/audits/crowded-host.ts"
import type { Peer } from "../../src/evidence.ts"
import { randomOf } from "../measure/server.ts"
import { anEvidence, aPeer, aRun, aSeeder, aTorrent, range } from "../support/builders.ts"

const pieceCount = 400
interface Gain {
  atMs: number
  count: number
}
type Random = () => number

const judge = (peers: Peer[], cpuMs = 1_000) =>
  crowdedHost.judge(
    anEvidence({
      run: aRun({ usage: { ...aRun().usage, cpuMs } }),
      torrent: aTorrent({ pieceCount }),
      peers,
    }),
  )
const verdicts = (peers: Peer[]) => judge(peers).map(({ verdict }) => verdict)

const member = (n: number, events: Gain[], host = "198.18.7.7"): Peer =>
  aPeer(
    n,
    range(0, events.at(-1)?.count ?? 100),
    { address: `${host}:${7_000 + n}`, haveEvents: events },
    pieceCount,
  )

/** As a session records them: bursts at least 100 ms apart, each at its last HAVE; read when our event loop comes to it. */
function recorded(times: readonly number[], read: (ms: number) => number): Gain[] {
  const events: Gain[] = [{ atMs: 0, count: 100 }]
  for (const [i, ms] of times.toSorted((a, b) => a - b).entries()) {
    const last = events.at(-1)
    const before = events.at(-2)
    if (last && before && last.atMs - before.atMs < 100) events.pop()
    events.push({ atMs: read(ms), count: 101 + i })
  }
  return events
}

/** One client's gains, about one a second. */
const gains = (n: number, random: Random, meanMs = 1_000): number[] => {
  let now = 200
  return range(0, n).map(() => (now += -meanMs * Math.log(1 - random())))
}
/** Our loop is busy now and then: for a fifth of the time, up to 50 ms at once. */
const stalling = (random: Random) => {
  const seed = Math.floor(random() * 1_000)
  return (ms: number) => {
    const slot = Math.floor(ms / 50)
    return ((slot * 2_654_435_761 + seed) >>> 0) % 5 === 0 ? (slot + 1) * 50 + (ms % 50) / 500 : ms
  }
}

describe("one client under several names", () => {
  const planted = (names: number, steps: number, random: Random, lateMs = 1): Peer[] => {
    const times = gains(steps, random)
    return range(0, names).map((n) =>
      member(
        n,
        recorded(times, (ms) => ms + lateMs * random()),
      ),
    )
  }

  test("each is named, with the others and the pairs", () => {
    const found = judge([...planted(5, 30, randomOf(1)), aSeeder(1)])
    expect(found.map(({ verdict, subject }) => [verdict, subject])).toEqual(
      range(0, 5).map((n) => ["warn", `peer:198.18.7.7:${7_000 + n}`]),
    )
    expect(found[0]).toMatchObject({ claimed: "5 peers", measured: "1 client", evidence: { tests: 10 } })
    expect(found[0]?.pValue).toBeLessThan(1e-4)
    expect(JSON.stringify(found[0]?.evidence)).toContain('"within2Ms"')
  })

  test("nearly always found: 40 steps, four names", () => {
    const random = randomOf(2)
    const named = range(0, 200).filter(() => {
      const found = verdicts(planted(4, 40, random))
      return found.length === 4 && found.every((verdict) => verdict === "warn")
    })
    expect(named.length).toBeGreaterThanOrEqual(190)
  })

  test.each<[string, Peer[], string[]]>([
    ["three names: a client that listens on several ports", planted(3, 40, randomOf(3)), ["inconclusive"]],
    ["eleven steps", planted(5, 11, randomOf(4)), ["inconclusive"]],
    [
      "each on a host of its own",
      planted(5, 40, randomOf(5)).map((peer, i) => ({ ...peer, address: `198.18.7.${i}:1` })),
      [],
    ],
  ])("not enough: %s", (_, peers, expected) => {
    expect(verdicts(peers)).toEqual(expected)
  })

  test("nobody is accused while our own computer was too busy to read promptly", () => {
    const peers = planted(5, 30, randomOf(6))
    expect(judge(peers, 31_000).map(({ verdict }) => verdict)).toEqual(["inconclusive"])
  })

  test("nor where pieces are so small that neighbours copy them in 3 ms", () => {
    const torrent = aTorrent({ pieceCount, pieceBytes: 16_384 })
    const found = crowdedHost.judge(anEvidence({ torrent, peers: planted(5, 30, randomOf(6)) }))
    expect(found.map(({ verdict }) => verdict)).toEqual(["inconclusive"])
  })

  describe("watched two by two, as two sockets per address allow", () => {
    /** Each pair sees twenty steps of one client, and then the next pair comes. */
    const byTwo = (pairs: number, piecesOf = (count: number) => range(0, count)): Peer[] => {
      const random = randomOf(9)
      const times = gains(20 * pairs, random)
      return range(0, 2 * pairs).map((n) => {
        const turn = Math.floor(n / 2)
        const events = times
          .slice(20 * turn, 20 * turn + 20)
          .map((ms, i) => ({ atMs: ms + random(), count: 101 + 20 * turn + i }))
        const count = events.at(-1)?.count ?? 0
        return aPeer(
          n,
          piecesOf(count),
          { address: `198.18.7.7:${7_000 + n}`, haveEvents: events },
          pieceCount,
        )
      })
    }

    test("three pairs are one client", () => {
      expect(verdicts(byTwo(3))).toEqual(Array(6).fill("warn"))
    })

    test("two pairs may be two clients of two ports each", () => {
      expect(verdicts(byTwo(2))).toEqual(["inconclusive"])
    })

    test("three pairs whose pieces differ may be three", () => {
      expect(verdicts(byTwo(3, (count) => range(count, 2 * count)))).toEqual(["inconclusive"])
    })
  })

  test("one IPv6 /56, and not the next", () => {
    const at = (host: (n: number) => string) =>
      verdicts(planted(5, 40, randomOf(7)).map((peer, n) => ({ ...peer, address: `[${host(n)}]:6881` })))
    expect(at((n) => `2a01:e0:1:4${n}::1`)).toEqual(Array(5).fill("warn"))
    expect(at((n) => `2a01:e0:1:${n}00::1`)).toEqual([])
  })
})

describe("honest neighbours, 1,000 runs of six at one address: none is accused", () => {
  const crowd = (random: Random, timesOf: (n: number, first: readonly number[]) => number[]): Peer[] => {
    const read = stalling(random)
    const first = gains(40, random)
    return range(0, 6).map((n) => member(n, recorded(timesOf(n, first), read)))
  }

  test.each<[string, (random: Random) => (n: number, first: readonly number[]) => number[]]>([
    ["in sequence, each at its own times", (random) => () => gains(40, random)],
    // A slow seeder's next piece goes to one of them, and from it to the others: 3 ms at least (measured, 16 KiB), mostly more.
    [
      "copying each piece from each other",
      (random) => (_, first) => first.map((ms) => ms + 3 + -15 * Math.log(1 - random())),
    ],
    [
      "fed at a regular pace, each with a phase of its own",
      (random) => () => {
        const phase = random() * 500
        return range(0, 40).map((i) => 500 * i + phase + 4 * random())
      },
    ],
  ])("%s", (_, timesOf) => {
    const random = randomOf(8)
    const accused = range(0, 1_000).filter(() => verdicts(crowd(random, timesOf(random))).includes("warn"))
    expect(accused).toEqual([])
  })
})

describe("what is merely crowded", () => {
  const customers = (n: number, host = "198.18.7.7") =>
    range(0, n).map((i) => aSeeder(i, { address: `${host}:${7_000 + i}` }))

  test("a thousand at one address are told, and how many of them were compared", () => {
    const crowd = range(0, 1_000).map((n) => aSeeder(1, { address: `198.18.7.7:${2_000 + n}` }))
    expect(judge(crowd)).toMatchObject([
      { verdict: "inconclusive", measured: "1000 peers", evidence: { tests: 0, of: 1_000, compared: 40 } },
    ])
  })

  test("five at one address are told, and accuse nobody", () => {
    expect(judge(customers(5))).toMatchObject([
      {
        verdict: "inconclusive",
        subject: "swarm",
        because:
          "5 peers at one address: customers of one seedbox, a campus or a provider's NAT, or one client under several names",
      },
    ])
  })

  test.each<[string, Peer[]]>([
    ["a family", customers(4)],
    ["a swarm on this computer", customers(9, "127.0.0.1")],
    ["whom nobody reached", customers(9).map((peer) => ({ ...peer, claimSent: null, bitfield: null }))],
  ])("not told: %s", (_, peers) => {
    expect(judge(peers)).toEqual([])
  })

  test("partial seeds of one host have the same pieces, and gain nothing", () => {
    const partial = range(0, 4).map((n) => member(n, []))
    expect(judge(partial)).toEqual([])
  })
})
