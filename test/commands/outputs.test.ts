/** Evidence → history, files and the screen: every format, whole or not at all, and nothing is lost when one of them fails. */
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, test } from "vitest"
import { shownCommandLine } from "../../src/commands/command-line.ts"
import { deliver } from "../../src/commands/deliver.ts"
import { failureAs } from "../../src/commands/deliver/failure.ts"
import { renderedAll } from "../../src/commands/deliver/outputs.ts"
import { outputOptions } from "../../src/commands/request.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { streaming } from "../../src/commands/deliver/stream.ts"
import type { RunEvent } from "../../src/evidence.ts"
import { anEvidence, aRun, aSeeder, startedAt } from "../support/builders.ts"
import { ownContext, type OwnContext } from "../support/own-context.ts"

const lines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const deliverTo = (
  context: OwnContext,
  flags: Parameters<typeof outputOptions>[0],
  evidence = anEvidence(),
) => deliver(evidence, outputOptions(flags), context)

test("each file in the format of its ending, and no other is left behind", async () => {
  const context = ownContext()
  const folder = join(context.home, "out")
  mkdirSync(folder)
  const endings = [".json", ".json.gz", ".html", ".ndjson", ".prom", ".xml"]
  await deliverTo(context, { out: endings.map((ending) => join(folder, `a${ending}`)), quiet: true })
  expect(readdirSync(folder).sort()).toEqual(endings.map((ending) => `a${ending}`).sort())
  const read = (name: string) => readFileSync(join(folder, name), "utf8")
  expect(JSON.parse(read("a.json"))).toMatchObject({ verdict: { status: "ok" } })
  expect(read("a.html")).toMatch(/^<!doctype html>/i)
  expect(lines(read("a.ndjson")).at(-1)).toMatchObject({ type: "snapshot", snapshot: { error: null } })
  expect(read("a.prom")).toContain("# TYPE torrent_audit_verdict gauge")
  expect(read("a.xml")).toContain('<feed xmlns="http://www.w3.org/2005/Atom">')
  expect(context.out()).toBe("")
})

test("a .prom file is for node_exporter to read, whatever the umask", async () => {
  const context = ownContext()
  const before = process.umask(0o077)
  try {
    await deliverTo(context, { out: [join(context.home, "a.prom"), join(context.home, "a.json")] })
  } finally {
    process.umask(before)
  }
  const mode = (name: string) => statSync(join(context.home, name)).mode & 0o777
  expect([mode("a.prom"), mode("a.json")]).toEqual([0o644, 0o600])
})

describe("a file that can't be written", () => {
  const broken = (context: OwnContext) => [
    join(context.home, "none", "a.json"),
    join(context.home, "b.prom"),
    join(context.home, "none", "c.xml"),
  ]

  it("takes nothing from the others, the screen and the history", async () => {
    const context = ownContext()
    await expect(deliverTo(context, { out: broken(context) })).rejects.toMatchObject({
      code: "cant-write",
      message: `cannot write ${context.home}/none/a.json: no such directory; cannot write ${context.home}/none/c.xml: no such directory`,
      hint: "Snapshot kept in history.",
    })
    expect(statSync(join(context.home, "b.prom")).size).toBeGreaterThan(0)
    expect(context.out()).toContain("Downloadable now: yes")
  })

  it("is no comfort when it was not kept", async () => {
    const context = ownContext({ "no-history": true })
    await expect(deliverTo(context, { out: broken(context), "no-history": true })).rejects.toMatchObject({
      hint: "Choose a directory that exists and that you may write to.",
    })
  })
})

