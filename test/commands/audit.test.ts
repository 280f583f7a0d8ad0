/** The command line on a real loopback swarm: files, screens, signals and exit statuses, as a user meets them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { Ajv2020 as Ajv, type AnySchema } from "ajv/dist/2020.js"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { choker } from "../../src/demo/liars.ts"
import type { DemoSwarm } from "../../src/demo/swarm.ts"
import { sha1 } from "../../src/network.ts"
import { snapshot as schema, type Snapshot } from "../../src/report.ts"
import { encode } from "../../src/torrent/bencode.ts"
import { castOf, seeder } from "../support/audit.ts"
import { runCli, type RunOptions } from "../support/run-cli.ts"
import { swarmFor } from "../support/swarm.ts"
import { data, introduction, metadataPeer } from "../wire/metadata-peer.ts"
import { scriptedPeer } from "../wire/scripted-peer.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-swarm-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const file = (name: string) => join(folder, name)
const parse = (text: string) => schema.strict().parse(JSON.parse(text))
const run = (line: string, options: RunOptions = {}) =>
  runCli(line.split(" "), { ...options, env: { XDG_STATE_HOME: folder, ...options.env } })
const local = "-T lab --allow-local --timeout 40s --max-download 64MiB"

async function torrentOf(swarm: DemoSwarm): Promise<string> {
  writeFileSync(file("x.torrent"), swarm.torrentBytes)
  return file("x.torrent")
}

describe("torrent-audit demo", () => {
  it("names every planted lie and nobody else", async () => {
    const { status, out, err } = await run("demo --json")
    expect(err).toContain("4 of 4 planted lies were named; nobody else was accused")
    expect(status).toBe(0)
    expect(
      parse(out)
        .findings.filter(({ verdict }) => verdict === "warn")
        .map(({ audit }) => audit),
    ).toEqual(["phantom-seeders", "canary", "corrupt-data", "unserved-claims"])
  })
})

describe("torrent-audit file.torrent", () => {
  it("prints, saves, and judges the saved file to the same bytes", async () => {
    const torrent = await torrentOf(await swarmFor(castOf(seeder("one"), seeder("two"))))
    const ran = await run(
      `${torrent} ${local} --redact none --json -o ${file("a.json")} -o ${file("a.json.gz")}`,
    )
    expect(ran).toMatchObject({ status: 0, err: "" })
    expect(readFileSync(file("a.json"), "utf8")).toBe(ran.out)
    expect(gunzipSync(readFileSync(file("a.json.gz"))).toString()).toBe(ran.out)
    expect(parse(ran.out).verdict.status).toBe("ok")
    const again = await run(`report ${file("a.json.gz")} --redact none --json`)
    const piped = parse((await run(`report ${file("a.json")} --json`)).out)
    expect(piped.peers[0]?.address).toMatch(/^127\.0\.0\.0\/24~/)
    expect(again.out).toBe(ran.out)
    expect((await run(`report ${file("a.json")}`)).out).toContain("Downloadable now: yes")
  })

  it("redacts what is saved or piped unless told otherwise, and the findings stay the same", async () => {
    const torrent = await torrentOf(await swarmFor(castOf(seeder("one"))))
    const ran = await run(`${torrent} ${local} --json -o ${file("a.json")}`)
    const saved = parse(readFileSync(file("a.json"), "utf8"))
    expect(saved.peers[0]?.address).toMatch(/^127\.0\.0\.0\/24~[0-9a-f]{6}:\d+$/)
    expect(parse(ran.out).peers).toEqual(saved.peers)
    expect(parse((await run(`report ${file("a.json")} --json`)).out).findings).toEqual(saved.findings)
  })

  it("reuses a tracker's answer when asking again is not due", async () => {
    const swarm = await swarmFor({
      ...castOf(seeder("one")),
      tracker: { minIntervalMs: 600_000, intervalMs: 600_000 },
    })
    const torrent = await torrentOf(swarm)
    const first = parse((await run(`${torrent} ${local} --depth discover --redact none --json`)).out)
    const second = parse((await run(`${torrent} ${local} --depth discover --redact none --json`)).out)
    expect(first.trackers[0]?.announces[0]).toMatchObject({ reused: false, event: "started", ok: true })
    expect(second.trackers[0]?.announces).toMatchObject([
      { reused: true, at: first.trackers[0]?.announces[0]?.at },
    ])
    expect(second.peers.map(({ address }) => address)).toEqual(swarm.peers.map(({ address }) => address))
    expect(second.swarm.leechers.claimed).toBe(0)
  })

  it("holds the swarm to --min-seeders, and --fail-on forgives", async () => {
    const torrent = await torrentOf(await swarmFor(castOf(seeder("one"))))
    const ran = await run(`${torrent} ${local} --min-seeders 3 --json -o ${file("a.json")}`)
    expect(ran.status).toBe(2)
    expect(parse(ran.out).findings[0]).toMatchObject({ audit: "below-threshold", verdict: "fail" })
    expect((await run(`report ${file("a.json")}`)).status).toBe(2)
    expect((await run(`report ${file("a.json")} --fail-on never`)).status).toBe(0)
  })

  it("prints nothing with -q when all is well", async () => {
    const torrent = await torrentOf(await swarmFor(castOf(seeder("one"), seeder("two"))))
    expect(await run(`${torrent} ${local} -q`)).toEqual({ status: 0, out: "", err: "" })
  })

  it.each([
    ["SIGINT", 130, "interrupted"],
    ["SIGTERM", 143, "terminated"],
  ] as const)("%s finishes the record", async (signal, status, reason) => {
    const torrent = await torrentOf(await swarmFor(castOf(seeder("one", { behaviours: [choker] }))))
    const ran = await run(`${torrent} ${local} --json --progress plain -o ${file("a.json")}`, {
      onOutput: { match: /phase=peers/, act: (kill) => kill(signal) },
    })
    expect(ran.status).toBe(status)
    expect(ran.err).toContain("Stopping: finishing the record")
    expect(parse(ran.out)).toMatchObject({
      run: { complete: false, stopReason: reason },
      verdict: { status: "unknown" },
    })
    expect(parse(readFileSync(file("a.json"), "utf8")).run.complete).toBe(false)
  })

  it("a reader that had enough finishes the record, too, and is no error", async () => {
    const torrent = await torrentOf(await swarmFor(castOf(seeder("one", { behaviours: [choker] }))))
    const ran = await run(`${torrent} ${local} --format ndjson -o ${file("a.json")}`, {
      onOutput: { match: /\n/, act: (_, close) => close() },
    })
    expect(ran.status).toBe(0)
    const { run: saved, trackers } = parse(readFileSync(file("a.json"), "utf8"))
    expect(saved.stopReason).toBe("interrupted")
    const farewells = trackers.flatMap(({ announces }) =>
      announces.filter(({ event }) => event === "stopped"),
    )
    expect(farewells.map(({ ok }) => ok)).toEqual([true])
  })

  it("a second signal quits at once, and leaves no half file", async () => {
    const swarm = await swarmFor(castOf(seeder("one", { behaviours: [choker] })))
    const torrent = await torrentOf(swarm)
    const ran = await run(`${torrent} ${local} --json --progress plain -o ${file("a.json")}`, {
      onOutput: {
        match: /phase=peers/,
        act(kill) {
          kill("SIGINT")
          kill("SIGTERM")
        },
      },
    })
    expect([130, 143]).toContain(ran.status)
    expect(ran.out).toBe("")
    expect(() => readFileSync(file("a.json"))).toThrow("ENOENT")
  })
})

describe("torrent-audit <magnet>, without its metadata", () => {
  const magnet = "ab".repeat(20)

  it("Ctrl-C ends it like any run, and shows and saves what there is", async () => {
    const silent = await scriptedPeer(() => {})
    const line = `${magnet} ${local} --no-dht -4 --peer ${silent} --json --progress plain -o ${file("a.json")}`
    const ran = await run(line, {
      onOutput: { match: /phase=metadata/, act: (kill) => kill("SIGINT") },
    })
    expect(ran.status).toBe(130)
    expect(parse(ran.out)).toMatchObject({
      run: { stopReason: "interrupted", metadata: { from: null, tries: [{ ok: false }] } },
      torrent: { pieceCount: 0 },
    })
    expect(parse(readFileSync(file("a.json"), "utf8")).torrent.infoHashV1).toBe(magnet)
  })

  it("metadata that is no torrent is one error, and what was seen is saved", async () => {
    const info = encode({ name: "nothing", "piece length": 16_384 })
    const infoHash = sha1(info)
    const hello = [introduction({ size: info.length })]
    const tell = metadataPeer((piece) => data(piece, info, info.length), hello)
    const teller = await scriptedPeer((visitor) =>
      tell({ ...visitor, greet: (reserved) => visitor.greet(reserved, infoHash) }),
    )
    const target = Buffer.from(infoHash).toString("hex")
    const ran = await run(`${target} ${local} --no-dht -4 --peer ${teller} --json -o ${file("a.json")}`)
    expect(ran.status).toBe(65)
    expect(JSON.parse(ran.out)).toMatchObject({ run: null, error: { code: "bad-metainfo" } })
    const saved = parse(readFileSync(file("a.json"), "utf8"))
    expect(saved.run.metadata?.from).toMatch(/^127\.0\.0\.0\/24~/)
    expect(saved.peers).toHaveLength(1)
  })
})

describe("the shipped JSON Schema", () => {
  it("accepts what is printed, bad input included, and refuses what is not a snapshot", async () => {
    const validate = new Ajv({ formats: { "date-time": true } }).compile(
      JSON.parse((await run("schema")).out) as AnySchema,
    )
    const torrent = await torrentOf(
      await swarmFor(castOf(seeder("one"), seeder("two", { behaviours: [choker] }))),
    )
    const good = JSON.parse((await run(`${torrent} ${local} --json`)).out) as Snapshot
    void validate(good)
    expect(validate.errors).toBeNull()
    void validate(JSON.parse((await run("nowhere --json")).out))
    expect(validate.errors).toBeNull()
    expect(validate({ ...good, peers: [{ ...good.peers[0], stage: "asleep" }] })).toBe(false)
    expect(validate({ ...good, run: { ...good.run, durationMs: null } })).toBe(false)
    const { findings: _, ...headless } = good
    expect(validate(headless)).toBe(false)
  })

  it("admits fields that a later minor version adds", async () => {
    const schemaText = (await run("schema")).out
    expect(schemaText).not.toContain('"additionalProperties": false')
  })
})
