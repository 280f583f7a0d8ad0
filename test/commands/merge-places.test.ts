/** Three audits from three addresses of this machine, of one real swarm through one real tracker, merged. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { merge } from "../../src/commands/merge.ts"
import { report } from "../../src/commands/report.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { TrackerOptions } from "../../src/demo/tracker.ts"
import type { Evidence } from "../../src/evidence.ts"
import { seededRandom } from "../../src/gather/random.ts"
import { populationOf, roleEstimates } from "../../src/measure/population/swarm.ts"
import { realNetwork } from "../../src/network.ts"
import { merged as schema, type Merged } from "../../src/report/merged.ts"
import { audit, castOf, seeder } from "../support/audit.ts"
import { range } from "../support/builders.ts"
import { commandContext } from "../support/command-context.ts"
import { ownContext } from "../support/own-context.ts"
import { swarmFor } from "../support/swarm.ts"

const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
const places = ["ams", "nyc", "sgp"]

/** One after the other, as the tracker's own list must not name an audit that is still going on. */
async function audited(peers: number, tracker: TrackerOptions): Promise<{ audits: Evidence[]; url: string }> {
  const swarm = await swarmFor({
    ...castOf(...range(0, peers).map((n) => seeder(`${n}`))),
    tracker: { minIntervalMs: 60_000, ...tracker },
  })
  const audits: Evidence[] = []
  for (const [i, address] of addresses.entries()) {
    const network = realNetwork({ bind: { ipv4: address }, families: ["ipv4"] })
    audits.push(
      await audit(swarm, { network, vantage: places[i] ?? "", depth: "handshake", dht: false, pex: false }),
    )
  }
  return { audits, url: swarm.trackerUrl }
}

/** Through the command and files, as a user would; `said` is what it prints as text. */
async function merged(audits: readonly Evidence[]) {
  const context = ownContext({ json: true, redact: ["none"], out: [] })
  const files = audits.map((evidence, i) => {
    const path = join(context.home, `${i}.json`)
    writeFileSync(path, JSON.stringify(snapshotOf(evidence)))
    return path
  })
  const saved = join(context.home, "merged.json.gz")
  const status = await merge({ ...context, targets: files, flags: { ...context.flags, out: [saved] } })
  const document = schema.parse(JSON.parse(context.out()))
  const text = commandContext(context.home, files, { redact: ["none"] })
  await merge(text)
  const again = commandContext(context.home, [saved], { json: true, redact: ["none"] })
  await report(again)
  return { status, document, said: text.out(), again: JSON.parse(again.out()) as Merged }
}

const acrossOf = ({ findings }: Merged) => findings.filter(({ audit: id }) => id === "answers-by-place")

/** What each place's own report says of how many there are. */
const aloneOf = (evidence: Evidence): number[] => {
  const { seeders } = roleEstimates(evidence)
  return [populationOf(evidence).estimate?.value, seeders.estimate?.value].filter(
    (value) => value !== undefined,
  )
}

describe("through one tracker", () => {
  test("that names ten of sixteen at random: nobody is accused, and the estimate is nearer than each place's own", async () => {
    // The tracker's draws. Any others do, but for one in ninety, whose lists are too alike by chance for an upper bound.
    const chance = seededRandom("ten of sixteen")
    const drawn = vi.spyOn(Math, "random").mockImplementation(() => chance.next())
    onTestFinished(() => drawn.mockRestore())
    const { audits, url } = await audited(16, { peersPerReply: 10 })
    const { document, said, again } = await merged(audits)
    const { swarm, vantages } = document
    expect(vantages.map(({ label }) => label)).toEqual(places)
    expect(document.findings.filter(({ verdict }) => verdict === "warn" || verdict === "fail")).toEqual([])
    expect(acrossOf(document)).toMatchObject([{ verdict: "pass" }])
    const off = Math.abs((swarm.population?.value ?? Infinity) - 16)
    const alone = audits.flatMap(aloneOf)
    for (const value of [...alone, ...audits.map(({ peers }) => peers.length)])
      expect(off).toBeLessThan(Math.abs(value - 16))
    expect(swarm.reached).toBeGreaterThan(10)
    expect(document.trackers.map((tracker) => tracker.url)).toEqual([url])
    const answers = document.trackers.flatMap((tracker) =>
      tracker.answers.filter(({ by }) => by === "announce"),
    )
    expect(answers).toMatchObject(places.map((vantage) => ({ vantage, ok: true, seeders: 16, leechers: 0 })))
    expect(answers.every(({ peers }) => (peers ?? 0) <= 10)).toBe(true)
    expect(document.peers.every(({ seen }) => seen.every(({ reached }) => reached))).toBe(true)
    expect(said).toMatch(/Reachable: about \d\d peers \(1\d–\d+\)/)
    expect(again).toEqual(document)
  })

  test("that gives one address a list of made-up peers: it is named, and nobody else", async () => {
    // Below the ports that a system gives: one of our own, at any address of this machine, is ourselves.
    const phantoms = range(0, 160).map((n) => `127.0.1.${1 + (n % 200)}:${20_000 + n}`)
    const lies = [{ kind: "padded" as const, addresses: phantoms }]
    const { audits, url } = await audited(8, { liesTo: { addresses: ["127.0.0.2"], lies } })
    const { document, said, status } = await merged(audits)
    expect(acrossOf(document)).toMatchObject([
      {
        verdict: "warn",
        subject: `tracker:${url}`,
        vantages: ["nyc"],
        evidence: { kind: "canary", peers: 160 },
      },
      {
        verdict: "warn",
        subject: `tracker:${url}`,
        vantages: ["nyc"],
        evidence: { kind: "list", suspect: { alive: 0, tested: 160 } },
      },
    ])
    const others = document.findings.filter(
      ({ verdict, subject }) =>
        verdict !== "pass" &&
        /^(peer|tracker):/.test(subject) &&
        verdict !== "inconclusive" &&
        subject !== `tracker:${url}`,
    )
    expect(others).toEqual([])
    expect(document.swarm.population).toMatchObject({ low: 8 })
    expect(Math.round(document.swarm.population?.value ?? 0)).toBe(8)
    expect(said).toContain("answers-by-place")
    expect(status).toBe(1)
  })

  test("that multiplies its counts for one address, for any info hash: it is named, here and by that place's own audit", async () => {
    const lies = [{ kind: "scaled" as const, factor: 10 }]
    const { audits, url } = await audited(8, { liesTo: { addresses: ["127.0.0.3"], lies } })
    const { document } = await merged(audits)
    expect(acrossOf(document)).toMatchObject([
      {
        verdict: "warn",
        subject: `tracker:${url}`,
        vantages: ["sgp"],
        evidence: { kind: "canary", clean: "ams" },
      },
    ])
    expect(
      document.findings.find(({ audit: id, verdict }) => id === "phantom-seeders" && verdict === "warn"),
    ).toMatchObject({ vantages: ["sgp"] })
  })
})
