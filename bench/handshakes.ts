/**
 * Audits of loopback swarms at depth `handshake`, pace `lab`: 200 peers, and 500 of which half refuse plaintext, beside one of 2
 * peers in the same run.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Snapshot } from "../src/report.ts"
import { record } from "./record.ts"

const cli = join(import.meta.dirname, "..", "bin", "torrent-audit.js")
const folder = mkdtempSync(join(tmpdir(), "torrent-audit-bench-"))

async function audit(count: number, encrypted = 0): Promise<Snapshot> {
  const [torrent, out] = [join(folder, `${count}.torrent`), join(folder, `${count}.json`)]
  const script = [join(import.meta.dirname, "crowd.ts"), String(count), torrent, String(encrypted)]
  const crowd = spawn(process.execPath, script, { stdio: ["pipe", "pipe", "inherit"] })
  await once(crowd.stdout, "data")
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      cli,
      torrent,
      "--depth",
      "handshake",
      "--pace",
      "lab",
      "--allow-local",
      "--max-peers",
      "1000",
      "-o",
      out,
    ],
    { env: { ...process.env, XDG_STATE_HOME: folder }, encoding: "utf8" },
  )
  crowd.stdin.end()
  await once(crowd, "exit")
  if (status === null || status > 3) throw new Error(`the audit exited ${status}: ${stderr}`)
  return JSON.parse(readFileSync(out, "utf8")) as Snapshot
}

const few = await audit(2)
const plain = await audit(200)
const mixed = await audit(500, 250)
rmSync(folder, { recursive: true })

const identifiedIn = ({ peers }: Snapshot) => peers.filter(({ peerId }) => peerId !== null)

function figures(many: Snapshot): Record<string, number> {
  const identified = identifiedIn(many)
  const attempts = identified.flatMap((peer) => peer.attempts.filter(({ ok }) => ok))
  const from = Math.min(...identified.flatMap((peer) => peer.attempts.map(({ atMs }) => atMs)))
  const to = Math.max(...attempts.map(({ atMs, ms }) => atMs + ms))
  const more = identified.length - identifiedIn(few).length
  return {
    peers: identified.length,
    encrypted: attempts.filter(({ encryption }) => encryption !== "none").length,
    seconds: (to - from) / 1_000,
    peersPerSecond: identified.length / ((to - from) / 1_000),
    cpuMsPerPeer: (many.run.usage.cpuMs - few.run.usage.cpuMs) / more,
    peakRssKiBPerPeer: (many.run.usage.peakRssBytes - few.run.usage.peakRssBytes) / 1_024 / more,
    peakRssMiB: many.run.usage.peakRssBytes / 2 ** 20,
  }
}

record("handshakes", figures(plain))
record("handshakes-half-encrypted", figures(mixed))
