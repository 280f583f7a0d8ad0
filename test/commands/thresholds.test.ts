/** `-w` and `-c`: their syntax, what a saved run is held to, and the exit status. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, test } from "vitest"
import { verdictStatus } from "../../src/commands/deliver.ts"
import { errorStatus, folded } from "../../src/commands/exit-status.ts"
import { parseLimit, rangeOf } from "../../src/commands/request/ranges.ts"
import { report } from "../../src/commands/report.ts"
import { gatherOptions, withThresholds } from "../../src/commands/request.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Status } from "../../src/report.ts"
import { anEvidence, aRun, aSilentPeer } from "../support/builders.ts"
import { ownContext } from "../support/own-context.ts"
import { rich } from "../render/snapshots.ts"

test.each<[string, ReturnType<typeof rangeOf>]>([
  ["10", { low: 0, high: 10, inside: false }],
  [":10", { low: 0, high: 10, inside: false }],
  ["10:", { low: 10, high: null, inside: false }],
  ["~:10", { low: null, high: 10, inside: false }],
  ["10:20", { low: 10, high: 20, inside: false }],
  ["@10:20", { low: 10, high: 20, inside: true }],
  ["@10", { low: 0, high: 10, inside: true }],
  ["-5:-1.5", { low: -5, high: -1.5, inside: false }],
  [".5:", { low: 0.5, high: null, inside: false }],
  ["10:10", { low: 10, high: 10, inside: false }],
])("range %s", (text, range) => {
  expect(rangeOf(text)).toEqual(range)
})

test.each([
  "",
  ":",
  "@",
  "@:",
  "20:10",
  "~",
  "10:~",
  "1e3",
  "0x10",
  "10:20:30",
  "ten",
  " 10",
  "10 ",
  "+1",
  "5%",
  "--1",
  "10:@20",
])("%j is no range", (text) => {
  expect(rangeOf(text)).toBeNull()
})

test.each([
  ["seeders<1", "'seeders<1' is not a range", "Alert below 1: `seeders=1:`."],
  ["copies<=2.5", "'copies<=2.5' is not a range", "Alert below 2.5: `copies=2.5:`."],
  ["leechers > 60", "'leechers > 60' is not a range", "Alert above 60: `leechers=~:60`."],
  ["seeders", "'seeders' is not a range", "Alert below 1: `seeders=1:`."],
  ["seeders=5=6", "'seeders=5=6' is not a range", "Alert below 1: `seeders=1:`."],
  ["seders=5:", "'seders' is not a metric", "Did you mean seeders?"],
  [
    "x=5:",
    "'x' is not a metric",
    "Use seeders, leechers, copies, reach, missing-pieces, rate, full-copy, dead-trackers.",
  ],
])("-w %s", (text, message, hint) => {
  expect(() => parseLimit(text)).toThrow(
    expect.objectContaining({ code: "bad-range", message, hint }) as Error,
  )
})

describe("what a run is held to", () => {
  it("lists only where they were given, so that nothing else changes", () => {
    expect(gatherOptions({}).thresholds).toEqual({ minSeeders: null, minAvailability: null, strict: false })
    expect(
      gatherOptions({ warning: ["seeders=5:"], critical: ["copies=1:", "reach=@0:10"] }).thresholds,
    ).toMatchObject({
      warning: [{ metric: "seeders", low: 5, high: null, inside: false }],
      critical: [{ metric: "copies" }, { metric: "reach", low: 0, high: 10, inside: true }],
    })
  })

  it("a saved run keeps its limits but for the kinds that are given now", () => {
    const asked = { minSeeders: 3, minAvailability: null, strict: false, warning: [parseLimit("copies=2:")] }
    const run = aRun({ thresholds: asked })
    expect(withThresholds(run, {}).thresholds).toEqual(asked)
    expect(withThresholds(run, { warning: ["seeders=9:"], strict: true }).thresholds).toEqual({
      ...asked,
      strict: true,
      warning: [parseLimit("seeders=9:")],
    })
  })
})

describe("report holds a saved run to them", () => {
  const held = async (flags: Parameters<typeof ownContext>[0], evidence = anEvidence()) => {
    const context = ownContext({ format: ["nagios"], ...flags })
    const path = join(context.home, "x.json")
    writeFileSync(path, JSON.stringify(snapshotOf(evidence)))
    const status = await report({ ...context, targets: [path] })
    return `${status} ${context.out()}`
  }
  const silent = anEvidence({ peers: [...anEvidence().peers, aSilentPeer(3)] })

  it.each<[string, Parameters<typeof ownContext>[0], RegExp]>([
    ["met", { warning: ["seeders=2:"], critical: ["seeders=1:"] }, /^0 TORRENT OK - .*seeders=2;2:;1: /],
    [
      "-w broken",
      { warning: ["seeders=3:"], critical: ["seeders=1:"] },
      /^1 TORRENT WARNING - .*seeders=2;3:;1: /,
    ],
    ["-c broken", { critical: ["seeders=3:"] }, /^2 TORRENT CRITICAL - .*seeders=2;;3: /],
    [
      "an upper limit broken",
      { warning: ["seeders=1"] },
      /^1 TORRENT WARNING - .*at most 1 asked for.*seeders=2;1 /,
    ],
    ["-w forgiven", { warning: ["seeders=3:"], "fail-on": ["critical"] }, /^0 TORRENT WARNING/],
    ["-c not", { critical: ["seeders=3:"], "fail-on": ["critical"] }, /^2 /],
    ["-c not reported at all", { critical: ["seeders=3:"], "fail-on": ["never"] }, /^0 TORRENT CRITICAL/],
  ])("%s", async (_, flags, told) => {
    expect(await held(flags)).toMatch(told)
  })

  it("UNKNOWN while an unreached peer may meet it, unless strict; --fail-on critical does not forgive that", async () => {
    expect(await held({ warning: ["seeders=3:"] }, silent)).toMatch(/^3 TORRENT UNKNOWN - .*3 possible/)
    expect(await held({ warning: ["seeders=3:"], "fail-on": ["critical"] }, silent)).toMatch(/^3 /)
    expect(await held({ warning: ["seeders=3:"], strict: true }, silent)).toMatch(/^1 TORRENT WARNING/)
    expect(await held({ "min-seeders": ["3"], strict: true }, silent)).toMatch(/^2 TORRENT CRITICAL/)
  })
})

test("the exit status of each verdict", () => {
  const exits = (failOn: Parameters<typeof verdictStatus>[1]) =>
    (["ok", "warning", "critical", "unknown"] as const).map((status: Status, exitCode) =>
      verdictStatus({ ...rich(), verdict: { ...rich().verdict, status, exitCode } }, failOn),
    )
  expect(exits("warning")).toEqual([0, 1, 2, 3])
  expect(exits("critical")).toEqual([0, 0, 2, 3])
  expect(exits("never")).toEqual([0, 0, 0, 0])
})

test("errors: bad input 65, usage 64, configuration 78, ours 70, the rest UNKNOWN; and 3 for Nagios", () => {
  const codes = [
    "no-file",
    "bad-snapshot",
    "unknown-flag",
    "bad-range",
    "out-format",
    "bad-config",
    "cant-write",
    "internal",
  ]
  expect(codes.map(errorStatus)).toEqual([65, 65, 64, 64, 64, 78, 70, 70])
  expect(["no-metadata", "no-sources", "locked", "self-offline"].map(errorStatus)).toEqual([3, 3, 3, 3])
  expect([0, 1, 2, 3, 64, 70, 130, 143].map((status) => folded(status, "nagios"))).toEqual([
    0, 1, 2, 3, 3, 3, 3, 3,
  ])
  expect(folded(65, "text")).toBe(65)
})
