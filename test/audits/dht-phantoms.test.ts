import { describe, expect, test } from "vitest"
import { dhtPhantoms } from "../../src/audits/dht-phantoms.ts"
import type { DhtNode, Peer } from "../../src/evidence.ts"
import { randomOf } from "../measure/server.ts"
import {
  aDht,
  aDhtNode,
  aLeecher,
  anEvidence,
  aRun,
  aSightedPeer,
  aSilentPeer,
  dhtSighting,
  everySource,
  publicAddress,
  range,
} from "../support/builders.ts"

const nodeAt = (n: number) => publicAddress(200, n)

const judge = (peers: Peer[], nodes: DhtNode[] = [], overrides: Parameters<typeof anEvidence>[0] = {}) =>
  dhtPhantoms.judge(
    anEvidence({
      run: aRun({ discovery: everySource }),
      trackers: [],
      dht: aDht({ nodes }),
      peers,
      ...overrides,
    }),
  )

interface Values {
  node: number
  network: number
  alive: number
  dead: number
  port?: number
}

/** What one node names: hosts of a network of their own. */
const values = ({ node, network, alive, dead, port = 6881 }: Values): Peer[] =>
  range(0, alive + dead).map((i) => {
    const said = { address: publicAddress(network, i + 1, port), sources: [dhtSighting(nodeAt(node))] }
    return i < alive ? aLeecher(i, [0], said) : aSilentPeer(i, said)
  })

const alive = aLeecher(1, [0])
const dead = aSilentPeer(1)

const honest = range(1, 5).flatMap((node) => values({ node, network: node, alive: 12, dead: 8 }))
const liar = values({ node: 9, network: 9, alive: 0, dead: 60 })

test("none of a node's values lives, most of the others' do", () => {
  const found = judge([...honest, ...liar])
  expect(found).toMatchObject([
    {
      verdict: "warn",
      subject: "dht",
      because: `none of 60 hosts that ${nodeAt(9)} names lives, 48 of 80 of the other nodes' do`,
      measured: "48 of 140 hosts live",
    },
  ])
  expect(found[0]?.pValue).toBeLessThan(0.001)
})

test("two such nodes that vouch for each other are both named", () => {
  const longer = values({ node: 9, network: 9, alive: 0, dead: 80 })
  const vouched = longer.map((peer) => ({ ...peer, sources: [...peer.sources, dhtSighting(nodeAt(10))] }))
  expect(judge([...honest, ...vouched])[0]?.because).toMatch(
    new RegExp(`${nodeAt(9)} names lives.*${nodeAt(10)} names lives`),
  )
})

