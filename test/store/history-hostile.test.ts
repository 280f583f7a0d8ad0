/** A database that somebody else had their way with. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, it, onTestFinished } from "vitest"
import { openHistory } from "../../src/store/history.ts"
import { largeSnapshot } from "../support/large-snapshot.ts"

it.each([
  [
    "a view in place of a table",
    "drop table told; create view told as select 1 as info_hash",
    "is not a history",
  ],
  ["a trigger", "create trigger t after insert on audit begin delete from snapshot; end", "is not a history"],
  ["a text of 100 MB", "update audit set problems = cast(zeroblob(100000000) as text)", "is damaged"],
])("%s", async (_, sql, message) => {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-hostile-history-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const kept = await openHistory(folder)
  await kept.add(largeSnapshot())
  await kept.close()
  const database = new DatabaseSync(join(folder, "history.sqlite"))
  database.exec(sql)
  database.close()
  const again = await openHistory(folder)
  await expect(again.targets()).rejects.toMatchObject({
    code: "bad-snapshot",
    message: expect.stringContaining(message) as string,
  })
  await again.close()
})
