/** Formats, alerts and exit statuses of a real run, as a user meets them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import http from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { castOf, seeder } from "../support/audit.ts"
import { runCli } from "../support/run-cli.ts"
import { swarmFor } from "../support/swarm.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-outputs-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (line: string) => runCli(line.split(" "), { env: { XDG_STATE_HOME: join(folder, "state") } })

test("a stream of two audits that agree, the snapshot last, and a watchdog that hears of it", async () => {
  const heard: string[] = []
  const server = http.createServer((request, response) => {
    let text = ""
    request.setEncoding("utf8").on("data", (more: string) => (text += more))
    request.on("end", () => {
      heard.push(`${request.url} ${text}`)
      response.end()
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const swarm = await swarmFor(castOf(seeder("one"), seeder("two")))
  writeFileSync(join(folder, "x.torrent"), swarm.torrentBytes)
  const { status, out, err } = await run(
    `${folder}/x.torrent -T lab --allow-local --timeout 40s --max-download 64MiB --format ndjson -w seeders=3: --strict --confirm 2 --ping http://127.0.0.1:${port}/0b1c`,
  )
  expect([status, err]).toEqual([1, ""])
  const events = out
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
  const types = events.map(({ type }) => type)
  expect([types[0], types.at(-1)]).toEqual(["phase", "snapshot"])
  expect(new Set(types)).toEqual(
    new Set(["phase", "tracker", "peer", "piece", "progress", "finding", "snapshot"]),
  )
  const begun = events.filter(({ type, phase }) => type === "phase" && phase === "trackers")
  expect(begun).toHaveLength(2)
  const peers = events.filter(({ type }) => type === "peer").map(({ address }) => address)
  const { snapshot } = events.at(-1) as { snapshot: { peers: { address: string }[] } }
  expect(new Set(peers)).toEqual(new Set(snapshot.peers.map(({ address }) => address)))
  expect(heard).toEqual([
    "/0b1c/start ",
    expect.stringMatching(/^\/0b1c\/1 TORRENT WARNING - 2 seeders, .*\| seeders=2;3: /),
  ])
})

test("an error is one line for Nagios, with 3", async () => {
  const { status, out, err } = await run(`${folder}/none.torrent --format nagios`)
  expect([status, out]).toEqual([3, `TORRENT UNKNOWN - no such file: ${folder}/none.torrent\n`])
  expect(err).toMatch(/^error\[no-file\]/)
})

test("a range that is none is found before anything else", async () => {
  expect(await run("x.torrent -c seeders<1")).toEqual({
    status: 64,
    out: "",
    err: "error[bad-range]: 'seeders<1' is not a range\n  hint: Alert below 1: `seeders=1:`.\n",
  })
})