describe("honest, and not accused", () => {
  test.each<[string, Peer[]]>([
    ["too few values to tell", [...honest, ...values({ node: 9, network: 9, alive: 0, dead: 15 })]],
    ["values that may all be stale", [...honest, ...values({ node: 9, network: 9, alive: 0, dead: 25 })]],
    [
      "one of them lives",
      [...honest, ...liar.slice(1), ...values({ node: 9, network: 10, alive: 1, dead: 0 })],
    ],
    [
      "the others' values live as rarely",
      [...range(1, 5).flatMap((node) => values({ node, network: node, alive: 4, dead: 16 })), ...liar],
    ],
    ["no other node named enough", [...values({ node: 1, network: 1, alive: 12, dead: 0 }), ...liar]],
    [
      "a tracker names one of them too",
      [
        ...honest,
        ...liar.slice(1),
        aSilentPeer(1, {
          address: publicAddress(9, 1),
          sources: [...(liar[0]?.sources ?? []), ...aSightedPeer(1).sources],
        }),
      ],
    ],
    ["everybody silent after our own network went", [...honest, ...liar].map(afterwards)],
  ])("%s", (_, peers) => {
    expect(judge(peers).map(({ verdict }) => verdict)).not.toContain("warn")
  })

  test.each([
    ["6c740d70", "rTorrent"],
    ["57420000", "WebTorrent"],
  ])("software that does so: v = %s", (version, client) => {
    const [found] = judge([...honest, ...liar], [aDhtNode(nodeAt(9), { version })])
    expect(found).toMatchObject({ verdict: "pass" })
    expect(JSON.stringify(found?.evidence)).toContain(client)
  })

  test("rTorrent's swapped ports, known by the host's true port from another source", () => {
    const swapped = values({ node: 9, network: 1, alive: 0, dead: 20, port: 0x39_30 })
    const truth = values({ node: 1, network: 1, alive: 20, dead: 0, port: 0x30_39 })
    expect(judge([...honest, ...truth, ...swapped])).toMatchObject([
      { verdict: "pass", because: expect.stringContaining("20 addresses with swapped port bytes left out") },
    ])
  })

  test("and by a usual port, swapped: 6881 is 57626", () => {
    const swapped = values({ node: 9, network: 9, alive: 0, dead: 60, port: 57_626 })
    expect(judge([...honest, ...swapped])).toMatchObject([{ verdict: "pass" }])
  })

  test("IPv6 values are compared with IPv6 values", () => {
    const six = liar.map((peer, i) => ({
      ...peer,
      address: `[2001:2:0::${i + 1}]:6881`,
      sources: [dhtSighting("[2001:2:0::ffff]:6881")],
    }))
    expect(judge([...honest, ...six])).toMatchObject([{ verdict: "pass" }])
  })

  test("1,000 honest lookups: some nodes keep the departed four times as long, yields from 10% to 90%", () => {
    const alarms = range(0, 1_000).filter((run) => {
      const random = randomOf(run * 17 + 1)
      const share = 0.1 + 0.8 * random()
      const peers = range(1, 5).flatMap((node) => {
        const fresh = random() < 0.5 ? share : share / 4
        return range(1, 61).map((i) => {
          const said = { address: publicAddress(node, i), sources: [dhtSighting(nodeAt(node))] }
          return { ...(random() < fresh ? alive : dead), ...said }
        })
      })
      return judge(peers)[0]?.verdict === "warn"
    })
    expect(alarms.length).toBeLessThanOrEqual(1)
  })
})

test("a redacted snapshot gives the same, and full redaction accuses nobody", () => {
  const renamed = (rename: (address: string) => string) =>
    [...honest, ...liar].map((peer) => ({
      ...peer,
      address: rename(peer.address),
      sources: peer.sources.map((source) => ({ ...source, via: source.via && rename(source.via) })),
    }))
  const prefixed = renamed((address) => address.replace(/(\d+)\.(\d+):/, (_, c, d) => `${c}.0/24~${c}a${d}:`))
  expect(judge(prefixed)).toMatchObject([{ verdict: "warn", measured: "48 of 140 hosts live" }])
  const hidden = renamed((address) => address.replace(/.*\.(\d+)\.(\d+):/, (_, c, d) => `~${c}a${d}:`))
  expect(judge(hidden)[0]?.verdict).toBe("inconclusive")
})

test.each<[string, Parameters<typeof anEvidence>[0], string]>([
  ["few were tried", { peers: values({ node: 1, network: 1, alive: 5, dead: 0 }) }, "inconclusive"],
  ["nothing answered at all", { peers: liar }, "inconclusive"],
  ["nobody was named", { peers: [aLeecher(1, [0])] }, "skipped"],
  ["an old snapshot", { run: aRun(), dht: null }, "skipped"],
  ["nobody contacted", { run: aRun({ discovery: everySource, depth: "discover" }) }, "skipped"],
])("%s", (_, overrides, verdict) => {
  expect(judge(honest, [], overrides)[0]?.verdict).toBe(verdict)
})

/** Dialled only after the last answer. */
function afterwards(peer: Peer): Peer {
  const late = peer.stage === "dialled" ? 50_000 : 1_000
  return { ...peer, attempts: peer.attempts.map((each) => ({ ...each, atMs: late })) }
}
