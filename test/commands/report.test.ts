/** `report --last`: the newest kept audit, and whether it is new enough. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Flags } from "../../src/commands/context.ts"
import { report } from "../../src/commands/report.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { snapshot as schema } from "../../src/report.ts"
import { openHistory } from "../../src/store/history.ts"
import { anEvidence, aRun } from "../support/builders.ts"
import { commandContext } from "../support/command-context.ts"
import { runCli } from "../support/run-cli.ts"

let home: string
const hourMs = 3_600_000
const ago = (hours: number) => new Date(Date.now() - hours * hourMs).toISOString()
const at = (id: string, hours: number) =>
  snapshotOf(anEvidence({ run: aRun({ id, startedAt: ago(hours), durationMs: 60_000 }) }))

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "torrent-audit-report-"))
  const history = await openHistory(join(home, "torrent-audit"))
  await history.add(at("00000001", 30))
  await history.add(at("00000002", 9))
  await history.close()
})
afterEach(() => rmSync(home, { recursive: true }))

const run = (...args: string[]) =>
  runCli(["report", ...args], { cwd: home, env: { XDG_STATE_HOME: home, XDG_CONFIG_HOME: home } })

async function reported(targets: readonly string[], flags: Flags) {
  const context = commandContext(home, targets, flags)
  const status = await report(context)
  expect(context.err()).toBe("")
  return { status, out: context.out() }
}

const idOf = (out: string): string => schema.strict().parse(JSON.parse(out)).run.id

describe("report --last", () => {
  it("is of the newest audit, in every way that a file could be printed and saved", async () => {
    const ran = await run("--last", "9f86d081", "--json", "-o", "x.json.gz")
    expect([ran.status, ran.err, idOf(ran.out)]).toEqual([0, "", "00000002"])
    expect(gunzipSync(readFileSync(join(home, "x.json.gz"))).toString()).toBe(ran.out)
    const text = await reported([], { last: ["example"], "min-seeders": ["9"] })
    expect(text.status).toBe(2)
    expect(text.out).toMatch(/^✗ CRITICAL/)
    // Nothing was audited, so nothing is kept.
    expect(text.out).not.toContain("Saved")
  })

  it("older than --max-age is UNKNOWN, whatever it found", async () => {
    const old = await reported([], { last: ["example"], "max-age": ["7h"], json: true })
    expect(old.status).toBe(3)
    expect(schema.strict().parse(JSON.parse(old.out)).verdict).toEqual({
      status: "unknown",
      exitCode: 3,
      downloadable: "unknown",
      because: "The audit is 8 h old, older than --max-age 7h",
    })
    const young = await reported([], { last: ["example"], "max-age": ["10h"], format: ["nagios"] })
    expect(young.status).toBe(0)
    expect(young.out).toMatch(/^TORRENT OK - /)
  })

  it("is of an audit by its id as well, and a file of that name comes first", async () => {
    expect(idOf((await reported(["00000001"], { json: true })).out)).toBe("00000001")
    writeFileSync(join(home, "00000001"), JSON.stringify(at("ffffffff", 1)))
    expect(idOf((await run("00000001", "--json")).out)).toBe("ffffffff")
  })

  it.each<[string, string[], Flags, string]>([
    ["what isn't kept", [], { last: ["nobody"] }, "no audit of nobody is kept"],
    ["two snapshots", ["x.json"], { last: ["example"] }, "report takes one snapshot"],
    ["none", [], {}, "report takes one snapshot"],
    ["an age without a unit", [], { last: ["example"], "max-age": ["7"] }, "--max-age 7: unit missing"],
  ])("refuses %s", async (_, targets, flags, message) => {
    await expect(reported(targets, flags)).rejects.toMatchObject({ name: "InputError", message })
  })
})
