/** `--announce-log FILE` on a real loopback swarm, as a user meets it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { share } from "../../src/demo/holdings.ts"
import { createPayload } from "../../src/demo/payload.ts"
import { reportRegularly } from "../../src/demo/reports.ts"
import { snapshot as schema } from "../../src/report.ts"
import { castOf, seeder } from "../support/audit.ts"
import { runCli } from "../support/run-cli.ts"
import { swarmFor } from "../support/swarm.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-announces-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

it("is read after the audit, and names who made uploads up", async () => {
  const log = join(folder, "announces.ndjson")
  const torrent = join(folder, "x.torrent")
  writeFileSync(log, "")
  const payload = createPayload({
    pieceBytes: 16_384,
    private: true,
    files: [{ path: ["a.bin"], sizeBytes: 400_000 }],
  })
  const cast = castOf(
    seeder("honest"),
    seeder("cheat"),
    seeder("some", { holds: share(payload.pieceCount, 0.5) }),
  )
  const tracker = { log: (line: string) => appendFileSync(log, line) }
  const swarm = await swarmFor({ ...cast, payload, inflate: 1, tracker })
  writeFileSync(torrent, swarm.torrentBytes)
  const reporting = swarm.peers.map((peer) => ({
    peer,
    ...(peer.name === "cheat" && { figures: { uploadedBytesPerSecond: 1e12 } }),
  }))
  const reporters = reportRegularly(swarm.tracker, payload, reporting, 60_000)
  await reporters.announce()
  const cheat = swarm.peers.find(({ name }) => name === "cheat")

  const saved = join(folder, "redacted.json")
  const env = { XDG_STATE_HOME: folder }
  const line = `${torrent} -T lab --allow-local --depth handshake --timeout 40s --json --redact full -o ${saved} --announce-log ${log}`
  const { out } = await runCli(line.split(" "), { env })
  reporters.stop()

  const snapshot = schema.strict().parse(JSON.parse(out))
  expect(snapshot.announceLog).toMatchObject({ unreadable: 0, dropped: 0 })
  const stopped = snapshot.announceLog?.reports.filter(({ event }) => event === "stopped") ?? []
  expect(stopped.length, "our own farewell is in it").toBeGreaterThan(0)
  const accused = snapshot.findings.filter(
    ({ verdict, audit }) => verdict === "warn" && audit.startsWith("misreported"),
  )
  expect(accused.map(({ audit, subject }) => [audit, subject.split(":").at(-1)])).toEqual([
    ["misreported-uploaded", String(cheat?.port)],
  ])
  expect(JSON.stringify(snapshot.announceLog), "redacted as well").not.toContain("127.0.0.1")

  const later = await runCli(["report", saved, "--announce-log", log, "--redact", "none", "--json"], { env })
  const again = schema.strict().parse(JSON.parse(later.out))
  const addresses = (reports = again.announceLog?.reports) => new Set(reports?.map(({ address }) => address))
  expect(addresses(), "a log's peers are named as the snapshot's are").toEqual(
    addresses(snapshot.announceLog?.reports),
  )
})

it("loses no record when the log is gone once the audit is over", async () => {
  const log = join(folder, "announces.ndjson")
  const torrent = join(folder, "x.torrent")
  const saved = join(folder, "saved.json")
  writeFileSync(log, "")
  const swarm = await swarmFor(castOf(seeder("one")))
  writeFileSync(torrent, swarm.torrentBytes)
  const line = `${torrent} -T lab --allow-local --no-dht --depth handshake --json --progress plain -o ${saved} --announce-log ${log}`
  const ran = await runCli(line.split(" "), {
    onOutput: { match: /phase=peers/, act: () => rmSync(log) },
  })
  expect(ran.status).toBe(65)
  expect(ran.err).toContain(`error[no-file]: cannot read ${log}: no such file`)
  expect(schema.strict().parse(JSON.parse(ran.out)).announceLog).toBeUndefined()
  expect(schema.strict().parse(JSON.parse(readFileSync(saved, "utf8"))).peers).toHaveLength(1)
})

it("must be there before anything is sent", async () => {
  const { status, err } = await runCli(["x.torrent", "--announce-log", join(folder, "none")])
  expect([status, err]).toEqual([65, expect.stringContaining("error[no-file]: cannot read")])
})
