import { describe, expect, test } from "vitest"
import { sharedPeerId } from "../../src/audits/shared-peer-id.ts"
import { sharedPeerId as idOf } from "../../src/demo/identity-liars.ts"
import type { Peer, Reading } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import {
  anAttempt,
  anEvidence,
  aSample,
  aSeeder,
  aSighting,
  publicAddress,
  range,
} from "../support/builders.ts"
import { randomOf } from "../measure/server.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const one = hex(idOf(Buffer.from("8fk2Q!zb7#mW", "latin1")))
const judge = (peers: Peer[]) => sharedPeerId.judge(anEvidence({ peers }))
const others = [aSeeder(101), aSeeder(102)]
const verdicts = (peers: Peer[]) => judge([...peers, ...others]).map(({ verdict }) => verdict)

/** Met there at these times, ms. */
const met = (address: string, times: readonly number[], overrides: Partial<Peer> = {}) =>
  aSeeder(1, {
    address,
    peerId: one,
    attempts: times.map((atMs) => anAttempt({ atMs, ms: 100 })),
    samples: [],
    ...overrides,
  })
const everywhere = (n: number, overrides: Partial<Peer> = {}) =>
  range(0, n).map((i) => met(publicAddress(i, 1), [500], overrides))

describe("one id at four networks at one time", () => {
  test("each is named, with the group", () => {
    const found = judge([...everywhere(4), ...others])
    expect(found).toMatchObject(
      range(0, 4).map((i) => ({
        verdict: "warn",
        subject: `peer:${publicAddress(i, 1)}`,
        claimed: "4 peers",
        measured: "1 peer id",
        evidence: { peerId: one, prefix: "-TR3000-", places: 4, of: 4 },
      })),
    )
    expect(found[0]?.pValue).toBeLessThan(1e-30)
    expect(JSON.stringify(found[0]?.evidence)).toContain('"seenMs":[590,590]')
  })

  test.each<[string, Peer[]]>([
    ["hosts of one private network", range(1, 5).map((i) => met(`10.77.0.${i}:6881`, [500]))],
    ["IPv6", range(1, 5).map((i) => met(`[2a01:e0:${i}::1]:6881`, [500]))],
    [
      "far apart, but each before and after",
      range(0, 4).map((i) => met(publicAddress(i, 1), [1_000 * i, 90_000 + 1_000 * i])),
    ],
    [
      "dialled in a row, each sent pieces later",
      range(0, 4).map((i) =>
        met(publicAddress(i, 1), [20_000 * i], { samples: [aSample(1, { atMs: 80_000 })] }),
      ),
    ],
    [
      "IPv6 addresses that were taken for another home of the first",
      [
        met(publicAddress(1, 1), [500], {
          alsoAt: range(1, 5).map((i) => `[2a01:e0:${i}::1]:6881`),
          attempts: [
            anAttempt(),
            ...range(0, 4).map((i) => anAttempt({ atMs: 600 + i, ms: 50, failure: failure("duplicate") })),
          ],
        }),
        met(publicAddress(2, 1), [700]),
      ],
    ],
  ])("%s", (_, peers) => {
    expect(verdicts(peers).every((verdict) => verdict === "warn")).toBe(true)
    expect(verdicts(peers).length).toBeGreaterThan(0)
  })

  test("a redacted one is told all the same", () => {
    expect(verdicts(range(0, 4).map((i) => met(`198.18.${i}.0/24~k7f${i}:6881`, [500])))).toEqual(
      Array(4).fill("warn"),
    )
  })
})

