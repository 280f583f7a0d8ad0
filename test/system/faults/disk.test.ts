/** Nowhere to write: what was found is shown all the same, why it was not kept is said, and nothing stands there half. */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import { stage, type Defer } from "./stage.ts"

const brief = ["--depth", "handshake", "--timeout", "20s"]

function mount(defer: Defer, at: string, ...words: string[]): void {
  mkdirSync(at, { recursive: true })
  const { status, stderr } = spawnSync("mount", [...words, at], { encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
  defer(() => void spawnSync("umount", [at]))
}

const names = (folder: string) => readdirSync(folder, { recursive: true }).map(String)

test.concurrent.for(["16k", "64k"])(
  "a state directory of %s: no history, and it is said",
  async (size, { onTestFinished }) => {
    const { audit, folder } = await stage(onTestFinished, { peers: 2 })
    const full = join(folder, "full")
    mount(onTestFinished, full, "-t", "tmpfs", "-o", `size=${size}`, "tmpfs")
    const { status, out, err, snapshot } = await audit(brief, { env: { XDG_STATE_HOME: full } }).ended
    expect(err).toMatch(/^error\[cant-write\]: cannot use the history \S+: disk full\n/)
    expect(out).toMatch(/^✓ OK/)
    expect(out).not.toContain("Saved")
    expect(status).toBe(0)
    expect(snapshot?.peers).toHaveLength(2)
    expect(names(full).filter((name) => name.endsWith(".tmp"))).toEqual([])
  },
)

test.concurrent("no room for -o: the history has it, and no half file is left", async ({
  onTestFinished,
}) => {
  const { audit, folder } = await stage(onTestFinished, { peers: 2 })
  const full = join(folder, "full")
  mount(onTestFinished, full, "-t", "tmpfs", "-o", "size=8k", "tmpfs")
  const { status, out, err } = await audit([...brief, "-o", join(full, "y.json")]).ended
  expect(status).toBe(70)
  expect(err).toMatch(
    /^error\[cant-write\]: cannot write \S+y\.json: disk full\n {2}hint: Snapshot kept in history\./,
  )
  expect(out).toMatch(/^Saved /m)
  expect(names(full)).toEqual([])
})

test.concurrent("a home that can only be read", async ({ onTestFinished }) => {
  const { audit, folder } = await stage(onTestFinished, { peers: 2 })
  const home = join(folder, "home")
  mount(onTestFinished, home, "-t", "tmpfs", "-o", "size=64k,ro", "tmpfs")
  const none = { XDG_STATE_HOME: "", XDG_CACHE_HOME: "", XDG_CONFIG_HOME: "" }
  const { status, out, err } = await audit(brief, { env: { HOME: home, ...none } }).ended
  expect(err).toMatch(/^error\[cant-write\]: cannot use the history \S+: read-only file system\n/)
  expect([status, out.slice(0, 4)]).toEqual([0, "✓ OK"])
})

test.concurrent("a user whom the system doesn't know, without a home", async ({ onTestFinished }) => {
  const { audit, folder } = await stage(onTestFinished, { peers: 2 })
  chmodSync(folder, 0o777)
  const none = {
    HOME: undefined,
    XDG_STATE_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    XDG_CONFIG_HOME: undefined,
  }
  const before = ["setpriv", "--reuid", "54321", "--clear-groups"]
  const { status, out, err } = await audit(brief, { before, env: none }).ended
  expect(err).toMatch(/^error\[cant-write\]: cannot use the history \/\.local\S+: permission denied\n/)
  expect([status, out.slice(0, 4)]).toEqual([0, "✓ OK"])
})

test.concurrent("the state directory vanishes while the audit runs: it is made again", async ({
  onTestFinished,
}) => {
  const { audit, home } = await stage(onTestFinished, { peers: 2 })
  const run = audit([...brief, "--progress", "plain"])
  await run.says(/phase=/)
  rmSync(join(home, "torrent-audit"), { recursive: true, force: true })
  const { status, out } = await run.ended
  expect([status, /^Saved /m.test(out)]).toEqual([0, true])
})

test.concurrent("the history is damaged while the audit runs: it is left as it is", async ({
  onTestFinished,
}) => {
  const { audit, home } = await stage(onTestFinished, { peers: 2 })
  await audit(brief).ended
  const path = join(home, "torrent-audit", "history.sqlite")
  const run = audit([...brief, "--progress", "plain"])
  await run.says(/phase=/)
  spawnSync("dd", ["if=/dev/urandom", `of=${path}`, "bs=4096", "count=6", "conv=notrunc"])
  const { status, out, err } = await run.ended
  expect(err).toMatch(/^error\[bad-snapshot\]: the history \S+ is damaged; it was left as it is$/m)
  expect([status, out.slice(0, 4)]).toEqual([0, "✓ OK"])
  expect(() => new DatabaseSync(path).prepare("select * from audit").all()).toThrow(
    /malformed|not a database/,
  )
})
