/** Several targets on real loopback swarms, as a user meets them: order, exit status, files, what is never printed. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { auditAt } from "../../src/commands/audit.ts"
import { terminalOf, type Context, type Flags } from "../../src/commands/context.ts"
import type { Actor } from "../../src/demo/cast.ts"
import { choker } from "../../src/demo/liars.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"
import { startDemoSwarm, type SwarmOptions } from "../../src/demo/swarm.ts"
import { fleetReport, snapshot as schema } from "../../src/report.ts"
import { seeder } from "../support/audit.ts"
import { runCli, type RunOptions } from "../support/run-cli.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-many-"))
  mkdirSync(join(folder, "torrents"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (name: string) => join(folder, name)
const run = (line: string, options: RunOptions = {}) =>
  runCli(line.split(" "), { cwd: folder, ...options, env: { XDG_STATE_HOME: folder, ...options.env } })
const local = "-T lab --allow-local --no-dht --no-pex --timeout 40s --max-download 64MiB"

const payloadOf = (name: string): Payload =>
  createPayload({ name, pieceBytes: 65_536, files: [{ path: ["a.bin"], sizeBytes: 600_000 }] })

/** A torrent in the directory, and its swarm; the tracker's URL. */
async function torrentOf(name: string, cast: readonly Actor[], options: SwarmOptions = {}): Promise<string> {
  const payload = payloadOf(name)
  const swarm = await startDemoSwarm(loopbackNetwork(), { payload, cast: () => cast, inflate: 1, ...options })
  onTestFinished(() => swarm.stop())
  writeFileSync(file(`torrents/${name}.torrent`), swarm.torrentBytes)
  return swarm.trackerUrl
}

function deadTorrent(name: string): Payload {
  const payload = payloadOf(name)
  writeFileSync(file(`torrents/${name}.torrent`), payload.torrentBytes(["http://127.0.0.1:1/announce"]))
  return payload
}

const healthy = () => torrentOf("healthy", [seeder("one"), seeder("two")])
const verdicts = (out: string) =>
  out
    .split("\n")
    .filter((line) => /^[✗?▲✓] [A-Z]/.test(line))
    .map((line) => line.replaceAll(/ +/g, " "))

