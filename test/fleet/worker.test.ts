/** A worker's life over a real file: what it takes, what it does with what goes wrong, and how it leaves. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { InputError } from "../../src/failure.ts"
import { take, type Auditor, type Audited } from "../../src/fleet/take.ts"
import { work, type WorkerEvent } from "../../src/fleet/worker.ts"
import { limits } from "../../src/limits.ts"
import { openFleet, type DueKey, type Fleet } from "../../src/store/fleet.ts"
import { historyIn } from "../../src/store/history/kept.ts"
import { aRun, anEvidence } from "../support/builders.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-worker-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const hash = (n: number): string => n.toString(16).padStart(40, "0")
const identity = { vantage: "ams", host: "here", pid: 1, version: "1" }
const dueAt = "2026-01-01T00:00:00.000Z"
const keyOf = (n: number): DueKey => ({ infoHash: hash(n), vantage: "ams", dueAt })

/** So many torrents that are all due. */
async function fleetOf(count: number): Promise<Fleet> {
  const fleet = await openFleet(folder)
  onTestFinished(() => fleet.close())
  await fleet.workers.enlist({ id: "earlier", ...identity })
  await fleet.targets.put(
    Array.from({ length: count }, (_, n) => ({
      infoHash: hash(n),
      name: `torrent ${n}`,
      source: { metainfo: new Uint8Array([n]) },
      flags: {},
      vantages: null,
      cron: "0 0 1 1 *",
    })),
  )
  await fleet.database.use((queries) => queries.updateTable("fleet_target").set({ next_at: dueAt }).execute())
  await fleet.due.plan()
  await fleet.database.use((queries) => queries.updateTable("due_audit").set({ run_at: dueAt }).execute())
  return fleet
}

let made = 0
function audited(): Audited {
  const run = aRun({ id: (++made).toString(16).padStart(8, "0"), startedAt: new Date().toISOString() })
  const labelled = { ...run, vantage: { ...run.vantage, label: "ams" } }
  return { kind: "audited", snapshot: snapshotOf(anEvidence({ run: labelled })) }
}
const failed = (isFinal: boolean): Audited => ({
  kind: "failed",
  error: new InputError("fetch-failed", "nobody there", "Try again."),
  isFinal,
})
const asking = (audit: Auditor["audit"], hosts: readonly string[] = []): Auditor => ({
  hostsOf: () => hosts,
  audit,
})

const states = ({ database }: Fleet) =>
  database.use(async (queries) => {
    const found = await queries.selectFrom("due_audit").selectAll().orderBy("info_hash").execute()
    return found.map(({ state, attempts }) => `${state} ${attempts}`)
  })

/** Works until so many have ended. */
async function worked(fleet: Fleet, auditor: Auditor, until: number, atOnce = 2): Promise<WorkerEvent[]> {
  const stop = new AbortController()
  const events: WorkerEvent[] = []
  const tell = (event: WorkerEvent) => {
    events.push(event)
    if (events.filter(({ type }) => type === "ended").length >= until) stop.abort()
  }
  await work(fleet, auditor, { ...identity, atOnce, tell }, stop.signal)
  return events
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))

describe("a worker", () => {
  it("audits whatever is due, so many at a time, and leaves nothing behind", async () => {
    const fleet = await fleetOf(7)
    let [running, most] = [0, 0]
    const auditor = asking(async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 20))
      running--
      return audited()
    })
    const events = await worked(fleet, auditor, 7, 3)
    expect(most).toBe(3)
    expect(await states(fleet)).toEqual(Array.from({ length: 7 }, () => "done 1"))
    const history = historyIn(fleet.database)
    for (let n = 0; n < 7; n++) expect(await history.audits(hash(n))).toHaveLength(1)
    expect(events.filter(({ type }) => type === "trouble")).toEqual([])
    const { vantages } = await fleet.status()
    expect(vantages.flatMap(({ workers }) => workers.map(({ id }) => id))).toEqual(["earlier"])
  })

  it("that is stopped ends its audits and puts them back, untried", async () => {
    const fleet = await fleetOf(2)
    const stop = new AbortController()
    const auditor = asking(async (_, __, signal) => {
      const ended = aborted(signal)
      stop.abort()
      await ended
      return { kind: "stopped" }
    })
    await work(fleet, auditor, { ...identity, atOnce: 2, tell: () => {} }, stop.signal)
    expect(await states(fleet)).toEqual(["waiting 0", "waiting 0"])
  })

  it("that was given up ends its audits, records none of them, and begins anew under another name", async () => {
    const fleet = await fleetOf(1)
    const stop = new AbortController()
    const events: WorkerEvent[] = []
    let rounds = 0
    const auditor = asking(async (_, __, signal) => {
      if (++rounds > 1) return audited()
      // Somebody gave it up: the next beat tells.
      const ended = aborted(signal)
      await fleet.database.use((queries) => queries.deleteFrom("fleet_worker").execute())
      const [row] = await fleet.database.use((queries) =>
        queries.selectFrom("due_audit").select("worker").execute(),
      )
      await fleet.due.putBack(keyOf(0), row?.worker ?? "", 0, false)
      await ended
      return audited()
    })
    const tell = (event: WorkerEvent) => {
      events.push(event)
      if (event.type === "ended") stop.abort()
    }
    await work(fleet, auditor, { ...identity, atOnce: 1, tell }, stop.signal)
    expect(events.map(({ type }) => type)).toEqual(["ready", "lost", "ready", "ended"])
    expect(await historyIn(fleet.database).audits(hash(0))).toHaveLength(1)
    expect(await states(fleet)).toEqual(["done 1"])
  })
})

