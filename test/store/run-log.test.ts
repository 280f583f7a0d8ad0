import { appendFileSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { loggedRuns, logRun, type LoggedRun } from "../../src/store/run-log.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-runs-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = (rest: Partial<LoggedRun> = {}): LoggedRun => ({
  at: "2026-03-14T09:15:00.000Z",
  ms: 171_000,
  exit: 1,
  error: null,
  id: "9f86d081",
  targets: ["/srv/x.torrent"],
  ...rest,
})

it("keeps a line each, whatever is in them, and passes over what is no line of ours", () => {
  const odd = run({ exit: null, error: "locked", targets: ["a\nb", "\u001b[31m"] })
  logRun(join(folder, "deep"), run())
  appendFileSync(
    join(folder, "deep", "runs.log"),
    '{"at":"\nnull\n{"at":"x","ms":1,"exit":1,"error":null,"targets":[]}\n',
  )
  logRun(join(folder, "deep"), odd)
  expect(loggedRuns(join(folder, "deep"))).toEqual([run(), odd])
  expect(statSync(join(folder, "deep", "runs.log")).mode & 0o777).toBe(0o600)
})

it("stays small: the older half goes", () => {
  const long = run({ targets: ["x".repeat(5_000)] })
  for (let at = 0; at < 400; at++) logRun(folder, { ...long, ms: at })
  const kept = loggedRuns(folder)
  expect(kept.at(-1)).toMatchObject({ ms: 399, targets: ["x".repeat(2_000)] })
  expect(kept.length).toBeGreaterThan(120)
  expect(kept.length).toBeLessThan(300)
})

it("is left out where it can't be written", () => {
  expect(() => logRun("/proc/nothing", run())).not.toThrow()
  expect(loggedRuns("/proc/nothing")).toEqual([])
})
