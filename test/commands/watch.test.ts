/** `watch` as a user runs it, on loopback swarms that change meanwhile. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { watchOptions } from "../../src/commands/watch/options.ts"
import { untilNextRound } from "../../src/commands/watch.ts"
import { share } from "../../src/demo/holdings.ts"
import { clients } from "../../src/demo/identity.ts"
import { choker } from "../../src/demo/liars.ts"
import { restartsWithLess, rewinder } from "../../src/demo/progress-liars.ts"
import type { DemoSwarm } from "../../src/demo/swarm.ts"
import { failedSnapshot, snapshot as schema } from "../../src/report.ts"
import { castOf, seeder } from "../support/audit.ts"
import { runCli, type RunOptions } from "../support/run-cli.ts"
import { smallPayload, swarmFor, trackerFor } from "../support/swarm.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-watch-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (name: string) => join(folder, name)
/** Six rounds, each of which waits two seconds for somebody new. */
const longMs = 90_000
const local = "-T lab --allow-local --no-dht --no-pex --every 1s"
const run = (line: string, options: RunOptions = {}) =>
  runCli(line.split(" "), { ...options, env: { XDG_STATE_HOME: folder, ...options.env } })
const documents = (out: string) =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line))
const snapshots = (out: string) => documents(out).map((each) => schema.strict().parse(each))

function torrentOf(swarm: DemoSwarm): string {
  writeFileSync(file("x.torrent"), swarm.torrentBytes)
  return file("x.torrent")
}

describe("torrent-audit watch", () => {
  it(
    "sees who completes, who goes back and who stands still, and accuses the rewinder alone",
    async () => {
      const { pieceCount } = smallPayload
      const swarm = await swarmFor(
        castOf(
          seeder("seeder"),
          seeder("rewinder", {
            client: clients.biglybt,
            claims: share(pieceCount, 0.7),
            behaviours: [rewinder()],
          }),
          seeder("gainer", { client: clients.rtorrent, holds: share(pieceCount, 0.4), gainsPerSecond: 1.25 }),
          seeder("stalled", { client: clients.aria2, holds: share(pieceCount, 0.3) }),
          seeder("restarted", {
            client: clients.qbittorrent,
            claims: share(pieceCount, 0.75),
            behaviours: [restartsWithLess(2)],
          }),
        ),
      )
      const at = (name: string) => swarm.peers.find((peer) => peer.name === name)?.address
      const flags = `${local} --depth handshake --rounds 6 --json --redact none -o ${file("last.json")}`
      const ran = await run(`watch ${torrentOf(swarm)} ${flags}`)

      const rounds = snapshots(ran.out)
      const last = rounds.at(-1)
      expect(rounds.map(({ earlier }) => earlier?.runs.length ?? 0)).toEqual([0, 1, 2, 3, 4, 5])
      expect(ran).toMatchObject({ status: last?.verdict.exitCode, err: "" })
      expect(readFileSync(file("last.json"), "utf8")).toBe(`${ran.out.trimEnd().split("\n").at(-1)}\n`)
      const accused = (round: number) =>
        rounds[round]?.findings.filter(
          ({ verdict, subject }) => /warn|fail/.test(verdict) && /^(peer|tracker):/.test(subject),
        ) ?? []
      expect(rounds.slice(0, 5).flatMap((_, round) => accused(round))).toEqual([])
      expect(accused(5).map(({ audit, subject }) => [audit, subject])).toEqual([
        ["rewound-progress", `peer:${at("rewinder")}`],
      ])
      const progress = last?.swarm.progress
      expect(progress?.runs).toBe(6)
      expect(progress?.confirmedCompletions).toMatchObject([
        { address: at("gainer"), toCount: pieceCount, client: "rTorrent (libTorrent 0.13.8)" },
      ])
      expect(progress?.stalled).toMatchObject([{ address: at("stalled"), haveCount: 6, runs: 6 }])
      expect(progress?.rewinds.filter(({ address }) => address === at("rewinder"))).toHaveLength(3)
      expect(progress?.rewinds.filter(({ address }) => address === at("restarted"))).toMatchObject([
        { lost: 7, samePeerId: false, regainedAt: expect.any(String) },
      ])
      expect(progress?.rewinds).toHaveLength(4)

      const again = await run(`report ${file("last.json")} --json`)
      const [renamed] = snapshots(again.out)
      expect(again.out).not.toMatch(/"address":"127\.0\.0\.1:/)
      const without = (text: unknown) =>
        JSON.stringify(text).replaceAll(/127\.0\.0\.(1|0\/24~[0-9a-f]+):/g, "peer:")
      expect(without(renamed?.swarm.progress)).toBe(without(progress))
      expect(without(renamed?.findings)).toBe(without(last?.findings))
    },
    longMs,
  )

  it("says nothing with -q while all is well, and a later audit tells what was kept", async () => {
    const torrent = torrentOf(await swarmFor(castOf(seeder("one"), seeder("two"))))
    const ran = await run(`watch ${torrent} ${local} --depth handshake --rounds 2 -q`)
    expect(ran).toEqual({ status: 0, out: "", err: "" })
    expect(readdirSync(join(folder, "torrent-audit", "readings"))).toEqual([
      `${Buffer.from(smallPayload.infoHash).toString("hex")}.json`,
    ])
    const later = await run(`${torrent} -T lab --allow-local --no-dht --no-pex --depth handshake`)
    expect(later.out).toContain("\nPROGRESS  3 runs in ")
  })

  it("neither tells nor keeps anything with --no-history", async () => {
    const torrent = torrentOf(await swarmFor(castOf(seeder("one"))))
    const ran = await run(`watch ${torrent} ${local} --depth handshake --rounds 2 --no-history`)
    expect(ran.out.match(/^SWARM/gm)).toHaveLength(2)
    expect(ran.out).not.toContain("PROGRESS")
    expect(existsSync(join(folder, "torrent-audit", "readings"))).toBe(false)
  })

  it("goes on after a round that can't be", async () => {
    const tracker = await trackerFor()
    const magnet = `magnet:?xt=urn:btih:${"7".repeat(40)}&tr=${encodeURIComponent(tracker.httpUrl)}`
    const ran = await run(`watch ${magnet} ${local} --timeout 2s --rounds 2 --json`)
    expect(ran.status).toBe(3)
    const failed = documents(ran.out).map((each) => failedSnapshot.parse(each).error.code)
    expect(failed).toEqual(["no-metadata", "no-metadata"])
    expect(ran.err.match(/error\[no-metadata\]/g)).toHaveLength(2)
  })

  it("ends at Ctrl-C: between rounds at once, in a round with its record", async () => {
    const torrent = torrentOf(await swarmFor(castOf(seeder("one", { behaviours: [choker] }))))
    const between = await run(`watch ${torrent} ${local} --depth handshake --every 1h --json`, {
      onOutput: { match: /\}\n$/, act: (kill) => kill("SIGINT") },
    })
    expect(between.status).toBe(130)
    expect(snapshots(between.out)).toMatchObject([{ run: { complete: true } }])
    const within = await run(`watch ${torrent} ${local} --json --progress plain`, {
      onOutput: { match: /phase=peers/, act: (kill) => kill("SIGTERM") },
    })
    expect(within.status).toBe(143)
    expect(snapshots(within.out)).toMatchObject([{ run: { complete: false, stopReason: "terminated" } }])
  })

  it("waits for its time by the clock, and ends at once when it is told to", async () => {
    writeFileSync(file("x.torrent"), smallPayload.torrentBytes(["http://127.0.0.1:1/announce"]))
    const words = [
      "watch",
      file("x.torrent"),
      "--every",
      "0 0 29 2 *",
      "--json",
      "--progress",
      "plain",
      "--allow-local",
    ]
    const ran = await runCli([...words, "--no-dht"], {
      onOutput: { match: /phase=waiting/, act: (kill) => kill("SIGTERM") },
    })
    expect(ran).toMatchObject({ status: 143, out: "" })
    expect(ran.err).toMatch(/^\S+Z phase=waiting until=20\d\d-02-2[89]T\S+Z\n$/)
  })

  it("refuses to come too often", async () => {
    const { status, err } = await run("watch x.torrent --every 9s")
    expect(status).toBe(64)
    expect(err).toContain("--every 9s: too often")
  })
})

