/** The database as a file: private, shared, refused where it is not what it should be. */
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { limits } from "../../src/limits.ts"
import { openHistory, type History } from "../../src/store/history.ts"
import { anEvidence } from "../support/builders.ts"
import { again } from "../support/kept-audits.ts"

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "torrent-audit-history-")), "state")
})
afterEach(() => rmSync(join(folder, ".."), { recursive: true }))

const path = () => join(folder, "history.sqlite")
const base = snapshotOf(anEvidence())
const infoHash = base.torrent.infoHashV1 ?? ""

async function opened(): Promise<History> {
  const history = await openHistory(folder)
  onTestFinished(() => history.close())
  return history
}

/** The database as somebody else would see or change it. */
function aside<T>(use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path())
  try {
    return use(database)
  } finally {
    database.close()
  }
}

describe("the file", () => {
  it("is made, for its owner alone, when something is kept", async () => {
    const history = await opened()
    expect(await history.targets()).toEqual([])
    expect(await history.prune(new Date())).toBe(0)
    expect(existsSync(folder)).toBe(false)
    await history.add(base)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const end of ["", "-wal", "-shm"]) expect(statSync(path() + end).mode & 0o777).toBe(0o600)
  })

  it("is shared by two who make it at once", async () => {
    const histories = await Promise.all([opened(), opened(), opened()])
    await Promise.all(histories.map((history, n) => history.add(again(base, n))))
    expect(await histories[0]?.audits(infoHash)).toHaveLength(3)
  })

  it("waits for another's lock, and nothing of this process stands still meanwhile", async () => {
    const history = await opened()
    await history.add(base)
    const locker = new DatabaseSync(path())
    locker.exec("begin immediate")
    const added = history.add(again(base, 1))
    // A timer runs: that of whoever would let go of the lock.
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(aside((database) => database.prepare("select count(*) as n from audit").get())).toEqual({ n: 1 })
    locker.exec("rollback")
    locker.close()
    await added
    expect(await history.audits(infoHash)).toHaveLength(2)
  })

  const refusal = async (work: (history: History) => Promise<unknown>) => {
    const history = await opened()
    return work(history).then(
      () => "done",
      (error: unknown) => error,
    )
  }

  it.each([
    ["garbage", () => writeFileSync(path(), "not a database, but long enough to hold a header".repeat(20))],
    ["a header without its pages", () => truncateSync(path(), 5_000)],
  ])("that is damaged (%s) is refused, and left as it is", async (_, damage) => {
    const history = await openHistory(folder)
    await history.add(base)
    await history.close()
    damage()
    const before = statSync(path())
    expect(await refusal((each) => each.add(again(base, 1)))).toMatchObject({
      code: "bad-snapshot",
      message: expect.stringContaining("is damaged"),
    })
    expect(await refusal((each) => each.targets())).toMatchObject({ code: "bad-snapshot" })
    expect(statSync(path())).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs })
  })

  it("of a newer schema is refused, and not touched", async () => {
    const history = await openHistory(folder)
    await history.add(base)
    await history.close()
    aside((database) => database.exec("pragma user_version = 99"))
    expect(await refusal((each) => each.add(again(base, 1)))).toMatchObject({
      code: "bad-snapshot",
      message: "history schema 99 is newer than mine (2)",
      hint: "Upgrade torrent-audit.",
    })
    expect(aside((database) => database.prepare("select count(*) as n from audit").get())).toEqual({ n: 1 })
  })

  it("of another program is refused", async () => {
    const history = await openHistory(folder)
    await history.add(base)
    await history.close()
    rmSync(path())
    aside((database) => database.exec("create table theirs (x)"))
    expect(await refusal((each) => each.add(base))).toMatchObject({
      code: "bad-snapshot",
      message: expect.stringContaining("is not a history of torrent-audit"),
    })
  })

  it("in whose place something else is says so", async () => {
    writeFileSync(folder, "a file where the directory should be")
    expect(await refusal((each) => each.add(base))).toMatchObject({ code: "cant-write" })
    rmSync(folder)
  })

  it.each([
    ["status", "update audit set status = 'splendid'"],
    ["a count", "update audit set seeders_reached = 'many'"],
    ["a time", "update audit set started_at = 'yesterday' where 1"],
    ["problems", "update audit set problems = '[[1,2,3]]'"],
  ])("with a line that nobody of us wrote (%s) is damaged", async (_, change) => {
    const history = await openHistory(folder)
    await history.add(base)
    await history.close()
    aside((database) => database.exec(`pragma foreign_keys = off; ${change}`))
    expect(await refusal((each) => each.audits(infoHash))).toMatchObject({ code: "bad-snapshot" })
  })
})

describe("a kept snapshot that isn't one any more", () => {
  const stored = async (change: (database: DatabaseSync) => unknown) => {
    const history = await opened()
    await history.add(base)
    aside(change)
    return history.snapshot(infoHash, base.run.id).catch((error: unknown) => error)
  }
  it.each([
    ["bytes of anything", "update snapshot set body = x'00112233'", "is not a snapshot"],
    ["half of it", "update snapshot set body = substr(body, 1, length(body) / 2)", "is not a snapshot"],
    ["a later way of packing", "update snapshot set format = 2", "newer than mine"],
  ])("%s", async (_, change, message) => {
    expect(await stored((database) => database.exec(change))).toMatchObject({
      code: "bad-snapshot",
      message: expect.stringContaining(message),
    })
  })

  it("more than a bound when unpacked", async () => {
    const { brotliCompressSync } = await import("node:zlib")
    const bomb = brotliCompressSync(Buffer.alloc(limits.history.maxSnapshotBytes + 1, " "), {
      params: { 1: 1 },
    })
    expect(bomb.length).toBeLessThan(1_000_000)
    expect(
      await stored((database) => database.prepare("update snapshot set body = ?").run(bomb)),
    ).toMatchObject({ code: "bad-snapshot" })
  })

  it("JSON that is none", async () => {
    const { brotliCompressSync } = await import("node:zlib")
    const json = brotliCompressSync(JSON.stringify({ ...base, peers: "none" }))
    expect(
      await stored((database) => database.prepare("update snapshot set body = ?").run(json)),
    ).toMatchObject({ code: "bad-snapshot", message: expect.stringContaining("damaged at peers") })
  })
})
