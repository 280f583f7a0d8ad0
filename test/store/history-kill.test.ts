/** kill -9, twenty times at any moment, while two processes write: what was called kept is kept, and nothing is kept by half. */
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout as pass } from "node:timers/promises"
import { rolldown } from "rolldown"
import { afterEach, beforeEach, expect, it } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { seededRandom } from "../../src/gather/random.ts"
import { limits } from "../../src/limits.ts"
import { openHistory } from "../../src/store/history.ts"
import { anEvidence } from "../support/builders.ts"
import { again } from "../support/kept-audits.ts"

const source = join(import.meta.dirname, "..", "support", "history-writer.ts")
const base = snapshotOf(anEvidence())
const infoHash = base.torrent.infoHashV1 ?? ""
const kills = 20
/** An audit takes about as long; and so does a start. */
const [withinAuditMs, withinStartMs] = [40, 250]

let folder: string
let writer: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-kill-"))
  writeFileSync(join(folder, "base.json"), JSON.stringify(base))
  // It starts two dozen times: as few files as the built command line has.
  const bundle = await rolldown({ input: source, platform: "node", logLevel: "silent" })
  await bundle.write({ dir: join(folder, "writer"), format: "esm", entryFileNames: "writer.mjs" })
  await bundle.close()
  writer = join(folder, "writer", "writer.mjs")
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Writer {
  child: ChildProcess
  /** Ids that `add` has returned for. */
  kept(): string[]
  /** Resolves when there is one. */
  atWork: Promise<void>
  errors(): string
}

function startWriter(n: number): Writer {
  const child = spawn(process.execPath, [writer, folder, join(folder, "base.json"), n.toString(16)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") },
  })
  let [out, err] = ["", ""]
  const { promise: atWork, resolve } = Promise.withResolvers<void>()
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text
    resolve()
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text))
  // A line that is whole was written after the audit was kept.
  return { child, atWork, kept: () => out.split("\n").slice(0, -1), errors: () => err }
}

/** Every audit in the database, read as users read it. */
async function found(most?: number): Promise<Set<string>> {
  const history = await openHistory(folder)
  const rows = await history.audits(infoHash)
  const expected: unknown[] = []
  const snapshots: unknown[] = []
  for (const [at, { id }] of rows.slice(0, most).entries()) {
    const snapshot = await history.snapshot(infoHash, id)
    // Of older ones the line alone may be left.
    if (snapshot === null && at >= limits.history.newestSnapshots) continue
    snapshots.push(snapshot)
    expected.push(again(base, Number.parseInt(id, 16)))
  }
  expect(snapshots).toEqual(expected)
  await history.close()
  return new Set(rows.map(({ id }) => id))
}

it("loses nothing, and no start after it is in the way", async () => {
  const chance = seededRandom("kill")
  const all: Writer[] = [startWriter(1), startWriter(2)]
  const alive = [...all]
  for (let kill = 0; kill < kills; kill++) {
    // Every fourth as it starts: the first of them while the database is being made.
    const starting = kill % 4 === 0
    const [victim] = alive.splice(starting ? 1 : 0, 1)
    if (victim === undefined) throw new Error("no writer")
    if (!starting) await victim.atWork
    await pass(chance.below(starting ? withinStartMs : withinAuditMs))
    expect(victim.errors()).toBe("")
    victim.child.kill("SIGKILL")
    await once(victim.child, "close")
    const next = startWriter(all.length + 1)
    alive.push(next)
    all.push(next)
    const rows = await found(2)
    expect(victim.kept().filter((id) => !rows.has(id))).toEqual([])
  }
  for (const { child } of alive) child.kill("SIGKILL")
  await Promise.all(alive.map(({ child }) => once(child, "close")))

  const kept = all.flatMap((one) => one.kept())
  const rows = await found()
  // Whoever was not killed as it started had kept one by then.
  expect(kept.length).toBeGreaterThanOrEqual((kills * 3) / 4)
  expect(kept.filter((id) => !rows.has(id))).toEqual([])
  const database = new DatabaseSync(join(folder, "history.sqlite"))
  expect(database.prepare("pragma integrity_check").all()).toEqual([{ integrity_check: "ok" }])
  database.close()
}, 60_000)
