/** A cron job every hour for years must not fill the disk. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { limits } from "../../src/limits.ts"
import type { History } from "../../src/store/history.ts"
import { packed } from "../../src/store/history/body.ts"
import { sqliteDatabase } from "../../src/store/database/sqlite.ts"
import { historyIn } from "../../src/store/history/kept.ts"
import { superfluous, type Bounds } from "../../src/store/history/thin.ts"
import { anEvidence } from "../support/builders.ts"
import { again, named } from "../support/kept-audits.ts"

const hourMs = 3_600_000
const from = Date.parse("2026-01-01T00:30:00.000Z")
const hourly = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: String(n),
    started_at: new Date(from + n * hourMs).toISOString(),
  })).toReversed()

it("of older snapshots the last of each day stays", () => {
  const older = hourly(72)
  const gone = superfluous(older)
  const left = older.filter((each) => !gone.includes(each))
  expect(left.map(({ started_at }) => started_at)).toEqual([
    "2026-01-03T23:30:00.000Z",
    "2026-01-02T23:30:00.000Z",
    "2026-01-01T23:30:00.000Z",
  ])
  expect(superfluous(left)).toEqual([])
})

it("and of no more than so many days", () => {
  const daily = hourly(24 * (limits.history.dailySnapshots + 30))
  expect(daily.length - superfluous(daily).length).toBe(limits.history.dailySnapshots)
})

describe("what is added", () => {
  const base = snapshotOf(anEvidence())
  const infoHash = base.torrent.infoHashV1 ?? ""
  const withBounds = (bounds: Partial<Bounds>): History => {
    const directory = mkdtempSync(join(tmpdir(), "torrent-audit-thin-"))
    const history = historyIn(sqliteDatabase(join(directory, "history.sqlite")), {
      ...limits.history,
      ...bounds,
    })
    onTestFinished(async () => {
      await history.close()
      rmSync(directory, { recursive: true })
    })
    return history
  }
  const ids = (found: readonly { id: string }[]) => found.map(({ id }) => Number.parseInt(id, 16))

  it("leaves the newest whole, then one a day, and every line", async () => {
    const history = withBounds({ newestSnapshots: 3, dailySnapshots: 2 })
    // From 09:15 on, every six hours: days of 3, 4, 4 and 1.
    for (let n = 0; n < 12; n++) await history.add(again(base, n, 6 * hourMs))
    expect(ids(await history.audits(infoHash))).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    expect(ids(await history.whole(infoHash))).toEqual([11, 10, 9, 8, 6])
    expect(await history.snapshot(infoHash, "00000000")).toBeNull()
  })

  it("takes the oldest snapshots of all where together they are too large, but no target's last one", async () => {
    const bodyBytes = packed(base).length
    const history = withBounds({ maxTotalBytes: 3.5 * bodyBytes })
    const other = "beef".padEnd(40, "1")
    await history.add(named(again(base, 0), "two", other))
    for (let n = 1; n < 6; n++) await history.add(again(base, n))
    expect(ids(await history.whole(other))).toEqual([0])
    expect(ids(await history.whole(infoHash))).toEqual([5, 4])
    expect(await history.audits(infoHash)).toHaveLength(5)
  })

  it("takes the oldest lines of a target that has too many", async () => {
    const history = withBounds({ maxAudits: 4 })
    await history.add(named(base, "two", "beef".padEnd(40, "1")))
    for (let n = 1; n < 7; n++) await history.add(again(base, n))
    expect(ids(await history.audits(infoHash))).toEqual([6, 5, 4, 3])
    expect((await history.targets()).map(({ audits }) => audits)).toEqual([4, 1])
  })
})
