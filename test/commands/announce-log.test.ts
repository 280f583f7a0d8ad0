/** `--announce-log FILE` on a real loopback swarm, as a user meets it. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
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

  const line = `${torrent} -T lab --allow-local --depth handshake --timeout 40s --json --redact full --announce-log ${log}`
  const { out } = await runCli(line.split(" "))
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
})

it("must be there before anything is sent", async () => {
  const { status, err } = await runCli(["x.torrent", "--announce-log", join(folder, "none")])
  expect([status, err]).toEqual([65, expect.stringContaining("error[no-file]: cannot read")])
})
