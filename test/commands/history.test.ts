/** `history`, and what an audit leaves in it, as a user runs them. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Flags } from "../../src/commands/context.ts"
import { history, withShortIds } from "../../src/commands/history.ts"
import { keep, rowsOf } from "../../src/commands/keep.ts"
import { keptTarget, lastSnapshot } from "../../src/commands/kept.ts"
import { specOf, type OptionSpec } from "../../src/commands/options.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { parseAge } from "../../src/commands/values.ts"
import type { Snapshot } from "../../src/report.ts"
import { openHistory } from "../../src/store/history.ts"
import { castOf, seeder } from "../support/audit.ts"
import { anEvidence } from "../support/builders.ts"
import { commandContext } from "../support/command-context.ts"
import { again, named } from "../support/kept-audits.ts"
import { runCli, type RunOptions } from "../support/run-cli.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "torrent-audit-kept-"))
})
afterEach(() => rmSync(home, { recursive: true }))

const run = (args: readonly string[], options: RunOptions = {}) =>
  runCli(args, { ...options, env: { XDG_STATE_HOME: home, XDG_CONFIG_HOME: home, ...options.env } })
const state = () => join(home, "torrent-audit")
const base = snapshotOf(anEvidence())
const other = "beef".padEnd(40, "1")
const hourMs = 3_600_000
const local = "-T lab --allow-local --no-dht --no-pex".split(" ")

async function filled(...snapshots: readonly Snapshot[]) {
  const kept = await openHistory(state())
  for (const snapshot of snapshots) await kept.add(snapshot)
  return kept
}

/** Some hours old, whenever the test runs. */
const aged = (hours: number, id: string): Snapshot => ({
  ...base,
  run: { ...base.run, id, startedAt: new Date(Date.now() - hours * hourMs).toISOString() },
})

const said = async (targets: readonly string[], flags: Flags = {}): Promise<string> => {
  const context = commandContext(home, targets, flags)
  expect(await history(context)).toBe(0)
  expect(context.err()).toBe("")
  return context.out()
}

