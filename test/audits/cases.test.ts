/** Every audit that accuses has a recorded case in which it does; every other one, a case in which it speaks. So has every honest oddity. */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { audits } from "../../src/audits/index.ts"

const folder = new URL("../../fixtures/swarms/", import.meta.url)
const cases = readdirSync(folder).filter((name) => !name.startsWith("."))

/** «verdict audit subject», as the case expects them. */
const findings = cases.flatMap((name) => {
  const expected = JSON.parse(readFileSync(new URL(`${name}/expected.json`, folder), "utf8")) as {
    findings: string[]
  }
  return expected.findings.map((line) => {
    const [verdict = "", audit = "", subject = ""] = line.split(" ")
    return { name, verdict, audit, subject }
  })
})

/** These say what was seen and blame nobody: speaking is enough. */
const neverAccuse = new Set<string>([
  "all-choked",
  "biased-list",
  "budget-hit",
  "local-bottleneck",
  "low-reach",
  "mirrored-trackers",
  "self-offline",
  "shared-uplink",
  "stalled-progress",
  "tracker-disagreement",
])

const speaks = ({ verdict }: { verdict: string }) => verdict !== "pass" && verdict !== "skipped"
const accuses = ({ verdict }: { verdict: string }) => verdict === "warn" || verdict === "fail"

test("every audit has its case", () => {
  const lacking = audits
    .map(({ id }) => id)
    .filter((id) => {
      const own = findings.filter(({ audit }) => audit === id)
      return !own.some(neverAccuse.has(id) ? speaks : accuses)
    })
  expect(lacking).toEqual([])
})

/** The oddity → cases in which it is recorded. */
const odd = {
  "super-seeding": ["super-seeder", "real-odd"],
  "a partial seed": ["real-odd"],
  "upload slots full": ["real-slots", "choker"],
  "20 KiB/s": ["real-odd"],
  "a hash recheck after a restart": ["recheck-once", "real-odd"],
  "a new peer id after a restart": ["moved-peer", "real-odd"],
  NAT: ["nat", "real-odd"],
  "two of a household behind one NAT": ["real-households"],
  "aria2 and rTorrent": ["real-households", "real-odd"],
  "encrypted only": ["real-odd"],
  "dual-homed": ["dual-homed", "real-odd"],
  "slow to begin": ["slow-to-begin"],
  "neighbours of one seedbox": ["seedbox-neighbours"],
  "our own line full": ["real-narrow"],
} as const

const about = /^(peer|tracker|webseed):/

describe("an honest oddity", () => {
  test.each(Object.entries(odd))("%s: recorded, and nobody is accused", (_, names) => {
    for (const name of names) {
      expect(cases).toContain(name)
      const here = findings.filter((finding) => finding.name === name && about.test(finding.subject))
      expect(here.filter(accuses).map(({ audit, subject }) => `${audit} ${subject}`)).toEqual([])
    }
  })
})
