import { expect, test } from "vitest"
import { dhtEclipse } from "../../src/audits/dht-eclipse.ts"
import type { Dht } from "../../src/evidence.ts"
import { redact } from "../../src/store/redact.ts"
import { simulate, type World } from "../measure/dht/simulation.ts"
import { randomOf } from "../measure/server.ts"
import { aDht, aDhtLookup, anEvidence, aRun, everySource } from "../support/builders.ts"

const judge = (dht: Dht | null, run = aRun({ discovery: everySource })) =>
  dhtEclipse.judge(anEvidence({ run, dht }))

const world = (overrides: Partial<World> = {}): Dht =>
  simulate({ size: 1_000_000, random: randomOf(7), neighbourhoods: 4, ...overrides })

const sybils = { count: 10, within: 2 ** -25, fits: true }

test("an honest DHT passes, its size said", () => {
  const [found] = judge(world())
  expect(found).toMatchObject({ verdict: "pass", subject: "dht" })
  expect(found?.measured).toMatch(/^about \d+ DHT nodes$/)
})

test("nodes placed next to the key: the DHT, never a peer, with the numbers", () => {
  const [found, ...others] = judge(world({ sybils }))
  expect(others).toEqual([])
  expect(found).toMatchObject({
    verdict: "warn",
    subject: "dht",
    because: expect.stringMatching(
      /^\d+ nodes share 2\d bits or more with the info hash, where none were due, judging by random keys$/,
    ),
    advice: expect.stringContaining("keep trackers"),
  })
  expect(found?.pValue).toBeLessThan(0.001)
})

test("honest nodes behind one address crowd together by BEP 42, and count once", () => {
  // BEP 42 ties 21 bits of the id to the address.
  const behindNat = {
    count: 60,
    within: 2 ** -21,
    fits: true,
    addressOf: (i: number) => `198.18.9.9:${i + 1_024}`,
  }
  for (let seed = 0; seed < 50; seed++)
    expect(judge(world({ random: randomOf(seed), sybils: behindNat }))[0]?.verdict).not.toBe("warn")
  const placed = { ...behindNat, fits: false }
  expect(judge(world({ sybils: placed }))[0]?.verdict).toBe("warn")
})

test("redacted to prefixes, the same; what isn't local stays so", () => {
  const dht = world({ sybils })
  const renamed = redactedDht(dht)
  const [before] = judge(dht)
  const [after] = judge(renamed)
  expect(after).toMatchObject({ verdict: "warn", because: before?.because, pValue: before?.pValue })
})

test.each<[string, Dht, string]>([
  ["a small DHT", world({ size: 100 }), "too few to tell"],
  ["a lookup that was cut short", aDht({ lookups: [aDhtLookup({ end: "timeout" })] }), "came to an end"],
  ["few nodes", fewNodes(), "only 7 nodes"],
  ["a local DHT", local(), "local"],
])("inconclusive: %s", (_, dht, because) => {
  expect(judge(dht)).toMatchObject([{ verdict: "inconclusive", because: expect.stringContaining(because) }])
})

test.each([
  ["an old snapshot", null, aRun()],
  ["not wanted", null, aRun({ discovery: { ...everySource, dht: "off" } })],
  ["private", world(), aRun({ discovery: { dht: "private", pex: "private", lsd: "private" } })],
])("skipped: %s", (_, dht, run) => {
  expect(judge(dht, run)[0]?.verdict).toBe("skipped")
})

function fewNodes(): Dht {
  const dht = world()
  return { ...dht, lookups: dht.lookups.map((each) => ({ ...each, closest: each.closest.slice(0, 7) })) }
}

function local(): Dht {
  const dht = world({ sybils })
  return { ...dht, nodes: dht.nodes.map((node) => ({ ...node, idFits: null })) }
}

/** As redaction to prefixes renames peers. */
function redactedDht(dht: Dht): Dht {
  const key = new Uint8Array(32).fill(3)
  const rename = (address: string): string =>
    redact(anEvidence({ peers: [{ ...anEvidence().peers[0]!, address }] }), "prefix", key).peers[0]!.address
  return {
    ...dht,
    nodes: dht.nodes.map((node) => ({ ...node, address: rename(node.address) })),
    lookups: dht.lookups.map((each) => ({
      ...each,
      closest: each.closest.map(({ address, id }) => ({ address: rename(address), id })),
    })),
  }
}
