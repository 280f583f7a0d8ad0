/** As a plugin among plugins: `negate` of the Monitoring Plugins runs it, reads its status and rewrites its first word. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { anEvidence, aRun } from "../support/builders.ts"
import { tool } from "./tool.ts"

const negate = "/usr/lib/nagios/plugins/negate"
const cli = join(import.meta.dirname, "..", "..", "src", "cli.ts")

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-nagios-"))
  writeFileSync(join(folder, "x.json"), JSON.stringify(snapshotOf(anEvidence({ run: aRun() }))))
})
afterAll(() => rmSync(folder, { recursive: true }))

const asPlugin = (switches: readonly string[], ...words: readonly string[]) =>
  tool(negate, ["--timeout=90", ...switches, process.execPath, cli, ...words, "--format", "nagios"])
const report = (...words: readonly string[]) => ["report", join(folder, "x.json"), ...words]

test("a warning is read as one", async () => {
  const switches = ["--substitute", "--warning=OK", "--ok=CRITICAL"]
  const { status, out } = await asPlugin(switches, ...report("-w", "seeders=5:"))
  expect(status).toBe(0)
  expect(out).toMatch(/^TORRENT OK - 2 seeders, .*\| seeders=2;5: copies=2 reach=100%\n$/)
})

test("critical and unknown too", async () => {
  const switches = ["--substitute", "--critical=WARNING"]
  const broken = await asPlugin(switches, ...report("-w", "seeders=5:", "-c", "seeders=3:"))
  expect(broken).toMatchObject({ status: 1, out: expect.stringMatching(/^TORRENT WARNING - /) as string })
  const missing = await asPlugin(["--substitute", "--unknown=OK"], "report", join(folder, "none.json"))
  expect(missing).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^TORRENT OK - no such file/) as string,
  })
})
