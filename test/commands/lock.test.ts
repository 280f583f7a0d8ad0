/** A second audit of the same target, as a user meets it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { idOfWords } from "../../src/commands/schedule/identity.ts"
import { holdLock } from "../../src/store/lock.ts"
import { loggedRuns } from "../../src/store/run-log.ts"
import { runCli } from "../support/run-cli.ts"
import { smallPayload } from "../support/swarm.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-locked-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

it("is told who is at it, sends nothing, and leaves a line where nobody watches", async () => {
  const torrent = join(folder, "x.torrent")
  writeFileSync(torrent, smallPayload.torrentBytes(["http://127.0.0.1:1/announce"]))
  const state = join(folder, "torrent-audit")
  const lock = await holdLock(state, Buffer.from(smallPayload.infoHash).toString("hex"))
  const ran = await runCli([torrent, "--allow-local", "--no-dht", "--only-changes"], {
    env: { XDG_STATE_HOME: folder },
  })
  if (lock.held) lock.free()
  expect(ran).toEqual({
    status: 3,
    out: "",
    err: `error[locked]: audit already running (pid ${process.pid})\n  hint: Wait; kept snapshots are safe.\n`,
  })
  expect(loggedRuns(state)).toMatchObject([
    { exit: null, error: "locked", id: idOfWords([torrent]), targets: [torrent] },
  ])
})

it("leaves no passkey there", async () => {
  const url = "http://joe:secret@127.0.0.1:1/x.torrent?passkey=secret"
  const ran = await runCli([url, "--allow-local", "--no-dht", "--only-changes"], {
    env: { XDG_STATE_HOME: folder },
  })
  expect(ran.err).not.toContain("secret")
  const runs = loggedRuns(join(folder, "torrent-audit"))
  expect(runs).toMatchObject([{ error: "fetch-failed", id: idOfWords([url]) }])
  expect(JSON.stringify(runs)).not.toContain("secret")
})