describe("honest, or not to be told from it", () => {
  const constant = "2d5452333030302d303030303030303030303030"
  const renamed = (prefix: string) => hex(Buffer.from(`${prefix}8fk2Q!zb7#mW`, "latin1"))
  const lan = { sources: [aSighting({ kind: "lsd", via: null })] }

  test.each<[string, Peer[], string[]]>([
    ["each its own", range(1, 30).map((i) => aSeeder(i)), []],
    ["two addresses", everywhere(2), ["inconclusive"]],
    ["two lines and a VPN", everywhere(3), ["inconclusive"]],
    [
      "a client that moves four times",
      range(0, 5).map((i) => met(publicAddress(i, 1), [20_000 * i, 20_000 * i + 9_000])),
      ["inconclusive"],
    ],
    [
      "a server with addresses of one /24",
      range(1, 9).map((i) => met(publicAddress(7, i), [500])),
      ["inconclusive"],
    ],
    [
      "a machine on the bridges of its containers",
      range(1, 9).map((i) => met(`172.${16 + i}.0.1:6881`, [500])),
      ["inconclusive"],
    ],
    ["privacy addresses", range(1, 9).map((i) => met(`[2a01:e0:1:2::${i}]:6881`, [500])), ["inconclusive"]],
    [
      "IPv4 and IPv6 of two lines",
      [...everywhere(2), ...range(1, 3).map((i) => met(`[2a01:e0:${i}::1]:6881`, [500]))],
      ["inconclusive"],
    ],
    [
      "ports of one address: moved there, or a hairpin",
      range(1, 9).map((i) => met(publicAddress(1, 1, 7_000 + i), [500])),
      [],
    ],
    ["a dual-homed peer", [met(publicAddress(1, 1), [500], { alsoAt: ["[2a01:e0:1::1]:6881"] })], []],
    [
      "IPv6 addresses, at one of which it isn't told when",
      [
        met(publicAddress(1, 1), [500], {
          alsoAt: range(1, 6).map((i) => `[2a01:e0:${i}::1]:6881`),
          attempts: [
            anAttempt(),
            ...range(0, 4).map((i) => anAttempt({ atMs: 600 + i, ms: 50, failure: failure("duplicate") })),
          ],
        }),
        met(publicAddress(2, 1), [700]),
      ],
      ["inconclusive"],
    ],
    ["we ourselves", everywhere(9, { outcome: "self" }), []],
    ["a neighbour on all its interfaces", everywhere(9, lan), ["inconclusive"]],
    ["rTorrents that drew the same id", everywhere(9, { peerId: renamed("-lt0D80-") }), ["inconclusive"]],
    ["unknown software", everywhere(9, { peerId: renamed("-XX0001-") }), ["inconclusive"]],
    ["an id that is a constant", everywhere(9, { peerId: constant }), []],
    [
      "addresses of which redaction left nothing",
      range(0, 9).map((i) => met(`~k7f${i}:6881`, [500])),
      ["inconclusive"],
    ],
    ["never met", everywhere(9, { peerId: null }), []],
  ])("%s", (_, peers, expected) => {
    expect(verdicts(peers)).toEqual(expected)
  })

  test("what was seen of another id at the same address doesn't count for this one", () => {
    const reading = (peerId: string, fromMs: number): Reading => ({
      fromMs,
      toMs: fromMs + 1_000,
      fromCount: 1,
      toCount: 1,
      gained: 0,
      withdrawn: 0,
      gone: null,
      peerId,
      events: [],
    })
    const before = hex(idOf(Buffer.from("another-id!?", "latin1")))
    const changed = everywhere(4).map((peer, i) => ({
      ...peer,
      attempts: [anAttempt({ atMs: 0, ms: 90_000 })],
      readings: [reading(i === 0 ? one : before, 0), reading(i === 0 ? before : one, 60_000)],
    }))
    expect(verdicts(changed).filter((verdict) => verdict === "warn")).toEqual([])
  })

  test("everybody who answers: a box on our own line may do so for all", () => {
    for (const few of [[], others.slice(1)])
      expect(judge([...everywhere(9), ...few])).toMatchObject([
        { verdict: "inconclusive", because: expect.stringContaining("a box on our own line") },
      ])
  })

  test("the sentence says why", () => {
    expect(judge([...everywhere(2), ...others])[0]?.because).toBe(
      `${publicAddress(0, 1)}, ${publicAddress(1, 1)} answer with one peer id: a client that moved, and one with several addresses, look the same`,
    )
  })
})

test("clients that move as often as they like, two lines each: none of 1,000 is accused", () => {
  const random = randomOf(5)
  for (let run = 0; run < 1_000; run++) {
    let now = 0
    const stays = range(0, 6).map((i) => {
      const from = now + 11_000 + random() * 20_000
      now = from + random() * 30_000
      const times = [from, ...range(0, 3).map(() => from + random() * (now - from))]
      return [met(publicAddress(2 * i, 1), times), met(publicAddress(2 * i + 1, 1), times)]
    })
    expect(verdicts(stays.flat())).toEqual(["inconclusive"])
  }
})
