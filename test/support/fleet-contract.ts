/** What a fleet does, whatever database it is in. */
import { describe, expect, it, onTestFinished } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { limits } from "../../src/limits.ts"
import type { Snapshot } from "../../src/report.ts"
import { historyIn } from "../../src/store/history/kept.ts"
import type { DueKey, Fleet, FleetTarget } from "../../src/store/fleet.ts"
import { aRun, anEvidence } from "./builders.ts"

const minuteMs = 60_000
const hash = (n: number): string => n.toString(16).padStart(40, "0")
const aTarget = (n: number, more: Partial<FleetTarget> = {}): FleetTarget => ({
  infoHash: hash(n),
  name: `torrent ${n}`,
  source: { metainfo: new Uint8Array([100, n, 101]) },
  flags: {},
  vantages: null,
  cron: "0 */6 * * *",
  ...more,
})
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()

function aSnapshot(id: string, vantage: string, startedAt = ago(0)): Snapshot {
  const run = aRun({ id, startedAt })
  return snapshotOf(anEvidence({ run: { ...run, vantage: { ...run.vantage, label: vantage } } }))
}

/** `open`: one and the same, empty at the beginning of each test. */
export function fleetContract(open: () => Promise<Fleet>): void {
  async function opened(...vantages: string[]): Promise<Fleet> {
    const fleet = await open()
    onTestFinished(() => fleet.close())
    for (const vantage of vantages)
      await fleet.workers.enlist({ id: `worker of ${vantage}`, vantage, host: "here", pid: 1, version: "1" })
    return fleet
  }

  const dueSince = ({ database }: Fleet, at: string) =>
    database.use((queries) => queries.updateTable("fleet_target").set({ next_at: at }).execute())

  const rows = ({ database }: Fleet) =>
    database.use((queries) =>
      queries
        .selectFrom("due_audit")
        .selectAll()
        .orderBy("info_hash")
        .orderBy("vantage")
        .orderBy("due_at")
        .execute(),
    )

  /** Due for ten minutes, and nobody's yet. */
  async function withDue(
    vantages: readonly string[],
    ...targets: FleetTarget[]
  ): Promise<{ fleet: Fleet; dueAt: string }> {
    const fleet = await opened(...vantages)
    await fleet.targets.put(targets)
    const dueAt = ago(10 * minuteMs)
    await dueSince(fleet, dueAt)
    await fleet.due.plan()
    return { fleet, dueAt }
  }

  const keyOf = (n: number, vantage: string, dueAt: string): DueKey => ({ infoHash: hash(n), vantage, dueAt })

  describe("targets", () => {
    it("are added once, and changed when they are added again", async () => {
      const fleet = await opened("ams")
      expect(await fleet.targets.put([aTarget(1), aTarget(2)])).toBe(2)
      const flags = { "min-seeders": ["3"], strict: true as const }
      expect(await fleet.targets.put([aTarget(2, { cron: "5 * * * *", flags }), aTarget(3)])).toBe(1)
      expect(await fleet.targets.list()).toEqual([
        { infoHash: hash(1), name: "torrent 1", cron: "0 */6 * * *" },
        { infoHash: hash(2), name: "torrent 2", cron: "5 * * * *" },
        { infoHash: hash(3), name: "torrent 3", cron: "0 */6 * * *" },
      ])
      const dueAt = ago(minuteMs)
      await dueSince(fleet, dueAt)
      await fleet.due.plan()
      const begun = await fleet.due.begin(keyOf(2, "ams", dueAt), "worker of ams")
      expect(begun?.target).toEqual({
        ...aTarget(2, { cron: "5 * * * *", flags }),
        source: { metainfo: Buffer.from([100, 2, 101]) },
      })
    })

    it("are next due by their expression, in UTC", async () => {
      const fleet = await opened()
      await fleet.targets.put([aTarget(1, { cron: "17 4 * * *" })])
      const { torrents } = await fleet.status()
      await fleet.workers.enlist({ id: "one", vantage: "ams", host: "here", pid: 1, version: "1" })
      const [view] = (await fleet.status()).torrents[0]?.views ?? []
      expect(torrents[0]?.views).toEqual([])
      expect(view?.nextDueAt).toMatch(/T04:17:00\.000Z$/)
      expect(Date.parse(view?.nextDueAt ?? "")).toBeGreaterThan(Date.now())
    })

    it("that are added again as they were miss nothing that was due", async () => {
      const fleet = await opened("ams")
      const nextOf = () =>
        fleet.database.use((queries) =>
          queries.selectFrom("fleet_target").select(["info_hash", "next_at"]).orderBy("info_hash").execute(),
        )
      await fleet.targets.put([aTarget(1), aTarget(2)])
      await dueSince(fleet, ago(minuteMs))
      const [due] = await nextOf()
      await fleet.targets.put([aTarget(1), aTarget(2, { cron: "0 */3 * * *" })])
      const [same, other] = await nextOf()
      expect(same?.next_at).toBe(due?.next_at)
      expect(Date.parse(String(other?.next_at))).toBeGreaterThan(Date.now())
    })

    it("whose place is dismissed are due elsewhere alone; one that would be due nowhere keeps it", async () => {
      const fleet = await opened("ams", "fra")
      await fleet.targets.put([aTarget(1, { vantages: ["ams", "fra"] })])
      await fleet.workers.dismiss(["fra"])
      await dueSince(fleet, ago(minuteMs))
      await fleet.due.plan()
      expect((await rows(fleet)).map(({ vantage }) => vantage)).toEqual(["ams"])
      await expect(fleet.workers.dismiss(["ams"])).rejects.toThrow(/1 of the fleet's torrents/)
      expect((await fleet.status()).vantages.map(({ label }) => label)).toEqual(["ams"])
    })

    it("that are removed are due no more; what was found stays", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1), aTarget(2))
      await fleet.due.begin(keyOf(1, "ams", dueAt), "worker of ams")
      await fleet.due.record(keyOf(1, "ams", dueAt), aSnapshot("00000001", "ams"))
      expect([await fleet.targets.remove(hash(1)), await fleet.targets.remove(hash(2))]).toEqual([true, true])
      expect(await fleet.targets.remove(hash(9))).toBe(false)
      expect(await fleet.due.begin(keyOf(2, "ams", dueAt), "worker of ams")).toBeNull()
      expect(await historyIn(fleet.database).audits(hash(1))).toHaveLength(1)
      expect((await fleet.status()).torrents).toEqual([])
    })
  })

  describe("what is due", () => {
    it("is due once from each vantage point, or from those that the target names", async () => {
      const { fleet, dueAt } = await withDue(["ams", "fra"], aTarget(1), aTarget(2, { vantages: ["nyc"] }))
      expect(
        (await rows(fleet)).map((row) => [row.info_hash, row.vantage, row.due_at, row.state, row.attempts]),
      ).toEqual([
        [hash(1), "ams", dueAt, "waiting", 0],
        [hash(1), "fra", dueAt, "waiting", 0],
        [hash(2), "nyc", dueAt, "waiting", 0],
      ])
    })

    it("is not due twice while it waits or runs, and of missed moments one is made up for", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1, { cron: "* * * * *" }))
      expect(await fleet.due.plan()).toBe(0)
      await dueSince(fleet, ago(minuteMs))
      expect(await fleet.due.plan()).toBe(1)
      await fleet.due.begin(keyOf(1, "ams", dueAt), "worker of ams")
      await dueSince(fleet, ago(minuteMs))
      await fleet.due.plan()
      expect((await rows(fleet)).map(({ due_at }) => due_at)).toEqual([dueAt])
      await fleet.due.record(keyOf(1, "ams", dueAt), aSnapshot("00000001", "ams"))
      const later = ago(0)
      await dueSince(fleet, later)
      await fleet.due.plan()
      expect((await rows(fleet)).map(({ due_at, state }) => [due_at, state])).toEqual([
        [dueAt, "done"],
        [later, "waiting"],
      ])
    })

    it("waits for somebody to look from anywhere", async () => {
      const fleet = await opened()
      await fleet.targets.put([aTarget(1)])
      await dueSince(fleet, ago(minuteMs))
      expect(await fleet.due.plan()).toBe(0)
      await fleet.workers.enlist({ id: "one", vantage: "ams", host: "here", pid: 1, version: "1" })
      expect(await fleet.due.plan()).toBe(1)
    })

    it("that was damaged keeps nobody else from being due, nor does a moment that comes twice", async () => {
      const fleet = await opened("ams")
      await fleet.targets.put([1, 2, 3, 4].map((n) => aTarget(n)))
      const dueAt = ago(minuteMs)
      await dueSince(fleet, dueAt)
      const damage = (n: number, columns: { cron?: string; vantages?: string }) =>
        fleet.database.use((queries) =>
          queries.updateTable("fleet_target").set(columns).where("info_hash", "=", hash(n)).execute(),
        )
      await damage(1, { cron: "bad cron" })
      await damage(2, { vantages: "[" })
      await fleet.due.plan()
      await fleet.due.begin(keyOf(3, "ams", dueAt), "worker of ams")
      await fleet.due.record(keyOf(3, "ams", dueAt), aSnapshot("00000001", "ams"))
      await dueSince(fleet, dueAt)
      await fleet.due.plan()
      expect((await rows(fleet)).map(({ info_hash, state }) => [info_hash, state])).toEqual([
        [hash(3), "done"],
        [hash(4), "waiting"],
      ])
    })

    it("begins over a tenth of the period, ten minutes at most, each target at its own moment", async () => {
      const targets = Array.from({ length: 50 }, (_, n) =>
        aTarget(n, { cron: n < 25 ? "* * * * *" : "0 0 1 * *" }),
      )
      const { fleet, dueAt } = await withDue(["ams"], ...targets)
      const late = (await rows(fleet)).map(({ run_at }) => Date.parse(run_at) - Date.parse(dueAt))
      const [often, seldom] = [late.slice(0, 25), late.slice(25)]
      // From ten minutes ago to the next full minute.
      expect(Math.max(...often)).toBeLessThan(0.1 * 11 * minuteMs)
      expect(Math.max(...seldom)).toBeLessThanOrEqual(10 * minuteMs)
      expect(Math.max(...seldom)).toBeGreaterThan(5 * minuteMs)
      expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
      expect(new Set(late).size).toBeGreaterThan(40)
    })

    it("is recorded once, whoever comes second; with its snapshot or not at all", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1))
      const key = keyOf(1, "ams", dueAt)
      expect(await fleet.due.begin(key, "worker of ams")).toMatchObject({ attempt: 1, hasTurn: false })
      expect(await fleet.due.record(key, aSnapshot("00000001", "ams"))).toBe(true)
      expect(await fleet.due.record(key, aSnapshot("00000002", "ams", ago(1)))).toBe(false)
      expect(await fleet.due.begin(key, "worker of ams")).toBeNull()
      const history = historyIn(fleet.database)
      expect((await history.audits(hash(1))).map(({ id, vantage }) => [id, vantage])).toEqual([
        ["00000001", "ams"],
      ])
      expect((await history.snapshot(hash(1), "00000001"))?.run.id).toBe("00000001")
      expect((await rows(fleet)).map(({ state, audit_id }) => [state, audit_id])).toEqual([
        ["done", "00000001"],
      ])
    })

    it("that is recorded by many at once is in the store once", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1))
      const key = keyOf(1, "ams", dueAt)
      await fleet.due.begin(key, "worker of ams")
      const told = await Promise.all(
        Array.from({ length: 8 }, (_, n) => fleet.due.record(key, aSnapshot(`0000000${n}`, "ams", ago(n)))),
      )
      expect(told.filter(Boolean)).toHaveLength(1)
      expect(await historyIn(fleet.database).audits(hash(1))).toHaveLength(1)
    })

    it("that failed waits, and says why; that fails for good ends", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1), aTarget(2))
      const reason = { code: "no-metadata", message: "nobody\0 had it" }
      for (const n of [1, 2]) await fleet.due.begin(keyOf(n, "ams", dueAt), "worker of ams")
      await fleet.due.retry(keyOf(1, "ams", dueAt), "worker of ams", reason, 5_000)
      await fleet.due.fail(keyOf(2, "ams", dueAt), "worker of ams", reason)
      expect((await rows(fleet)).map((row) => [row.state, row.failure_code, row.failure_message])).toEqual([
        ["waiting", "no-metadata", "nobody had it"],
        ["failed", "no-metadata", "nobody had it"],
      ])
      expect(await fleet.due.begin(keyOf(1, "ams", dueAt), "worker of ams")).toMatchObject({ attempt: 2 })
      expect(await fleet.due.begin(keyOf(2, "ams", dueAt), "worker of ams")).toBeNull()
      const [first, second] = (await fleet.status()).torrents
      expect(first?.views[0]?.failed).toBeNull()
      expect(second?.views[0]?.failed).toEqual({
        dueAt,
        attempts: 1,
        code: "no-metadata",
        message: "nobody had it",
      })
      expect((await fleet.status()).queue).toMatchObject({ waiting: 0, running: 1, failedLastDay: 1 })
    })

    it("that is put back has not been tried, and keeps its turn", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1))
      const key = keyOf(1, "ams", dueAt)
      await fleet.due.begin(key, "worker of ams")
      await fleet.due.putBack(key, "worker of ams", 60_000, true)
      expect(await fleet.due.waiting("ams", 10)).toEqual([])
      expect(await fleet.due.begin(key, "worker of ams")).toMatchObject({ attempt: 1, hasTurn: true })
    })
  })

  describe("whose it is", () => {
    it("who lives keeps what it is at; of others nothing is put back, retried or failed", async () => {
      const { fleet, dueAt } = await withDue(["ams", "fra"], aTarget(1))
      const key = keyOf(1, "ams", dueAt)
      await fleet.due.begin(key, "worker of ams")
      expect(await fleet.due.begin(key, "worker of fra")).toBeNull()
      const before = await rows(fleet)
      await fleet.due.putBack(key, "worker of fra", 0, false)
      await fleet.due.retry(key, "worker of fra", { code: "x", message: "x" }, 0)
      await fleet.due.fail(key, "worker of fra", { code: "x", message: "x" })
      expect(await rows(fleet)).toEqual(before)
      expect(await fleet.due.begin(key, "worker of ams")).toMatchObject({ attempt: 2 })
    })

    it("that runs elsewhere is kept, though its target was removed and another place finds that out", async () => {
      const { fleet, dueAt } = await withDue(["ams", "fra"], aTarget(1))
      const [ams, fra] = [keyOf(1, "ams", dueAt), keyOf(1, "fra", dueAt)]
      for (const [key, worker] of [
        [ams, "worker of ams"],
        [fra, "worker of fra"],
      ] as const)
        await fleet.due.begin(key, worker)
      await fleet.targets.remove(hash(1))
      expect(await fleet.due.begin(fra, "worker of fra")).toBeNull()
      expect(await fleet.due.record(ams, aSnapshot("00000001", "ams"))).toBe(true)
    })

    it("an answer that was lost, and so is asked for twice, changes nothing more", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1), aTarget(2))
      const [one, two] = [keyOf(1, "ams", dueAt), keyOf(2, "ams", dueAt)]
      for (const key of [one, two]) await fleet.due.begin(key, "worker of ams")
      const snapshot = aSnapshot("00000001", "ams")
      expect([await fleet.due.record(one, snapshot), await fleet.due.record(one, snapshot)]).toEqual([
        true,
        true,
      ])
      for (let n = 0; n < 3; n++) await fleet.due.putBack(two, "worker of ams", 0, false)
      expect((await rows(fleet)).map(({ state, attempts }) => [state, attempts])).toEqual([
        ["done", 1],
        ["waiting", 0],
      ])
      expect(await historyIn(fleet.database).audits(hash(1))).toHaveLength(1)
    })

    it("a turn that passed while nobody took it is none", async () => {
      const { fleet, dueAt } = await withDue(["ams"], aTarget(1))
      const key = keyOf(1, "ams", dueAt)
      await fleet.due.begin(key, "worker of ams")
      await fleet.due.putBack(key, "worker of ams", -2 * limits.fleet.turnHoldsMs, true)
      expect(await fleet.due.begin(key, "worker of ams")).toMatchObject({ hasTurn: false })
    })
  })

  describe("workers", () => {
    it("that are unseen for a while lose what they were at, and nobody else does", async () => {
      const { fleet, dueAt } = await withDue(["ams", "fra"], aTarget(1))
      for (const vantage of ["ams", "fra"])
        await fleet.due.begin(keyOf(1, vantage, dueAt), `worker of ${vantage}`)
      await fleet.database.use((queries) =>
        queries
          .updateTable("fleet_worker")
          .set({ seen_at: ago(2 * limits.fleet.leaseMs) })
          .where("id", "=", "worker of ams")
          .execute(),
      )
      // A PostgreSQL that is younger than a lease could hear nobody before.
      const young = fleet.database.kind === "postgres" ? await fleet.workers.giveUpLost() : 0
      expect([young, await fleet.workers.giveUpLost(1_000)]).toEqual([0, 1])
      expect(await fleet.workers.beat("worker of ams", [])).toBe(false)
      expect(await fleet.workers.beat("worker of fra", [])).toBe(true)
      expect((await rows(fleet)).map(({ vantage, state, worker }) => [vantage, state, worker])).toEqual([
        ["ams", "waiting", null],
        ["fra", "running", "worker of fra"],
      ])
      expect(await fleet.due.begin(keyOf(1, "ams", dueAt), "another")).toMatchObject({ attempt: 2 })
    })

    it("and vantage points are on the list, with what they do", async () => {
      const { fleet, dueAt } = await withDue(["ams", "fra"], aTarget(1), aTarget(2))
      await fleet.due.begin(keyOf(1, "ams", dueAt), "worker of ams")
      const { vantages, queue } = await fleet.status()
      expect(vantages).toMatchObject([
        {
          label: "ams",
          lastAuditAt: null,
          auditsLastDay: 0,
          workers: [{ host: "here", pid: 1, alive: true, running: 1 }],
        },
        { label: "fra", workers: [{ running: 0 }] },
      ])
      expect(queue).toMatchObject({ waiting: 3, running: 1, retrying: 0, doneLastDay: 0 })
      expect([...(await fleet.workers.living())]).toEqual([
        ["ams", 1],
        ["fra", 1],
      ])
      await fleet.workers.leave("worker of fra")
      expect((await fleet.workers.living()).get("fra")).toBe(0)
      // One that was killed there, whom nobody has missed yet.
      await fleet.due.begin(keyOf(1, "fra", dueAt), "worker of fra")
      await fleet.workers.dismiss(["fra"])
      expect((await fleet.status()).vantages.map(({ label }) => label)).toEqual(["ams"])
      expect((await rows(fleet)).map(({ vantage }) => vantage)).toEqual(["ams", "ams"])
    })
  })

  describe("manners", () => {
    it("a tracker's host is asked by one after the other, whoever asks", async () => {
      const fleet = await opened()
      const turns = await Promise.all(
        Array.from({ length: 5 }, () => fleet.manners.turn(["a.example", "b.example"])),
      )
      const sorted = turns.toSorted((a, b) => a - b)
      const gaps = sorted.slice(1).map((each, n) => each - (sorted[n] ?? 0))
      // Each also counts from its own moment of asking.
      for (const gap of gaps) expect(gap).toBeGreaterThan(0)
      expect(sorted.at(-1)).toBeGreaterThan(2 * limits.fleet.trackerSpacingMs)
      expect(await fleet.manners.turn(["c.example"])).toBe(0)
      expect(await fleet.manners.turn([])).toBe(0)
    })

    it("what a tracker answered one worker, the others of its place know", async () => {
      const fleet = await opened()
      const answer = {
        announce: { ...anEvidence().trackers[0]?.announces[0] } as never,
        scrape: null,
        peers: ["192.0.2.7:6881"],
        port: 6881,
        askedAt: ago(0),
        notBefore: ago(-30 * minuteMs),
      }
      const mine = await fleet.manners.answers("ams", hash(1))
      mine.remember("a".repeat(40), answer)
      await mine.settled()
      expect((await fleet.manners.answers("ams", hash(1))).recall("a".repeat(40))).toEqual(answer)
      expect((await fleet.manners.answers("fra", hash(1))).recall("a".repeat(40))).toBeNull()
      expect((await fleet.manners.answers("ams", hash(2))).recall("a".repeat(40))).toBeNull()
      await fleet.manners.tidy()
      expect((await fleet.manners.answers("ams", hash(1))).recall("a".repeat(40))).toEqual(answer)
    })

    it("all have one key", async () => {
      const fleet = await opened()
      const [one, other] = [await fleet.manners.redactionKey(), await fleet.manners.redactionKey()]
      expect(one).toEqual(other)
      expect(one.length).toBe(32)
    })
  })

  describe("the status", () => {
    it("has of each torrent and place the newest audit, the one a day before and the week", async () => {
      const { fleet } = await withDue(["ams", "fra"], aTarget(1))
      const hourMs = 60 * minuteMs
      const history = historyIn(fleet.database)
      const at = (hours: number, id: string, vantage: string) => {
        const snapshot = aSnapshot(id, vantage, ago(hours * hourMs))
        return history.add({ ...snapshot, torrent: { ...snapshot.torrent, infoHashV1: hash(1) } })
      }
      await at(300, "00000001", "ams")
      await at(30, "00000002", "ams")
      await at(26, "00000003", "ams")
      await at(2, "00000004", "ams")
      await at(1, "00000005", "ams")
      // Recorded last, of an earlier moment.
      await at(28, "00000006", "ams")
      const [torrent] = (await fleet.status()).torrents
      const [ams, fra] = torrent?.views ?? []
      expect([ams?.vantage, ams?.newest?.id, ams?.dayBefore?.id, ams?.audits]).toEqual([
        "ams",
        "00000005",
        "00000003",
        6,
      ])
      expect(ams?.recent.length).toBeGreaterThanOrEqual(2)
      expect([fra?.vantage, fra?.newest, fra?.dayBefore, fra?.recent, fra?.audits]).toEqual([
        "fra",
        null,
        null,
        [],
        0,
      ])
      await at(100, "00000007", "fra")
      expect((await fleet.status()).vantages).toMatchObject([
        { label: "ams", auditsLastDay: 2 },
        { label: "fra", auditsLastDay: 0, lastAuditAt: expect.any(String) as string },
      ])
      await history.prune(new Date(Date.now() - 50 * hourMs))
      expect((await fleet.status()).vantages.map(({ lastAuditAt }) => lastAuditAt !== null)).toEqual([
        true,
        false,
      ])
    })
  })
}
