/** The history and a fleet in a real PostgreSQL: everything that they do in a file. */
import { Client } from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { initPostgres } from "../../src/store/database/postgres-init.ts"
import { openFleet } from "../../src/store/fleet.ts"
import { openHistory } from "../../src/store/history.ts"
import { aRun, anEvidence } from "../support/builders.ts"
import { fleetContract } from "../support/fleet-contract.ts"
import { historyContract } from "../support/history-contract.ts"
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts"

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

describe("what a file does too", () => {
  const database = "kept"
  beforeAll(async () => {
    server.sql(`create database ${database}`)
    await initPostgres(server.url(database), null)
  })
  beforeEach(() => {
    server.sql(
      "truncate torrent_audit.target, torrent_audit.audit, torrent_audit.snapshot, torrent_audit.told cascade",
      database,
    )
  })
  historyContract(() => openHistory(server.url(database)))
})

describe("a fleet", () => {
  const database = "shared"
  beforeAll(async () => {
    server.sql(`create database ${database}`)
    await initPostgres(server.url(database), null)
  })
  beforeEach(() => {
    const names =
      "target audit snapshot fleet_target fleet_vantage fleet_worker due_audit standing tracker_answer tracker_turn"
    const tables = names.split(" ").map((name) => `torrent_audit.${name}`)
    server.sql(
      `truncate ${tables.join(", ")} cascade; delete from torrent_audit_jobs._private_jobs`,
      database,
    )
  })
  fleetContract(() => openFleet(server.url(database), { connections: 8 }))
})

describe("beside others", () => {
  const database = "beside"
  beforeAll(async () => {
    server.sql(`create database ${database}`)
    await initPostgres(server.url(database), null)
  })

  it("prune waits for who is recording, and forgets nothing of theirs", async () => {
    const history = await openHistory(server.url(database))
    const base = snapshotOf(anEvidence())
    const infoHash = base.torrent.infoHashV1 ?? ""
    await history.add({ ...base, run: aRun({ id: "00000001", startedAt: "2026-01-01T00:00:00.000Z" }) })
    const other = new Client({ connectionString: server.url(database) })
    await other.connect()
    const columns =
      "started_at, id, duration_ms, depth, complete, status, downloadable, seeders_reached, seeders_verified, leechers_reached, problems"
    await other.query("begin")
    await other.query("update torrent_audit.target set name = name")
    await other.query(
      `insert into torrent_audit.audit (info_hash, ${columns}) select info_hash, '2026-03-01T00:00:00.000Z', '00000002', ${columns
        .split(", ")
        .slice(2)
        .join(", ")} from torrent_audit.audit`,
    )
    const pruning = history.prune(new Date("2026-02-01T00:00:00.000Z"))
    const waits = `select count(*) from pg_stat_activity where datname = '${database}' and wait_event_type = 'Lock'`
    await expect.poll(() => server.sql(waits, database)).toBe("1")
    await other.query("commit")
    expect(await pruning).toBe(1)
    expect((await history.audits(infoHash)).map(({ id }) => id)).toEqual(["00000002"])
    await other.end()
    await history.close()
  })

  const hash = (n: number) => String(n).repeat(40)
  const dueAt = "2026-01-01T00:00:00.000Z"

  /** Four torrents that are due, and a worker. */
  async function withDue() {
    const tables = ["fleet_target", "fleet_worker", "due_audit"].map((name) => `torrent_audit.${name}`)
    server.sql(`truncate ${tables.join(", ")}; delete from torrent_audit_jobs._private_jobs`, database)
    const fleet = await openFleet(server.url(database))
    onTestFinished(() => fleet.close())
    await fleet.workers.enlist({ id: "one", vantage: "ams", host: "here", pid: 1, version: "1" })
    await fleet.targets.put(
      [1, 2, 3, 4].map((n) => ({
        infoHash: hash(n),
        name: `torrent ${n}`,
        source: { magnet: `magnet:?xt=urn:btih:${hash(n)}` },
        flags: {},
        vantages: null,
        cron: "0 * * * *",
      })),
    )
    server.sql(`update torrent_audit.fleet_target set next_at = '${dueAt}'`, database)
    await fleet.due.plan()
    return fleet
  }

  it("what is tried again is handed out again, whatever became of its job, and not before its time", async () => {
    const { due } = await withDue()
    const jobs = () =>
      server.sql(
        `select left(key, 1), attempts, round(extract(epoch from run_at - now()) / 10) from torrent_audit_jobs._private_jobs
          where key in ('${hash(1)}@ams', '${hash(2)}@ams') and locked_by is null order by key`,
        database,
      )
    for (const n of [1, 2]) await due.begin({ infoHash: hash(n), vantage: "ams", dueAt }, "one")
    server.sql(
      `delete from torrent_audit_jobs._private_jobs where key = '${hash(1)}@ams';
        update torrent_audit_jobs._private_jobs set locked_by = 'mine', locked_at = now()`,
      database,
    )
    for (const n of [1, 2])
      await due.retry(
        { infoHash: hash(n), vantage: "ams", dueAt },
        "one",
        { code: "x", message: "x" },
        40_000,
      )
    expect(jobs()).toBe("1|0|4\n2|0|4")
  })

  it("what a tracker answered holds, though two workers' clocks are minutes apart", async () => {
    const { manners } = await withDue()
    const answer = (askedMs: number) => ({
      announce: { ...anEvidence().trackers[0]?.announces[0] } as never,
      scrape: null,
      peers: [],
      port: 6881,
      askedAt: new Date(askedMs).toISOString(),
      notBefore: new Date(askedMs + 1_800_000).toISOString(),
    })
    const key = "a".repeat(40)
    onTestFinished(() => void vi.useRealTimers())
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 })
    const ahead = await manners.answers("ams", hash(1))
    ahead.remember(key, answer(Date.now()))
    await ahead.settled()
    const agoMs = async () =>
      Date.now() - Date.parse((await manners.answers("ams", hash(1))).recall(key)?.askedAt ?? "")
    expect(Math.abs(await agoMs())).toBeLessThan(60_000)
    vi.useRealTimers()
    expect(Math.abs(await agoMs())).toBeLessThan(60_000)
    const found = (await manners.answers("ams", hash(1))).recall(key)
    expect(Date.parse(found?.notBefore ?? "") - Date.parse(found?.askedAt ?? "")).toBe(1_800_000)
  })

  it("what a broken connection left locked for us is free after a while, but for what we are at", async () => {
    const fleet = await withDue()
    const lock = (n: number, by: string, age: string) =>
      `update torrent_audit_jobs._private_jobs set locked_by = '${by}', locked_at = now() - interval '${age}' where key = '${hash(n)}@ams'`
    const locks = [lock(1, "mine", "1 minute"), lock(2, "mine", "1 minute"), lock(3, "mine", "1 second")]
    server.sql([...locks, lock(4, "theirs", "1 minute")].join(";"), database)
    await fleet.workers.freeStrays(["mine"], [`${hash(2)}@ams`])
    const held =
      "select left(key, 1) from torrent_audit_jobs._private_jobs where locked_at is not null order by key"
    expect(server.sql(held, database).split("\n")).toEqual(["2", "3", "4"])
  })
})
