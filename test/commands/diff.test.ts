import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { diff } from "../../src/commands/diff.ts"
import type { Flags } from "../../src/commands/context.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { InputError } from "../../src/failure.ts"
import type { Snapshot } from "../../src/report.ts"
import { openHistory } from "../../src/store/history.ts"
import { redact } from "../../src/store/redact.ts"
import { redactionKey } from "../../src/store/state.ts"
import {
  aRun,
  aSeeder,
  aTorrent,
  aSample,
  aTracker,
  aWrongSample,
  anEvidence,
  at,
} from "../support/builders.ts"
import { commandContext } from "../support/command-context.ts"
import { runCli } from "../support/run-cli.ts"

let home = ""
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "torrent-audit-diff-"))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const day = 86_400_000

/** An audit of `hosts`, so many days after the first. */
const audited = (days: number, hosts: readonly number[], overrides: Parameters<typeof anEvidence>[0] = {}) =>
  anEvidence({
    run: aRun({ id: `a1f3000${days}`, startedAt: at(days * day) }),
    trackers: [aTracker()],
    peers: hosts.map((host) => aSeeder(host)),
    ...overrides,
  })

/** Peer 2 sent wrong bytes, and peer 1 the right ones. */
const lying = [
  aSeeder(1, { samples: [aSample(3), aSample(4)] }),
  aSeeder(2, { samples: [aWrongSample(3), aWrongSample(4)] }),
  aSeeder(3),
]

const save = (name: string, snapshot: Snapshot): string => {
  const path = join(home, name)
  writeFileSync(path, JSON.stringify(snapshot))
  return path
}

/** As `cli.ts` runs it, in this process. */
async function run(targets: readonly string[], flags: Flags = {}, tty = true) {
  const context = commandContext(home, targets, flags)
  const status = await diff({ ...context, terminal: { ...context.terminal, stdoutIsTty: tty } })
  return { status, out: context.out() }
}

describe("two files", () => {
  test("the same: 0, and -q says nothing", async () => {
    const file = save("same.json", snapshotOf(audited(0, [1, 2])))
    expect(await run([file, file])).toMatchObject({ status: 0 })
    expect(await run([file, file], { quiet: true })).toEqual({ status: 0, out: "" })
  })

  test("different: 1, whatever --fail-on says of regressions", async () => {
    const old = save("old.json", snapshotOf(audited(0, [1, 2])))
    const young = save("young.json", snapshotOf(audited(1, [1, 2, 3])))
    const found = await run([old, young])
    expect(found.status).toBe(1)
    expect(found.out).toContain(" 03-14 → 03-15  same depth and vantage, reach 100% → 100%: comparable\n")
    expect(found.out).toMatch(/^-seeders reached +2\n\+seeders reached +3$/m)
    expect(await run([old, young], { "fail-on": ["regression"], quiet: true })).toEqual({
      status: 0,
      out: "",
    })
    expect((await run([old, young], { "fail-on": ["never"] })).status).toBe(0)
  })

  test("a peer that now sends wrong bytes is a regression", async () => {
    const old = save("honest.json", snapshotOf(audited(0, [1, 2, 3])))
    const young = save("lying.json", snapshotOf(audited(1, [], { peers: lying })))
    const found = await run([old, young], { "fail-on": ["regression"] })
    expect(found.status).toBe(1)
    expect(found.out).toMatch(/^\+[▲✗] corrupt-data +203\.0\.113\.2:6881$/m)
  })

  test("through a pipe addresses are renamed, and a peer keeps its name whichever file was saved renamed", async () => {
    const evidence = audited(0, [], { peers: lying })
    const plain = save("plain.json", snapshotOf(evidence))
    const renamed = save(
      "renamed.json",
      snapshotOf(redact(evidence, "prefix", redactionKey(join(home, "torrent-audit")))),
    )
    expect((await run([plain, renamed])).out).toContain("nothing changed")
    const young = save("young2.json", snapshotOf(audited(1, [1, 2, 3])))
    const piped = await run([renamed, young], {}, false)
    expect(piped.out).toMatch(/corrupt-data +203\.0\.113\.0\/24~[0-9a-f]+:6881/)
    expect(piped.out + (await run([plain, young], { json: true }, false)).out).not.toContain("203.0.113.2:")
  })

  test("--json is one document", async () => {
    const old = save("old.json", snapshotOf(audited(0, [1, 2])))
    const young = save("young.json", snapshotOf(audited(1, [1, 2, 3])))
    const document: unknown = JSON.parse((await run([old, young], { json: true })).out)
    expect(document).toMatchObject({
      schemaVersion: "1.0",
      document: "diff",
      torrent: { infoHashV1: aTorrent().infoHashV1 },
      before: { id: "a1f30000", startedAt: at(0), depth: "sample" },
      after: { id: "a1f30001" },
      comparable: true,
      peers: { again: 2, gone: 0, new: 1 },
      regression: false,
      error: null,
    })
  })

  test("of two torrents, one, or three: no diff", async () => {
    const one = save("one.json", snapshotOf(audited(0, [1])))
    const other = save(
      "other.json",
      snapshotOf(audited(0, [1], { torrent: aTorrent({ infoHashV1: "b".repeat(40) }) })),
    )
    await expect(run([one, other])).rejects.toThrow(/different torrents/)
    await expect(run([one])).rejects.toThrow(InputError)
    await expect(run([one, one, one])).rejects.toThrow(InputError)
    await expect(run([one, one], { last: ["2"] })).rejects.toThrow(InputError)
    await expect(run([one, one], { format: ["nagios"] })).rejects.toThrow(/not written as nagios/)
  })
})