describe("a stream", () => {
  const event = (address: string): RunEvent => ({
    type: "peer",
    at: startedAt,
    address,
    stage: "claimed",
    failure: null,
    client: null,
    haveCount: 16,
  })

  it("prints as it happens, under the names that the snapshot will have", async () => {
    const context = ownContext()
    const file = join(context.home, "a.ndjson")
    const output = streaming(outputOptions({ format: ["ndjson"], out: [file] }), context)
    output.events?.take(event("203.0.113.1:6881"))
    const [first] = lines(context.out())
    expect(first).toMatchObject({
      seq: 1,
      type: "peer",
      address: expect.stringMatching(/^203\.0\.113\.0\/24~/) as string,
    })
    const snapshot = await deliver(anEvidence({ peers: [aSeeder(1), aSeeder(2)] }), output, context)
    expect(snapshot.peers[0]?.address).toBe(first?.["address"])
    const rest = lines(context.out())
    expect(rest.map(({ seq }) => seq)).toEqual(rest.map((_, i) => i + 2))
    expect(rest.at(-1)).toMatchObject({ type: "snapshot", snapshot: { peers: snapshot.peers } })
    const saved = lines(readFileSync(file, "utf8"))
    expect(saved[0]).toEqual(first)
    expect(saved.at(-1)).toEqual({ ...rest.at(-1), seq: saved.length })
  })

  it("says why there is no snapshot, and says nothing after one", async () => {
    const context = ownContext()
    const output = streaming(outputOptions({ format: ["ndjson"] }), context)
    const error = { code: "no-metadata", message: "no peer sent metadata", hint: "" }
    output.events?.fail(error)
    expect(lines(context.out())).toMatchObject([{ seq: 1, type: "error", code: "no-metadata" }])
    await deliver(anEvidence(), output, context)
    context.out()
    output.events?.fail(error)
    expect(context.out()).toBe("")
  })

  it("is there only where it is asked for", () => {
    expect(streaming(outputOptions({ out: ["a.json"] }), ownContext()).events).toBeUndefined()
  })
})

test("an earlier answer's time for Prometheus, earlier states for the feed", async () => {
  const context = ownContext()
  await deliverTo(context, { quiet: true }, anEvidence({ run: aRun({ id: "00000001" }) }))
  const later = aRun({
    id: "00000002",
    startedAt: "2026-03-15T09:15:00.000Z",
    complete: false,
    stopReason: "interrupted",
  })
  const evidence = anEvidence({ run: later })
  await deliverTo(context, { format: ["prom"] }, evidence)
  expect(context.out()).toMatch(
    new RegExp(`last_success_timestamp_seconds\\{[^}]+\\} ${Date.parse("2026-03-14T09:16:00Z") / 1_000}\n`),
  )
  await deliverTo(context, { format: ["atom"] }, evidence)
  expect(context.out()).toContain("<title>UNKNOWN: example</title>")
})

test("several snapshots are one document where the format has room for them", async () => {
  const snapshots = ["a", "b"].map((letter) =>
    snapshotOf(anEvidence({ torrent: { ...anEvidence().torrent, infoHashV1: letter.repeat(40) } })),
  )
  const all = (format: "prom" | "atom" | "nagios") =>
    renderedAll(format, snapshots, { rowsOf: () => Promise.resolve([]) })
  expect((await all("prom")).match(/# TYPE torrent_audit_info/g)).toHaveLength(1)
  expect((await all("atom")).match(/<feed/g)).toHaveLength(1)
  expect(await all("nagios")).toMatch(/^TORRENT OK - 2 torrents: 2 ok \| /)
})

test("an error in each format", () => {
  const error = { code: "no-file", message: "no such file: x|y", hint: "Look." }
  expect(JSON.parse(failureAs("json", error))).toMatchObject({ error, verdict: null })
  expect(JSON.parse(failureAs("ndjson", error))).toMatchObject({ seq: 1, type: "error", ...error })
  expect(failureAs("nagios", error)).toBe("TORRENT UNKNOWN - no such file: x/y\n")
  expect([failureAs("prom", error), failureAs("atom", error)]).toEqual(["", ""])
})

test("the command line in a report names no key, no address and no directory", () => {
  const targets = ["/home/me/secret/x y.torrent"]
  const flags = {
    tracker: ["https://t.example/announce?passkey=0123456789abcdef0123"],
    ping: ["https://hc-ping.com/0b1c"],
    peer: ["192.0.2.7:6881"],
    out: ["/var/www/x.html"],
    "min-seeders": ["3"],
    "4": true,
  } as const
  expect(shownCommandLine({ targets, flags })).toBe(
    "torrent-audit 'x y.torrent' -4 --tracker '***' --ping '***' --peer '***' --out x.html --min-seeders 3".replaceAll(
      "'***'",
      "***",
    ),
  )
  const magnet =
    "magnet:?xt=urn:btih:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b&tr=https://t.example/abc&x.pe=192.0.2.7:1"
  expect(shownCommandLine({ targets: [magnet], flags: {} })).toBe(
    "torrent-audit 'magnet:?xt=urn:btih:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b'",
  )
})
