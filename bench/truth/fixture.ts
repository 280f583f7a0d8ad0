/** A recorded run as a case of fixtures/swarms: its evidence, and the verdicts that this tree gives. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { judge } from "../../src/audit.ts"
import { evidence as evidenceSchema } from "../../src/evidence.ts"
import type { Recording } from "./recording.ts"

const folder = fileURLToPath(new URL("../../fixtures/swarms/", import.meta.url))
const formatter = fileURLToPath(new URL("../../node_modules/.bin/oxfmt", import.meta.url))
const mostBytes = 300 * 1_024

/** Never writes over a case: what it expects may have been changed by hand since. */
export function writeFixture(name: string, why: string, { snapshot }: Recording): string {
  const directory = join(folder, name)
  if (existsSync(directory)) throw new Error(`fixtures/swarms/${name} is there already`)
  const evidence = evidenceSchema.parse(snapshot)
  const { verdict, swarm, findings } = judge(evidence)
  const expected = {
    why,
    status: verdict.status,
    downloadable: verdict.downloadable,
    seeders: swarm.seeders.claim,
    leechers: swarm.leechers.claim,
    findings: findings.map((finding) => `${finding.verdict} ${finding.audit} ${finding.subject}`),
  }
  mkdirSync(directory)
  writeFileSync(join(directory, "evidence.json"), JSON.stringify(evidence))
  writeFileSync(join(directory, "expected.json"), JSON.stringify(expected))
  execFileSync(formatter, [directory])
  const { size } = statSync(join(directory, "evidence.json"))
  if (size <= mostBytes) return directory
  rmSync(directory, { recursive: true })
  throw new Error(`the evidence has ${size} bytes: choose a smaller swarm`)
}
