/** How many strangers one node or peer may name, and how many of one host or network anybody may. */
import { describe, expect, it } from "vitest"
import type { Sighting } from "../../src/evidence.ts"
import { admission } from "../../src/gather/admission.ts"
import { createIntroductions } from "../../src/gather/introductions.ts"
import { createSharedPerVictim, type PerVictim } from "../../src/gather/per-victim.ts"
import { limits, paces, type PaceName } from "../../src/limits.ts"

type Source = Pick<Sighting, "kind" | "via">

const elsewhere = (i: number) => `1.${i >> 8}.${i & 255}.1:6881`

interface Options {
  maxPeers?: number
  pace?: PaceName
  named?: readonly string[]
  perVictim?: PerVictim
}

function introduce({ maxPeers = 10, pace = "normal", named = [], perVictim }: Options = {}) {
  const hits: string[] = []
  const introductions = createIntroductions({
    maxPeers,
    pace: paces[pace],
    admission: admission({
      allowLocal: false,
      pace,
      trackers: [],
      peers: [],
      named,
      dhtBootstrap: [],
      lsd: false,
    }),
    ...(perVictim && { budgets: { perVictim } }),
    hit: (cap) => hits.push(cap),
  })
  return {
    hits: () => [...new Set(hits)],
    let: (source: Source, addresses: readonly string[]) =>
      addresses.filter((address) => introductions.may(source, address)).length,
  }
}

/** Of 10 strangers from each of these, how many are let in where 10 have room; and the caps hit. */
function letIn(...sources: Source[]) {
  const { hits, let: introduced } = introduce()
  const counts = sources.map((source, i) =>
    introduced(
      source,
      Array.from({ length: 10 }, (_, n) => elsewhere(10 * i + n)),
    ),
  )
  return { counts, hits: hits() }
}

describe("strangers", () => {
  it.each<[string, Source[], number[], string[]]>([
    ["one peer names half of the book", [{ kind: "pex", via: "203.0.113.1:1" }], [5], ["pex-peers"]],
    [
      "with all its ports together",
      [
        { kind: "pex", via: "203.0.113.1:1" },
        { kind: "pex", via: "203.0.113.1:2" },
        { kind: "dht", via: "203.0.113.1:3" },
      ],
      [5, 0, 0],
      ["pex-peers", "dht-peers"],
    ],
    [
      "and all of an IPv6 /56",
      [
        { kind: "pex", via: "[2a00:1:2:300::1]:1" },
        { kind: "pex", via: "[2a00:1:2:3ff::2]:1" },
        { kind: "pex", via: "[2a00:1:2:400::1]:1" },
      ],
      [5, 0, 5],
      ["pex-peers"],
    ],
    [
      "ports of loopback are hosts",
      [
        { kind: "dht", via: "127.0.0.1:1" },
        { kind: "dht", via: "127.0.0.1:2" },
      ],
      [5, 5],
      ["dht-peers"],
    ],
    [
      "a tracker, the user and who dials us as many as they like",
      [
        { kind: "tracker", via: "udp://t.example:1" },
        { kind: "manual", via: null },
        { kind: "incoming", via: null },
      ],
      [10, 10, 10],
      [],
    ],
  ])("%s", (_, sources, counts, hits) => {
    expect(letIn(...sources)).toEqual({ counts, hits })
  })
})

