/**
 * The history of 10,000 audits of 50 targets: the built command line as a user runs it, beside an empty Node in the same run; and what
 * a snapshot of 200 peers takes.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { snapshotOf } from "../src/commands/snapshot.ts"
import { limits } from "../src/limits.ts"
import { statuses } from "../src/report.ts"
import { openHistory } from "../src/store/history.ts"
import { packed } from "../src/store/history/body.ts"
import { openDatabase } from "../src/store/database/sqlite-file.ts"
import { add, prepared } from "../src/store/history/writing.ts"
import { anEvidence } from "../test/support/builders.ts"
import { again, named } from "../test/support/kept-audits.ts"
import { largeSnapshot } from "../test/support/large-snapshot.ts"
import { record } from "./record.ts"

const cli = join(import.meta.dirname, "..", "bin", "torrent-audit.js")
const [targets, audits, runs] = [50, 200, 15]
const hourMs = 3_600_000
const home = mkdtempSync(join(tmpdir(), "torrent-audit-bench-"))
const directory = join(home, "torrent-audit")

const hashOf = (target: number) => (target + 1).toString(16).padStart(4, "a").padEnd(40, "0")

/** One an hour of each, up to now; the disk isn't waited for. */
async function fill(): Promise<void> {
  const base = snapshotOf(anEvidence())
  const { pragma, queries, close } = await openDatabase(join(directory, "history.sqlite"))
  pragma("synchronous = off")
  const from = {
    ...base,
    run: { ...base.run, startedAt: new Date(Date.now() - audits * hourMs).toISOString() },
  }
  for (let target = 0; target < targets; target++) {
    const one = await prepared(named(from, `target ${target}`, hashOf(target)))
    if (one === null) throw new Error("not prepared")
    for (let n = 0; n < audits; n++) {
      const { startedAt } = again(from, n, hourMs).run
      const id = (target * audits + n).toString(16).padStart(8, "0")
      const status = statuses[(target + n) % statuses.length] ?? "ok"
      const seedersReached = (target + n) % 20
      await add(
        queries,
        { ...one, row: { ...one.row, id, startedAt, status, seedersReached } },
        limits.history,
      )
    }
  }
  close()
}

const timeOf = (args: readonly string[]): number => {
  const before = performance.now()
  const env = { ...process.env, XDG_STATE_HOME: home, LANG: "C.UTF-8" }
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" })
  if (status !== 0) throw new Error(`${args.join(" ")} exited ${status}: ${stderr}`)
  return performance.now() - before
}
const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

try {
  await fill()
  const list = [cli, "history"]
  const one = [cli, "history", hashOf(7).slice(0, 8)]
  timeOf(list)
  timeOf(one)
  const times = { list: [] as number[], one: [] as number[], empty: [] as number[] }
  for (let run = 0; run < runs; run++) {
    times.list.push(timeOf(list))
    times.one.push(timeOf(one))
    times.empty.push(timeOf(["-e", ""]))
  }
  const history = await openHistory(join(home, "other"))
  const large = largeSnapshot()
  const before = performance.now()
  await history.add(large)
  const addMs = performance.now() - before
  await history.close()
  record("history", {
    targets,
    audits: targets * audits,
    runs,
    listMedianMs: median(times.list),
    oneTargetMedianMs: median(times.one),
    emptyNodeMedianMs: median(times.empty),
    databaseMiB: statSync(join(directory, "history.sqlite")).size / 2 ** 20,
    large200PeersJsonKB: JSON.stringify(large).length / 1e3,
    large200PeersStoredKB: packed(large).length / 1e3,
    large200PeersAddMs: addMs,
  })
} finally {
  rmSync(home, { recursive: true })
}
