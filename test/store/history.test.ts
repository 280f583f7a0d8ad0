/** What is kept, found again, and forgotten, in a file. */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { openHistory } from "../../src/store/history.ts"
import { historyContract } from "../support/history-contract.ts"
import { largeSnapshot } from "../support/large-snapshot.ts"

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "torrent-audit-history-")), "state")
})
afterEach(() => rmSync(join(folder, ".."), { recursive: true }))

const path = () => join(folder, "history.sqlite")
const opened = () => openHistory(folder)

historyContract(opened)

describe("the file", () => {
  it("of 200 peers and 15,104 pieces takes at most 60 KB, and nothing of it is lost", async () => {
    const snapshot = largeSnapshot()
    const history = await opened()
    await history.add(snapshot)
    await history.close()
    expect(bodyBytes()).toEqual([expect.toSatisfy((bytes: number) => bytes > 10_000 && bytes <= 60_000)])
    const later = await opened()
    expect(await later.snapshot(snapshot.torrent.infoHashV1 ?? "", snapshot.run.id)).toEqual(snapshot)
    await later.close()
  })

  it("gives the disk back what it took", async () => {
    const history = await opened()
    await history.add(largeSnapshot())
    await history.close()
    const bytes = statSync(path()).size
    const later = await opened()
    expect(await later.prune(new Date())).toBe(1)
    await later.close()
    expect(statSync(path()).size).toBeLessThan(bytes - 40_000)
  })
})

function bodyBytes(): unknown[] {
  const database = new DatabaseSync(path())
  try {
    return database
      .prepare("select bytes from snapshot")
      .all()
      .map(({ bytes }) => bytes)
  } finally {
    database.close()
  }
}