describe("several targets", () => {
  it("one line each, worst first, whatever is wrong with some; files for each and for all", async () => {
    await healthy()
    await torrentOf("lying", [seeder("one"), seeder("two")], { inflate: 10 })
    deadTorrent("dead")
    writeFileSync(file("broken.torrent"), "<html>please log in</html>")
    writeFileSync(
      file("prod.list"),
      "# ours\n\ntorrents/healthy.torrent\r\nbroken.torrent\nmissing.torrent\n",
    )
    const ran = await run(`torrents @prod.list ${local} -o reports/ -o all.json.gz -o all.prom`)

    expect(verdicts(ran.out)).toEqual([
      expect.stringMatching(/^✗ ERROR – – – – broken\.torrent is-html$/),
      expect.stringMatching(/^✗ ERROR – – – – missing\.torrent no-file$/),
      expect.stringMatching(/^\? UNKNOWN – 0 – – dead nobody named$/),
      expect.stringMatching(/^▲ WARNING 20 2 2\.00 – lying$/),
      expect.stringMatching(/^✓ OK 2 2 2\.00 – healthy$/),
    ])
    expect(ran.out).toMatch(/^VERDICT .* NAME +5 torrents, 1 OK$/m)
    expect(ran.out).toMatch(/^ {2}▲ lying: phantom-seeders http:/m)
    expect(ran.out).toContain("1 target named more than once")
    expect([ran.status, ran.err]).toEqual([3, ""])

    const names = readdirSync(file("reports"))
    expect(names.toSorted()).toEqual([
      expect.stringMatching(/^dead-[0-9a-f]{8}\.json\.gz$/),
      expect.stringMatching(/^healthy-[0-9a-f]{8}\.json\.gz$/),
      expect.stringMatching(/^lying-[0-9a-f]{8}\.json\.gz$/),
    ])
    const saved = names.map((name) =>
      schema.parse(JSON.parse(gunzipSync(readFileSync(file(`reports/${name}`))).toString())),
    )
    const all = fleetReport
      .strict()
      .parse(JSON.parse(gunzipSync(readFileSync(file("all.json.gz"))).toString()))
    expect(all.verdict).toEqual({
      status: "unknown",
      exitCode: 3,
      targets: 5,
      ok: 1,
      warning: 1,
      critical: 0,
      unknown: 1,
      failed: 2,
      notAudited: 0,
    })
    expect(all.snapshots.map(({ torrent }) => torrent.name)).toEqual(["dead", "lying", "healthy"])
    expect(all.failed.map(({ error }) => error.code)).toEqual(["is-html", "no-file"])
    expect(saved.map(({ run }) => run.id).toSorted()).toEqual(
      all.snapshots.map(({ run }) => run.id).toSorted(),
    )
    expect(readFileSync(file("all.prom"), "utf8").match(/^torrent_audit_seeders_reached\{.*/gm)).toHaveLength(
      3,
    )
    expect(JSON.stringify(all)).not.toContain('"127.0.0.1:')
  }, 60_000)

  it("prints nothing with -q when all is well, and what isn't otherwise", async () => {
    await healthy()
    expect(await run(`torrents ${local} --depth handshake -q --fail-on critical`)).toMatchObject({
      out: "",
      err: "",
    })
    const broken = await run(
      `torrents/healthy.torrent nowhere.torrent ${local} --depth scrape -q --fail-on never`,
    )
    expect(verdicts(broken.out).map((line) => line.replace(/ –.*/, ""))).toContain("✗ ERROR")
    expect(broken.out).not.toContain(" OK  ")
    expect(broken.status).toBe(3)
  })

  it("is one document with --json, and scrapes dozens side by side", async () => {
    const swarm = await startDemoSwarm(loopbackNetwork(), {
      payload: payloadOf("x"),
      cast: () => [seeder("one")],
      inflate: 1,
    })
    onTestFinished(() => swarm.stop())
    for (let i = 0; i < 60; i++)
      writeFileSync(file(`torrents/${i}.torrent`), payloadOf(`many-${i}`).torrentBytes([swarm.trackerUrl]))
    const site = createServer((_, response) =>
      response.end(payloadOf("by-url").torrentBytes([swarm.trackerUrl])),
    )
    await once(site.listen(0, "127.0.0.1"), "listening")
    onTestFinished(() => void site.close())
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/by-url.torrent`
    const ran = await run(`scrape torrents ${url} ${local} --json`)
    const document = fleetReport.strict().parse(JSON.parse(ran.out))
    expect(document.verdict).toMatchObject({ targets: 61, failed: 0 })
    expect(document.snapshots.map(({ trackers }) => trackers[0]?.scrape?.ok)).toEqual(Array(61).fill(true))
  })

  it("names what failed in every format that has a word for it", async () => {
    await healthy()
    const targets = `torrents/healthy.torrent nowhere.torrent ${local} --depth scrape`
    const nagios = await run(`${targets} --format nagios`)
    expect(nagios.out).toMatch(
      /^TORRENT UNKNOWN - 2 torrents: 1 unknown, 1 ok \| .*\nUNKNOWN nowhere.torrent: no such file/,
    )
    expect(nagios.status).toBe(3)
    const lines = (await run(`${targets} --format ndjson`)).out.trimEnd().split("\n")
    const events = lines.map((each): unknown => JSON.parse(each))
    expect(events[0]).toMatchObject({ seq: 1, type: "error", code: "no-file" })
    expect(events.at(-1)).toMatchObject({
      seq: lines.length,
      type: "snapshot",
      snapshot: { torrent: { name: "healthy" } },
    })
  })

  it("a list's lines that a terminal would obey are harmless in the document", async () => {
    deadTorrent("dead")
    const line = "no\u009b31m\u202e\u007f.torrent"
    writeFileSync(file("prod.list"), `torrents/dead.torrent\n${line}\n`)
    const ran = await run(`@prod.list ${local} --depth scrape --json`)
    expect(ran.out).not.toMatch(/[\u007f-\u009f\u202e]/)
    expect(fleetReport.parse(JSON.parse(ran.out)).failed.map(({ target }) => target)).toEqual([line])
  })

  it("again and again with watch, each round one document, in a directory as it is by then", async () => {
    const tracker = await healthy()
    const ran = await run(`watch torrents ${local} --depth scrape --every 1s --rounds 2 --json`, {
      onOutput: {
        match: /\n/,
        act: () => writeFileSync(file("torrents/late.torrent"), payloadOf("late").torrentBytes([tracker])),
      },
    })
    const rounds = ran.out
      .trimEnd()
      .split("\n")
      .map((each) => fleetReport.parse(JSON.parse(each)))
    expect(rounds.map(({ verdict }) => verdict.targets)).toEqual([1, 2])
  })

  it("Ctrl-C ends what runs with its record, and says what never began", async () => {
    for (let i = 0; i < 6; i++) await torrentOf(`slow-${i}`, [seeder("one", { behaviours: [choker] })])
    const ran = await run(`torrents ${local} --progress plain -o reports/`, {
      onOutput: { match: /running=/, act: (kill) => kill("SIGINT") },
    })
    expect(ran.status).toBe(130)
    expect(ran.err).toContain("Stopping: finishing the record")
    expect(ran.out).toContain("2 torrents not audited: stopped before")
    expect(verdicts(ran.out)).toHaveLength(4)
    const names = readdirSync(file("reports"))
    expect(names).toHaveLength(4)
    for (const name of names)
      expect(JSON.parse(gunzipSync(readFileSync(file(`reports/${name}`))).toString())).toMatchObject({
        run: { complete: false, stopReason: "interrupted" },
      })
  })

  it("--dry-run says what would be asked, and sends and writes nothing", async () => {
    const { infoHash } = deadTorrent("planned")
    const before = readdirSync(folder).toSorted()
    const ran = await run(
      `torrents nowhere.torrent https://example.org/x.torrent ${local} --depth scrape -o reports/ --dry-run`,
    )
    expect(ran.out).toBe(`Would audit 2 torrents; nothing was sent.

  planned
    torrents/planned.torrent
    ${Buffer.from(infoHash).toString("hex")}
    asks http://127.0.0.1:1/announce

  fetches https://example.org/x.torrent first

  ✗ no such file: nowhere.torrent

depth scrape, pace lab; at most 40s, 200 peers and 64 MiB each; 2 at once
saves reports/; history ${folder}/torrent-audit
`)
    expect([ran.status, ran.err]).toEqual([3, ""])
    expect(readdirSync(folder).toSorted()).toEqual(before)
    const one = await run(`torrents/planned.torrent ${local} --dry-run --json`)
    expect(JSON.parse(one.out)).toMatchObject({ dryRun: { targets: [{ name: "planned" }], failed: [] } })
    expect(one.status).toBe(0)
  })

  it.each([
    ["an empty directory", ["torrents"], {}, "no-file"],
    ["a list that isn't there", ["@prod.list"], {}, "no-file"],
    ["one page for several", ["a.torrent", "b.torrent"], { out: ["all.html"] }, "out-format"],
    ["a flag that is wrong", ["a.torrent", "b.torrent"], { "min-seeders": ["x"] }, "bad-value"],
    [
      "a directory for a file's name",
      ["a.torrent", "b.torrent"],
      { out: ["nowhere/all.json"] },
      "cant-write",
    ],
  ])("%s is refused before anything is sent", async (_, targets, flags: Flags, code) => {
    const here = targets.map((target) => target.replace(/^(@?)(torrents$|prod)/, `$1${folder}/$2`))
    const context: Context = {
      targets: here,
      flags,
      terminal: terminalOf({}, {}),
      environment: { XDG_STATE_HOME: folder },
      stdin: null,
      stop: new AbortController().signal,
    }
    await expect(auditAt()(context)).rejects.toMatchObject({ code })
  })
})
