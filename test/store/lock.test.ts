/** A lock between processes: one holds it, whatever its end; another learns who. */
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { withLock } from "../../src/commands/lock.ts"
import { holdLock } from "../../src/store/lock.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-lock-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const module = join(import.meta.dirname, "..", "..", "src", "store", "lock.ts")

/** Another process that holds it, or not, says so, and stays. */
async function holder(name: string) {
  const script = `
    const { holdLock } = await import(${JSON.stringify(module)})
    console.log((await holdLock(${JSON.stringify(folder)}, ${JSON.stringify(name)})).held)
    setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = new Promise((resolve) => child.on("close", resolve))
  const said = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data: Buffer) => resolve(String(data).trim())),
  )
  return { pid: child.pid, said, kill: async () => (child.kill("SIGKILL"), void (await ended)) }
}

describe("holdLock", () => {
  it("is one holder's, in one process as between two, until it is given back", async () => {
    const first = await holdLock(folder, "a")
    expect(first.held).toBe(true)
    expect(await holdLock(folder, "a")).toEqual({ held: false, heldBy: process.pid })
    const other = await holdLock(folder, "b")
    expect(other.held).toBe(true)
    if (first.held) first.free()
    const again = await holdLock(folder, "a")
    expect(again.held).toBe(true)
    for (const each of [again, other]) if (each.held) each.free()
  })

  it("ends with a holder that is killed; of many who then come, one has it", async () => {
    const other = await holder("a")
    expect(other.said).toBe("true")
    expect(await holdLock(folder, "a")).toEqual({ held: false, heldBy: other.pid })
    await other.kill()
    const comers = await Promise.all(Array.from({ length: 20 }, () => holdLock(folder, "a")))
    expect(comers.filter(({ held }) => held)).toHaveLength(1)
    const late = await holder("a")
    expect(late.said).toBe("false")
    await late.kill()
    for (const each of comers) if (each.held) each.free()
  })

  it("names nobody where what is written is no pid", async () => {
    const held = await holdLock(folder, "a")
    writeFileSync(join(folder, "locks", "a.pid"), "\u001b[31m4711")
    expect(await holdLock(folder, "a")).toEqual({ held: false, heldBy: null })
    if (held.held) held.free()
  })

  it.each([
    ["that can't be made", "/proc/nothing"],
    ["that is a file", "/etc/hostname"],
  ])("holds nothing back in a directory %s", async (_, directory) => {
    const both = [await holdLock(directory, "a"), await holdLock(directory, "a")]
    expect(both.map(({ held }) => held)).toEqual([true, true])
  })

  it("goes on where something else lies in its place", async () => {
    writeFileSync(join(folder, "locks"), "")
    chmodSync(join(folder, "locks"), 0o400)
    expect((await holdLock(folder, "a")).held).toBe(true)
  })
})

describe("withLock", () => {
  it("refuses a second audit of the same target, and frees it after a failure", async () => {
    const context = { environment: { XDG_STATE_HOME: folder } }
    const infoHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
    const inner = () => withLock(infoHash, context, () => Promise.resolve("two"))
    await expect(withLock(infoHash, context, inner)).rejects.toMatchObject({
      code: "locked",
      message: `audit already running (pid ${process.pid})`,
      hint: "Wait; kept snapshots are safe.",
    })
    expect(await inner()).toBe("two")
    expect(await withLock("other", context, inner)).toBe("two")
  })
})