describe("victims", () => {
  const tracker: Source = { kind: "tracker", via: "http://t.example/announce" }
  const ports = (host: string, count = 1_000) =>
    Array.from({ length: count }, (_, i) => `${host}:${10_000 + i}`)
  const { perHost, perNetwork, allPerHost } = limits.victim

  it.each<[string, string[], number]>([
    ["1,000 ports of one address", ports("8.8.8.8"), perHost],
    [
      "1,000 endpoints of one /24",
      Array.from({ length: 1_000 }, (_, i) => `8.8.8.${i & 255}:${7_000 + i}`),
      perNetwork,
    ],
    ["1,000 ports of one IPv6 address", ports("[2a00:1450:1:2::9]"), perHost],
    [
      "1,000 addresses of one IPv6 /64",
      Array.from({ length: 1_000 }, (_, i) => `[2a00:1450:1:2::${(i + 1).toString(16)}]:6881`),
      perHost,
    ],
    [
      "1,000 networks of one IPv6 /48",
      Array.from({ length: 1_000 }, (_, i) => `[2a00:1450:1:${i.toString(16)}::1]:6881`),
      perNetwork,
    ],
    [
      "one IPv4 address in all the ways to write it in IPv6",
      [
        ...ports("8.8.8.8", 20),
        ...ports("[2002:808:808::1]", 20),
        ...ports("[64:ff9b::808:808]", 20),
        ...ports("[2001:0:101:101:0:0:f7f7:f7f7]", 20),
      ],
      perHost,
    ],
    ["5,000 ports of loopback are as many peers", ports("127.0.0.1", 5_000), 5_000],
  ])("%s", (_, addresses, dialled) => {
    const { let: introduced, hits } = introduce({ maxPeers: 10_000 })
    expect(introduced(tracker, addresses)).toBe(dialled)
    expect(hits()).toEqual(dialled < addresses.length ? ["per-host"] : [])
  })

  it("is one victim, whoever names it", () => {
    const { let: introduced } = introduce({ maxPeers: 10_000 })
    const sources: Source[] = [
      tracker,
      { kind: "tracker", via: "udp://other.example:80" },
      { kind: "pex", via: "1.1.1.1:6881" },
      { kind: "dht", via: "9.9.9.9:6881" },
    ]
    const counts = sources.map((source, i) => introduced(source, ports("8.8.8.8").slice(20 * i, 20 * i + 20)))
    expect(counts).toEqual([20, perHost - 20, 0, 0])
  })

  it("whom the user named, and who dialled us, is let in beyond that", () => {
    const named = ports("8.8.8.8", 100)
    const { let: introduced, hits } = introduce({ maxPeers: 10_000, named })
    expect(introduced({ kind: "manual", via: null }, named)).toBe(100)
    expect(introduced({ kind: "incoming", via: null }, ports("9.9.9.9", 100))).toBe(100)
    // A magnet link's x.pe is a stranger's word.
    expect(introduced({ kind: "manual", via: null }, ports("7.7.7.7", 100))).toBe(perHost)
    expect(hits()).toEqual(["per-host"])
  })

  it("among ourselves there is no victim", () => {
    const { let: introduced } = introduce({ maxPeers: 10_000, pace: "lab" })
    expect(introduced(tracker, ports("10.0.0.1", 5_000))).toBe(5_000)
  })

  it("all audits of a process together have a bound, within an hour; one client in each torrent is one", () => {
    let nowMs = 0
    const perVictim = createSharedPerVictim(() => nowMs)
    const audits = (count: number, addresses: (audit: number) => string[]) =>
      Array.from({ length: count }, (_, audit) =>
        introduce({ maxPeers: 10_000, perVictim }).let(tracker, addresses(audit)),
      ).reduce((sum, let_) => sum + let_, 0)
    expect(audits(100, (audit) => [`8.8.8.8:${20_000 + audit}`])).toBe(100)
    expect(audits(allPerHost + 50, () => ["9.9.9.9:6881"])).toBe(allPerHost + 50)
    const others = (audit: number) =>
      Array.from({ length: 20 }, (_, i) => `8.8.8.8:${30_000 + 20 * audit + i}`)
    expect(audits(100, others)).toBe(allPerHost - 100)
    nowMs = limits.victim.windowMs
    expect(audits(1, () => ports("8.8.8.8", 20))).toBe(20)
  })

  it("so many endpoints are kept in mind, and then it begins again", () => {
    const perVictim = createSharedPerVictim(() => 0)
    expect(ports("8.8.8.8", allPerHost).every((at) => perVictim.may(at))).toBe(true)
    const beyond = "8.8.8.8:1"
    const other = (i: number) => perVictim.may(`${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1:6881`)
    for (let i = allPerHost + 1; i < limits.victim.maxKept; i++) other(i)
    expect(perVictim.may(beyond)).toBe(false)
    other(0)
    expect(perVictim.may(beyond)).toBe(true)
  })

  it("whom other audits' bound leaves out takes no place of its neighbours', however often it is named", () => {
    const perVictim: PerVictim = { may: (at) => !at.startsWith("8.8.8.") || at.startsWith("8.8.8.9:") }
    const { let: introduced } = introduce({ maxPeers: 10_000, perVictim })
    const leftOut = Array.from({ length: perNetwork }, (_, i) => `8.8.8.${100 + (i % 8)}:6881`)
    expect(introduced(tracker, leftOut)).toBe(0)
    expect(introduced(tracker, ["8.8.8.9:6881"])).toBe(1)
  })

  it("nor of its introducer's other strangers", () => {
    const perVictim: PerVictim = { may: (at) => at !== "8.8.8.8:6881" }
    const { let: introduced } = introduce({ perVictim })
    const node: Source = { kind: "dht", via: "9.9.9.9:6881" }
    expect(
      introduced(
        node,
        Array.from({ length: 100 }, () => "8.8.8.8:6881"),
      ),
    ).toBe(0)
    // Of the five that it may name one was spent on who was left out, once.
    expect(
      introduced(
        node,
        Array.from({ length: 10 }, (_, i) => elsewhere(i)),
      ),
    ).toBe(4)
  })
})