describe("one due audit", () => {
  const lease = { worker: "me", stop: new AbortController().signal, isLost: () => false }

  it("that fails waits longer each time, and ends after the last try", async () => {
    const fleet = await fleetOf(1)
    const auditor = asking(async () => failed(false))
    const late: number[] = []
    for (let attempt = 1; attempt < limits.fleet.maxAttempts; attempt++) {
      const before = Date.now()
      expect((await take(keyOf(0), lease, fleet, auditor)).how).toBe("again")
      const [row] = await fleet.database.use((queries) =>
        queries.selectFrom("due_audit").select("run_at").execute(),
      )
      late.push(Date.parse(row?.run_at ?? "") - before - Math.floor(1_000 * Math.exp(attempt)))
    }
    expect(late).toHaveLength(limits.fleet.maxAttempts - 1)
    expect(late.filter((ms) => ms < 0 || ms > 5_000)).toEqual([])
    expect((await take(keyOf(0), lease, fleet, auditor)).how).toBe("failed")
    expect(await states(fleet)).toEqual([`failed ${limits.fleet.maxAttempts}`])
  })

  it("that can't be kept is tried as often, and says why", async () => {
    const fleet = await fleetOf(1)
    const record = () => Promise.reject(new InputError("cant-write", "too large", "Save it elsewhere."))
    const full = { ...fleet, due: { ...fleet.due, record } }
    const ends: string[] = []
    for (let attempt = 1; attempt <= limits.fleet.maxAttempts; attempt++)
      ends.push(
        (
          await take(
            keyOf(0),
            lease,
            full,
            asking(async () => audited()),
          )
        ).how,
      )
    expect(new Set(ends.slice(0, -1))).toEqual(new Set(["again"]))
    expect(ends.at(-1)).toBe("failed")
    const [row] = await fleet.database.use((queries) =>
      queries.selectFrom("due_audit").select("failure_code").execute(),
    )
    expect(row?.failure_code).toBe("cant-write")
  })

  it("that nothing can mend fails at once", async () => {
    const fleet = await fleetOf(1)
    expect(
      (
        await take(
          keyOf(0),
          lease,
          fleet,
          asking(async () => failed(true)),
        )
      ).how,
    ).toBe("failed")
    const [torrent] = (await fleet.status()).torrents
    expect(torrent?.views[0]?.failed).toMatchObject({ code: "fetch-failed", attempts: 1 })
  })

  it("that no worker lived to the end of is given up", async () => {
    const fleet = await fleetOf(1)
    for (let n = 0; n < limits.fleet.maxAttempts; n++) await fleet.due.begin(keyOf(0), "gone")
    const auditor = asking(() => Promise.reject(new Error("must not be called")))
    expect((await take(keyOf(0), lease, fleet, auditor)).how).toBe("failed")
    expect((await fleet.status()).torrents[0]?.views[0]?.failed?.code).toBe("worker-lost")
  })

  it("whose lease was lost meanwhile is neither recorded nor put back", async () => {
    const fleet = await fleetOf(1)
    const lost = { ...lease, isLost: () => true }
    const auditor = asking(async () => audited())
    await expect(take(keyOf(0), lost, fleet, auditor)).rejects.toThrow("the lease was lost")
    expect(await states(fleet)).toEqual(["running 1"])
    expect(await historyIn(fleet.database).audits(hash(0))).toEqual([])
  })

  it("waits in its place for its tracker's turn, or in the queue where that takes longer", async () => {
    const fleet = await fleetOf(2)
    const auditor = asking(async () => audited(), ["tracker.example"])
    expect((await take(keyOf(0), lease, fleet, auditor)).how).toBe("audited")
    const crowd = Math.ceil((2 * limits.fleet.maxTurnWaitMs) / limits.fleet.trackerSpacingMs)
    for (let n = 0; n < crowd; n++) await fleet.manners.turn(["tracker.example"])
    expect((await take(keyOf(1), lease, fleet, auditor)).how).toBe("later")
    expect(await states(fleet)).toEqual(["done 1", "waiting 0"])
    // Its turn was taken: it doesn't queue up once more.
    expect((await take(keyOf(1), lease, fleet, auditor)).how).toBe("audited")
  })
})