describe("an audit", () => {
  it("is kept, an interrupted one too; --no-history keeps none; then history, report and --prune know them", async () => {
    const swarm = await swarmFor(castOf(seeder("one"), seeder("two")))
    const torrent = join(home, "x.torrent")
    writeFileSync(torrent, swarm.torrentBytes)
    const infoHash = Buffer.from(smallPayload.infoHash).toString("hex")

    const first = await run([torrent, ...local, "--depth", "handshake"])
    const saved = /^Saved ([0-9a-f]{4,8}) · next: torrent-audit report --last ([0-9a-f]{8})/m.exec(first.out)
    const [, id = ""] = saved ?? []
    expect([first.err, saved?.[2]]).toEqual(["", infoHash.slice(0, 8)])
    const unkept = await run(["scrape", torrent, ...local, "--no-history"])
    expect(unkept.out).not.toContain("Saved")
    const stopped = await run([torrent, ...local, "--json", "--progress", "plain"], {
      onOutput: { match: /phase=peers/, act: (kill) => kill("SIGINT") },
    })
    expect(stopped.status).toBe(130)

    expect(await said([])).toMatch(/^HISTORY {2}1 torrent, 0 OK; 2 audits\n/)
    const { audits, error } = JSON.parse(await said([torrent], { json: true }))
    expect(audits).toMatchObject([
      { infoHash, complete: false },
      { infoHash, complete: true, seedersReached: 2, depth: "handshake" },
    ])
    expect(error).toBeNull()
    expect(audits[1].id.startsWith(id)).toBe(true)

    const kept = await openHistory(state())
    const snapshot = JSON.stringify(await lastSnapshot(id, kept, { stdin: null }))
    await kept.close()
    // As it was saved: who is named can't be told from it.
    expect(snapshot).toContain('"address":"127.0.0.0/24~')
    expect(snapshot).not.toMatch(/"address":"127\.0\.0\.1:/)

    // No age is below a second.
    const agedMs = Date.now() - Date.parse(audits[0].startedAt)
    await new Promise((done) => setTimeout(done, Math.max(0, 1_001 - agedMs)))
    expect(await said([torrent], { prune: ["1s"], "dry-run": true })).toBe(
      "Would forget 2 audits older than 1s.\n",
    )
    expect(JSON.parse(await said([], { prune: ["1s"], json: true }))).toMatchObject({
      pruned: { audits: 2, infoHash: null, dryRun: false },
    })
    expect(await said([])).toContain("No audit is kept yet")
  })

  it("that can't be kept is an audit all the same, and it is said", async () => {
    writeFileSync(state(), "a file where the directory should be")
    const context = commandContext(home)
    expect(await keep(base, context)).toBeNull()
    expect(context.err()).toMatch(/^error\[cant-write\]: cannot use the history .*\n {2}hint: .*--no-history/)
    expect(await rowsOf(context)(base.torrent.infoHashV1 ?? "")).toEqual([])
  })

  it("is known to others by its lines, newest first, and not with --no-history", async () => {
    const context = commandContext(home)
    const infoHash = base.torrent.infoHashV1 ?? ""
    expect(await rowsOf(context)(infoHash)).toEqual([])
    expect(existsSync(state())).toBe(false)
    expect(await keep(base, context)).toBe("a1f3")
    expect(await keep(again(base, 1), context)).toBe("0000")
    expect((await rowsOf(context)(infoHash)).map(({ id }) => id)).toEqual(["00000001", "a1f3c2d4"])
    expect(await rowsOf({ ...context, flags: { "no-history": true } })(infoHash)).toEqual([])
    expect(context.err()).toBe("")
  })
})

describe("history", () => {
  it("lists targets worst first, as text and as one document", async () => {
    await (await filled(base, named(again(base, 1), "two", other))).close()
    const text = await said([], { top: ["1"] })
    expect(text).toMatch(/^HISTORY {2}2 torrents, /)
    expect(text).toContain("and 1 more: --top 2")
    const json = JSON.parse(await said([], { json: true }))
    expect(
      json.targets.map(({ newest, audits }: { newest: { name: string }; audits: number }) => [
        newest.name,
        audits,
      ]),
    ).toEqual([
      ["two", 1],
      ["example", 1],
    ])
  })

  it("refuses an unknown target, with the name that may be meant", async () => {
    await (await filled(base)).close()
    expect(await run(["history", "exmaple"])).toMatchObject({
      status: 65,
      err: "error[no-file]: no audit of exmaple is kept\n  hint: Did you mean `example`?\n",
    })
  })

  it.each<[string, string[], Flags, string, string]>([
    ["two targets", ["a", "b"], {}, "usage", "torrent-audit history 9f86d081"],
    ["a format that it hasn't", [], { format: ["prom"] }, "out-format", "Use text or json."],
    ["a file", [], { out: ["x.json"] }, "usage", "torrent-audit history --json > history.json"],
    ["an age without a unit", [], { prune: ["90"] }, "bad-value", "Use 90h, 90d, 90w or 90y."],
    ["nothing that --dry-run could leave", [], { "dry-run": true }, "usage", "Add --prune 90d."],
  ])("refuses %s", async (_, targets, flags, code, hint) => {
    await expect(history(commandContext(home, targets, flags))).rejects.toMatchObject({ code, hint })
  })
})

describe("a target is meant by", () => {
  const infoHash = base.torrent.infoHashV1 ?? ""
  it.each([
    ["a magnet", `magnet:?xt=urn:btih:${infoHash}`],
    ["a beginning", "9f86"],
    ["its name", "example"],
  ])("%s", async (_, text) => {
    const kept = await filled(base)
    expect(await keptTarget(text, kept, { stdin: null })).toEqual({ infoHash, name: "example" })
    await kept.close()
  })

  it("nothing that fits two", async () => {
    const kept = await filled(base, named(base, "two", "9f86aaaa".padEnd(40, "0")))
    await expect(keptTarget("9f86", kept, { stdin: null })).rejects.toMatchObject({
      code: "usage",
      message: "9f86 may be any of 2 torrents",
    })
    await expect(lastSnapshot("9f86", kept, { stdin: null })).rejects.toMatchObject({ code: "usage" })
    await kept.close()
  })

  it("or an audit by its id, if no other begins so", async () => {
    const kept = await filled(base, named(again(base, 1), "two", other))
    expect((await lastSnapshot("a1f3", kept, { stdin: null })).run.id).toBe("a1f3c2d4")
    await kept.add(named(aged(1, "a1f3ffff"), "two", other))
    await expect(lastSnapshot("a1f3", kept, { stdin: null })).rejects.toMatchObject({
      message: "a1f3 may be any of 2 audits",
      hint: expect.stringContaining("a1f3c2d4"),
    })
    await kept.close()
  })
})

it("short ids are as short as they may be", () => {
  const ids = ["a1f3c2d4", "a1f3c2ff", "a1f30000", "b0000000", "b0000000"]
  expect(withShortIds(ids.map((id) => ({ id }))).map(({ id }) => id)).toEqual([
    "a1f3c2d",
    "a1f3c2f",
    "a1f30",
    "b000",
    "b000",
  ])
})

describe("ages", () => {
  const spec = specOf("prune") as OptionSpec
  it.each([
    ["90d", 90 * 86_400_000],
    ["26w", 182 * 86_400_000],
    ["2y", 730 * 86_400_000],
    ["7h", 7 * hourMs],
    ["1.5h", 1.5 * hourMs],
    ["30m", 1_800_000],
  ])("%s", (text, ms) => {
    expect(parseAge(spec, text)).toBe(ms)
  })
  it.each(["90", "0d", "101y", "-3d", "3 months", "", "d"])("not %j", (text) => {
    expect(() => parseAge(spec, text)).toThrow(expect.objectContaining({ code: "bad-value" }))
  })
})
