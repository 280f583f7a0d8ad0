/** Honest swarms are never accused, whatever happens to them; planted false figures are found. */
import { describe, expect, test } from "vitest"
import { misreportedDownloaded } from "../../src/audits/misreported-downloaded.ts"
import { misreportedLeft } from "../../src/audits/misreported-left.ts"
import { misreportedUploaded } from "../../src/audits/misreported-uploaded.ts"
import type { Evidence } from "../../src/evidence.ts"
import { simulateSwarm, type FalseFigures } from "../support/reporting-swarm.ts"
import { seededRandom } from "../../src/gather/random.ts"

const audits = [misreportedLeft, misreportedDownloaded, misreportedUploaded]
const chance = (seed: string) => {
  const random = seededRandom(seed)
  return () => random.next()
}
const accused = (evidence: Evidence): string[] =>
  audits
    .flatMap((audit) => audit.judge(evidence))
    .filter(({ verdict }) => verdict === "warn" || verdict === "fail")
    .map(({ audit, subject }) => `${audit} ${subject}`)

test.each([1, 2] as const)("1,000 honest swarms of %s file(s), restarts, waste and all: nobody", (files) => {
  const random = chance(`honest ${files}`)
  const found: string[][] = []
  for (let run = 0; run < 1_000; run++) found.push(accused(simulateSwarm(random, { files })))
  expect(found.filter((each) => each.length > 0)).toEqual([])
})

/** The process stood still for so long before it announced and visited: the run's clock leaves that out, and the wall's doesn't. */
function afterStandstill(evidence: Evidence, stoodMs: number): Evidence {
  const startedAt = new Date(Date.parse(evidence.run.startedAt) - stoodMs).toISOString()
  return { ...evidence, run: { ...evidence.run, startedAt } }
}

test("1,000 honest swarms seen after a standstill of our own: nobody", () => {
  const random = chance("stood still")
  const found: string[][] = []
  for (let run = 0; run < 1_000; run++) found.push(accused(afterStandstill(simulateSwarm(random), 60_000)))
  expect(found.filter((each) => each.length > 0)).toEqual([])
})

/** Seen to gain so many pieces by HAVE, a leecher has shown enough to be held to it. */
const enough = 24
const shownBy = ({ peers }: Evidence, who: number): number =>
  (peers[who]?.readings ?? []).reduce((sum, { fromCount, toCount }) => sum + toCount - fromCount, 0)

describe("a false figure among honest ones is found, and nobody else", () => {
  test.each<[string, number, FalseFigures, string, number]>([
    ["uploads made up", 3, { uploadedBytesPerSecond: 50e6 }, "misreported-uploaded", 0.95],
    ["a seeder that says all is left", 0, { leftBytes: "all" }, "misreported-left", 0.95],
    // An announce that may have been sent again tells too little of short visits.
    ["a leecher that says nothing is left", 5, { leftBytes: 0 }, "misreported-left", 0.6],
    ["downloads hidden", 5, { downloadedFactor: 0 }, "misreported-downloaded", 0.95],
  ])("%s", (_, who, lie, audit, recall) => {
    const random = chance(`liar ${who}`)
    let [named, testable] = [0, 0]
    const others: string[] = []
    for (let run = 0; run < 300; run++) {
      const swarm = simulateSwarm(random, { lies: { [who]: lie }, odd: false })
      const found = accused(swarm)
      const expected = `${audit} peer:203.0.113.${who + 1}:6881`
      if (who !== 5 || shownBy(swarm, who) >= enough) {
        testable++
        if (found.includes(expected)) named++
      }
      others.push(...found.filter((each) => each !== expected))
    }
    expect(others).toEqual([])
    expect(testable).toBeGreaterThan(60)
    expect(named / testable).toBeGreaterThan(recall)
  })
})
