import { describe, expect, test } from "vitest"
import { pexPhantoms } from "../../src/audits/pex-phantoms.ts"
import type { Peer } from "../../src/evidence.ts"
import {
  aLeecher,
  anEvidence,
  aRun,
  aSeeder,
  aSightedPeer,
  aSilentPeer,
  everySource,
  pexSighting,
  publicAddress,
  range,
} from "../support/builders.ts"

const judge = (peers: Peer[], overrides: Parameters<typeof anEvidence>[0] = {}) =>
  pexPhantoms.judge(anEvidence({ run: aRun({ discovery: everySource }), trackers: [], peers, ...overrides }))

/** Speakers of another operator than all that they name. */
const speaker = (n: number) => `198.19.${n}.1:6881`
const speakers = range(0, 4).map((n) => aSeeder(n, { address: speaker(n) }))

const living = (via: number, network: number, n: number) =>
  range(0, n).map((i) =>
    aLeecher(i, [0, 1], { address: publicAddress(network, i + 1), sources: [pexSighting(speaker(via))] }),
  )
const dead = (via: number, addresses: readonly string[], flags = 0) =>
  addresses.map((address, i) => aSilentPeer(i, { address, sources: [pexSighting(speaker(via), flags)] }))

const honest = [...speakers, ...living(0, 1, 8), ...living(1, 2, 8)]
const flood = dead(
  2,
  range(1, 41).map((host) => publicAddress(77, host)),
)

describe("what no connections can look like accuses the speaker", () => {
  test("a flood of one /24 that nobody else knows", () => {
    expect(judge([...honest, ...flood])).toMatchObject([
      {
        verdict: "warn",
        subject: `peer:${speaker(2)}`,
        because: `${speaker(2)} names 40 hosts of 198.18.77.0/24, none alive, in which nobody else knows anybody`,
        evidence: { kind: "network", of: 40 },
      },
    ])
  })

  test("one host on many ports", () => {
    const ports = range(1, 41).map((i) => publicAddress(78, 5, 2_000 + i))
    expect(judge([...honest, ...dead(2, ports)])).toMatchObject([
      { verdict: "warn", subject: `peer:${speaker(2)}`, evidence: { kind: "host", of: 40 } },
    ])
  })

  test("hosts in networks that no connection reaches, although we never dial them", () => {
    const bogons = [
      "0.1.2.3:1",
      "224.0.0.5:6881",
      "239.1.1.1:6881",
      "255.255.255.255:6881",
      "[ff02::1]:6881",
    ].map((address, i) =>
      aSightedPeer(i, { address, outcome: "filtered", sources: [pexSighting(speaker(3))] }),
    )
    expect(judge([...honest, ...bogons])).toMatchObject([
      {
        verdict: "warn",
        subject: `peer:${speaker(3)}`,
        because: expect.stringContaining("5 hosts in networks"),
      },
    ])
    expect(judge([...honest, ...bogons.slice(1)])[0]?.verdict).toBe("pass")
  })

  test("each such speaker for itself", () => {
    const other = dead(
      3,
      range(1, 41).map((host) => publicAddress(88, host)),
    )
    expect(judge([...honest, ...flood, ...other]).map(({ subject }) => subject)).toEqual([
      `peer:${speaker(2)}`,
      `peer:${speaker(3)}`,
    ])
  })
})

describe("honest, and not accused", () => {
  const ephemeral = (i: number) => 32_768 + 97 * i
  const scattered = (n: number) =>
    range(0, n).map((i) => publicAddress(100 + (i % 100), 1 + (i % 7), ephemeral(i)))

  test.each<[string, Peer[]]>([
    ["a Transmission that all its neighbours dialled", dead(2, scattered(50))],
    ["which even believes that it dialled them, and that they seed", dead(2, scattered(50), 2 | 16)],
    [
      "a provider's NAT whose hosts a tracker knows too",
      flood.map((peer, i) =>
        i === 0 ? { ...peer, sources: [...peer.sources, ...aSightedPeer(1).sources] } : peer,
      ),
    ],
    [
      "a NAT of one address that another speaker knows by another port",
      [
        ...dead(
          2,
          range(1, 41).map((i) => publicAddress(78, 5, ephemeral(i))),
        ),
        ...dead(1, [publicAddress(78, 5, 999)]),
      ],
    ],
    [
      "seedboxes of one provider, one of which answers",
      [...flood, ...living(2, 77, 1).map((peer) => ({ ...peer, address: publicAddress(77, 200) }))],
    ],
    [
      "a campus behind its firewall, the speaker in it",
      dead(
        2,
        range(1, 41).map((i) => `198.19.99.${i}:6881`),
      ),
    ],
    [
      "neighbours at home",
      dead(
        2,
        range(1, 41).map((i) => `192.168.1.${i}:6881`),
      ),
    ],
    [
      "containers of Ubuntu's fan network, which is in 240/8",
      dead(
        2,
        range(1, 41).map((i) => `240.7.${i}.2:6881`),
      ),
    ],
    [
      "a flood that we never dialled",
      flood.map(({ address, sources }) => aSightedPeer(1, { address, sources })),
    ],
    ["a small /24", flood.slice(0, 29)],
  ])("%s", (_, said) => {
    expect(judge([...honest, ...said]).map(({ verdict }) => verdict)).not.toContain("warn")
  })

  test("a swarm that is one network", () => {
    const everybody = [
      ...speakers,
      ...living(0, 77, 12).map((peer) => ({
        ...peer,
        address: publicAddress(77, 100 + Number(peer.address.split(/[.:]/)[3])),
      })),
    ]
    expect(judge([...everybody, ...flood]).map(({ verdict }) => verdict)).not.toContain("warn")
  })

  test("seed flags that the wire contradicts are told, and no more: Transmission repeats what it heard", () => {
    const flagged = range(0, 12).map((i) =>
      aLeecher(i, [0], { address: publicAddress(5, i + 1), sources: [pexSighting(speaker(2), 2)] }),
    )
    const [found] = judge([...honest, ...flagged])
    expect(judge([...honest, ...living(2, 5, 12)])[0]?.verdict).toBe("pass")
    expect(found).toMatchObject({ verdict: "inconclusive", subject: "swarm" })
    expect(JSON.stringify(found?.evidence)).toContain('"seedsContradicted":12')
  })
})

