/** The history and a fleet in a real PostgreSQL: everything that they do in a file. */
import { Client } from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
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

  it("what a broken connection left locked for us is free after a while, but for what we are at", async () => {
    const fleet = await openFleet(server.url(database))
    await fleet.workers.enlist({ id: "one", vantage: "ams", host: "here", pid: 1, version: "1" })
    const hash = (n: number) => String(n).repeat(40)
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
    server.sql("update torrent_audit.fleet_target set next_at = '2026-01-01T00:00:00.000Z'", database)
    await fleet.due.plan()
    const lock = (n: number, by: string, age: string) =>
      `update torrent_audit_jobs._private_jobs set locked_by = '${by}', locked_at = now() - interval '${age}' where key = '${hash(n)}@ams'`
    const locks = [lock(1, "mine", "1 minute"), lock(2, "mine", "1 minute"), lock(3, "mine", "1 second")]
    server.sql([...locks, lock(4, "theirs", "1 minute")].join(";"), database)
    await fleet.workers.freeStrays(["mine"], [`${hash(2)}@ams`])
    const held =
      "select left(key, 1) from torrent_audit_jobs._private_jobs where locked_at is not null order by key"
    expect(server.sql(held, database).split("\n")).toEqual(["2", "3", "4"])
    await fleet.close()
  })
})