describe("the history", () => {
  beforeAll(async () => {
    const history = await openHistory(join(home, "torrent-audit"))
    for (const [days, hosts] of [[1], [1, 2], [1, 2, 3]].entries())
      await history.add(snapshotOf(audited(days, hosts)))
    await history.close()
  })

  test.for([
    ["2", 2, " 03-15 → 03-16 "],
    ["3", 1, " 03-14 → 03-16 "],
  ] as const)("--last %s", async ([nth, before, dates]) => {
    const { status, out } = await run([aTorrent().infoHashV1!.slice(0, 8)], { last: [nth] })
    expect(status).toBe(1)
    expect(out).toMatch(new RegExp(`^-seeders reached +${before}\n\\+seeders reached +3$`, "m"))
    expect(out.startsWith(dates)).toBe(true)
  })

  test("a scrape since is passed over", async () => {
    const history = await openHistory(join(home, "torrent-audit"))
    const scrape = audited(3, [], { run: aRun({ id: "a1f30003", startedAt: at(3 * day), depth: "scrape" }) })
    await history.add(snapshotOf(scrape))
    await history.close()
    expect((await run(["example"], { last: ["2"] })).out.startsWith(" 03-15 → 03-16 ")).toBe(true)
  })

  test("by id", async () => {
    expect((await run(["a1f30000", "a1f30001"])).out).toMatch(/^-seeders reached +1\n\+seeders reached +2$/m)
  })

  test.for([
    ["4", /3 audits of example kept, 4 wanted/],
    ["1", /out of range/],
    ["two", /whole number/],
  ] as const)("--last %s is refused", async ([nth, message]) => {
    await expect(run(["example"], { last: [nth] })).rejects.toThrow(message)
  })

  test("a target that was never audited", async () => {
    await expect(run(["elsewhere"], { last: ["2"] })).rejects.toThrow(/no audit of elsewhere/)
  })
})

test("an error is 2, and with --json one document", async () => {
  const { status, out } = await runCli(["diff", "none.json", "neither.json", "--json"])
  expect(status).toBe(2)
  expect(JSON.parse(out)).toMatchObject({ error: { code: "no-file" } })
})

test("--fail-on regression is of diff alone", async () => {
  const { status, err } = await runCli(["report", "x.json", "--fail-on", "regression"])
  expect(status).toBe(64)
  expect(err).toContain("--fail-on regression: one audit alone tells none")
})