describe("forty dead hosts of one IPv6 /48", () => {
  const campus = range(1, 41).map((n) =>
    aSilentPeer(n, { address: `[2a01:e0:1:${n}::5]:6881`, sources: [pexSighting(speaker(2))] }),
  )
  const alsoAt = (address: string) =>
    speakers.map((peer) => (peer.address === speaker(2) ? { ...peer, alsoAt: [address] } : peer))
  const known = honest.filter((peer) => !speakers.includes(peer))
  const met = aSeeder(90, { address: "[2a01:e0:9::1]:6881", sources: [pexSighting(speaker(0))] })

  test.each<[string, Peer[], string]>([
    ["of a speaker elsewhere", [...alsoAt("[2a02:e0:1::1]:6881"), met], "warn"],
    ["of the speaker's own network", [...alsoAt("[2a01:e0:1::1]:6881"), met], "inconclusive"],
    ["of a speaker whom we know by IPv4 alone", [...speakers, met], "inconclusive"],
    ["when our IPv6 leads nowhere", alsoAt("[2a02:e0:1::1]:6881"), "pass"],
  ])("%s", (_, peers, verdict) => {
    expect(judge([...peers, ...known, ...campus])[0]?.verdict).toBe(verdict)
  })
})

test("too few that others know: the swarm may be that network", () => {
  expect(judge([...speakers, ...living(0, 1, 9), ...flood])[0]?.verdict).toBe("inconclusive")
  expect(judge([...speakers, ...living(0, 1, 10), ...flood])[0]?.verdict).toBe("warn")
})

test("yields are told: who named nobody alive of its own", () => {
  const [found] = judge([...honest, ...flood.slice(0, 20)])
  expect(found).toMatchObject({ verdict: "inconclusive", because: expect.stringContaining("1 peer of 3") })
  expect(JSON.stringify(found?.evidence)).toContain('"ownTested":20,"ownAlive":0')
})

test("living ones pass", () => {
  expect(judge(honest)).toMatchObject([
    { verdict: "pass", because: "2 peers named others; 16 of 16 hosts that only one of them named live" },
  ])
})

test("a redacted snapshot gives the same; without prefixes nobody is accused", () => {
  const renamed = (rename: (address: string) => string) =>
    [...honest, ...flood].map((peer) => ({
      ...peer,
      address: rename(peer.address),
      sources: peer.sources.map((source) => ({
        ...source,
        via: source.kind === "pex" && source.via ? rename(source.via) : source.via,
      })),
    }))
  const prefix = (address: string) => address.replace(/(\d+)\.(\d+):/, (_, c, d) => `${c}.0/24~${c}a${d}:`)
  expect(judge(renamed(prefix))).toMatchObject([
    { verdict: "warn", subject: `peer:${prefix(speaker(2))}`, evidence: { kind: "network", of: 40 } },
  ])
  const hidden = renamed((address) => address.replace(/.*\.(\d+)\.(\d+):/, (_, c, d) => `~${c}a${d}:`))
  expect(judge(hidden)[0]?.verdict).toBe("inconclusive")
})

test.each<[string, Parameters<typeof anEvidence>[0], string]>([
  ["one speaker", { peers: [...speakers, ...living(0, 1, 8)] }, "inconclusive"],
  ["nothing answered at all", { peers: flood }, "inconclusive"],
  ["nobody spoke", { peers: speakers }, "skipped"],
  ["an old snapshot", { run: aRun() }, "skipped"],
  ["not wanted", { run: aRun({ discovery: { ...everySource, pex: "off" } }) }, "skipped"],
  ["private", { run: aRun({ discovery: { ...everySource, pex: "private" } }) }, "skipped"],
  ["nobody contacted", { run: aRun({ discovery: everySource, depth: "discover" }) }, "skipped"],
])("%s", (_, overrides, verdict) => {
  expect(judge([...honest, ...flood], overrides)[0]?.verdict).toBe(verdict)
})