it("has options that no single audit passes over", async () => {
  const { status, err } = await run("x.torrent --rounds 2")
  expect([status, err]).toEqual([64, expect.stringContaining("torrent-audit watch x.torrent --rounds …")])
})

describe("rounds", () => {
  it.each([
    ["a short one waits for the rest", 4_000, 6_000],
    ["one that takes as long as that is late by a whole one", 10_000, 10_000],
    ["one that runs over leaves one out, and the others keep their times", 13_000, 7_000],
    ["two left out", 29_999, 1],
  ])("%s", (_, elapsedMs, waitMs) => {
    expect(untilNextRound(elapsedMs, 10_000)).toBe(waitMs)
  })
})

describe("options", () => {
  it.each([
    [{}, { everyMs: 600_000, rounds: null }],
    [
      { every: ["10s"], rounds: ["3"] },
      { everyMs: 10_000, rounds: 3 },
    ],
    [
      { every: ["1s"], pace: ["lab"] },
      { everyMs: 1_000, rounds: null },
    ],
  ])("%j", (flags, expected) => {
    expect(watchOptions(flags)).toEqual(expected)
  })

  it("reads the fields of a crontab line too", () => {
    expect(watchOptions({ every: ["17 */6 * * *"] })).toMatchObject({
      at: { text: "17 */6 * * *" },
      rounds: null,
    })
  })

  it.each([
    [{ every: ["9999ms"] }, "Use 10s or more."],
    [{ every: ["10"] }, "Use 10s, 10m or 10h."],
    [{ every: ["* * * * * *"] }, 'Use minute, hour, day, month and weekday: "17 */6 * * *".'],
    [{ every: ["0 0 30 2 *"] }, 'Use a day that it has: "0 6 28 2 *".'],
    [{ every: ["@daily"] }, 'Use minute, hour, day, month and weekday: "17 */6 * * *".'],
    [{ rounds: ["0"] }, "Use 1 to 1000000."],
  ])("%j is refused", (flags, hint) => {
    expect(() => watchOptions(flags)).toThrow(expect.objectContaining({ hint }))
  })
})
