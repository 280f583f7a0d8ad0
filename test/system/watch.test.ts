/** `watch` as the first process of a container, which no signal ends by itself. */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { smallPayload } from "../support/swarm.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-container-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const cli = join(import.meta.dirname, "..", "..", "src", "cli.ts")

it("ends at SIGTERM with 143", async () => {
  const torrent = join(folder, "x.torrent")
  writeFileSync(torrent, smallPayload.torrentBytes(["http://127.0.0.1:1/announce"]))
  const words = ["watch", torrent, "--every", "0 0 1 1 *", "--progress", "plain", "--allow-local", "--no-dht"]
  const outer = spawn("unshare", ["--pid", "--fork", "--kill-child", process.execPath, cli, ...words], {
    env: { PATH: process.env["PATH"], HOME: folder, XDG_STATE_HOME: folder },
    stdio: ["ignore", "ignore", "pipe"],
  })
  const ended = new Promise<number | null>((resolve) => outer.once("close", resolve))
  await new Promise<void>((resolve) =>
    outer.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("phase=waiting")) resolve()
    }),
  )
  const first = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, "utf8").trim())
  expect(readFileSync(`/proc/${first}/status`, "utf8")).toMatch(/^NSpid:\s+\d+(\s+\d+)*\s+1$/m)
  process.kill(first, "SIGTERM")
  expect(await ended).toBe(143)
})
