/** Workers of a fleet as processes: whatever befalls them, every audit that was due is kept once. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Actor } from "../../src/demo/cast.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload } from "../../src/demo/payload.ts"
import { startDemoSwarm } from "../../src/demo/swarm.ts"
import { startWorker, type FleetWorker } from "../support/fleet-worker.ts"
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts"
import { runCli } from "../support/run-cli.ts"

const KiB = 1024
const torrents = 6
const seeders: Actor[] = ["first", "second"].map((name) => ({ name, lie: null }))

let server: PostgresServer
let folder: string
beforeAll(async () => {
  server = await startPostgres()
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-fleet-"))
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Defer = (undo: () => Promise<void>) => void
const manners = ["--pace", "lab", "--allow-local"]
const aside = ["--no-dht", "--no-pex", "--depth", "handshake"]

interface Due {
  infoHash: string
  state: string
  attempts: number
  worker: string | null
  auditId: string | null
}

/** Of one test alone: workers are peers in the swarms that they look at, and one that stands still is a peer that does. */
async function newSwarms(defer: Defer): Promise<{ torrents: string; trackerUrl: string }> {
  const place = mkdtempSync(join(folder, "torrents-"))
  let trackerUrl = ""
  for (let each = 0; each < torrents; each++) {
    const files = [{ path: ["x.bin"], sizeBytes: 512 * KiB }]
    const payload = createPayload({ name: `torrent-${each}`, seed: each + 1, pieceBytes: 64 * KiB, files })
    const swarm = await startDemoSwarm(loopbackNetwork(), { payload, cast: () => seeders, inflate: 1 })
    defer(() => swarm.stop())
    writeFileSync(join(place, `${each}.torrent`), swarm.torrentBytes)
    trackerUrl = swarm.trackerUrl
  }
  return { torrents: place, trackerUrl }
}

let databases = 0

/** All torrents, due when `fire` says so and not before. */
async function newFleet(defer: Defer, at: PostgresServer = server) {
  const { torrents: place, trackerUrl } = await newSwarms(defer)
  const database = `work_${++databases}`
  at.sql(`create database ${database}`)
  const store = ["--store", at.url(database)]
  expect((await runCli(["fleet", "init", ...store])).status).toBe(0)
  const add = await runCli(["fleet", "add", place, "--every", "0 0 1 1 *", ...aside, ...store])
  expect(add).toMatchObject({ status: 0, out: `Added ${torrents} torrents.\n` })
  /** The first column, a line for each row. The swarms live in this process: nothing here may keep them waiting. */
  const sql = async (text: string): Promise<string> => {
    const client = new Client({ connectionString: at.url(database) })
    await client.connect()
    try {
      const { rows } = await client.query<string[]>({ text, rowMode: "array" })
      return rows.map(([value]) => String(value)).join("\n")
    } finally {
      await client.end()
    }
  }
  const due = async (): Promise<Due[]> =>
    JSON.parse(
      await sql(`select coalesce(json_agg(json_build_object('infoHash', info_hash, 'state', state, 'attempts', attempts,
        'worker', worker, 'auditId', audit_id)), '[]')::text from torrent_audit.due_audit`),
    ) as Due[]
  const workers: FleetWorker[] = []
  return {
    database,
    trackerUrl,
    sql,
    due,
    /** As if the moment had come while nobody worked: all of them begin at once. */
    fire: () =>
      sql(`update torrent_audit.fleet_target
        set next_at = to_char(now() at time zone 'utc' - interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`),
    worker(...words: string[]): FleetWorker {
      const worker = startWorker(defer, ["--vantage", "ams", ...manners, ...words, ...store])
      workers.push(worker)
      return worker
    },
    /** Until what is due is so. */
    async until(what: (due: readonly Due[]) => boolean | Promise<boolean>): Promise<void> {
      while (!(await what(await due()))) {
        const dead = workers.find(({ isDead }) => isDead)
        if (dead !== undefined) throw new Error(`a worker died: ${dead.said}`)
        await sleep(200)
      }
    },
  }
}
type NewFleet = Awaited<ReturnType<typeof newFleet>>

const isDone = (count: number) => (due: readonly Due[]) =>
  due.length === count && due.every(({ state }) => state === "done")

/** Every audit that was due ended, and is in the store once. */
async function keptOnce({ sql, due }: NewFleet, firings: number): Promise<void> {
  const all = await due()
  expect(all.map(({ state }) => state)).toEqual(all.map(() => "done"))
  expect(all).toHaveLength(torrents * firings)
  const kept = await sql(
    "select info_hash || ' ' || id from torrent_audit.audit where vantage = 'ams' order by 1",
  )
  expect(kept.split("\n")).toEqual(all.map(({ infoHash, auditId }) => `${infoHash} ${auditId}`).toSorted())
  expect(await sql("select count(*) from torrent_audit.snapshot")).toBe(String(torrents * firings))
  expect(await sql("select count(*) from torrent_audit_jobs._private_jobs")).toBe("0")
  expect(await accusedIn(sql)).toBe("")
}

/** Peers and trackers that a report warns of. */
const accusedIn = (sql: NewFleet["sql"]): Promise<string> =>
  sql(`select distinct problem::text from torrent_audit.audit, json_array_elements(problems::json) as problem
    where problem->>1 ~ '^(peer|tracker):'`)

async function leaves(worker: FleetWorker): Promise<void> {
  worker.signal("SIGTERM")
  expect(await worker.ended).toBe(143)
}

describe.concurrent("workers", () => {
  it("of one vantage point share the work", async ({ onTestFinished: defer }) => {
    const fleet = await newFleet(defer)
    const workers = [fleet.worker("--at-once", "2"), fleet.worker("--at-once", "2")]
    await Promise.all(workers.map((worker) => worker.says(/ ready/)))
    await fleet.fire()
    await fleet.until(isDone(torrents))
    const due = await fleet.due()
    expect(new Set(due.map(({ worker }) => worker)).size).toBe(2)
    expect(due.map(({ attempts }) => attempts)).toEqual(due.map(() => 1))
    await keptOnce(fleet, 1)
    await Promise.all(workers.map(leaves))
    expect(await fleet.sql("select count(*) from torrent_audit.fleet_worker")).toBe("0")
  })

  it("that are told to leave put back what they had begun", async ({ onTestFinished: defer }) => {
    const fleet = await newFleet(defer)
    const first = fleet.worker("--at-once", String(torrents))
    await first.says(/ ready/)
    await fleet.fire()
    await fleet.until((due) => due.filter(({ state }) => state === "running").length === torrents)
    await leaves(first)
    const due = await fleet.due()
    expect(due.map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(due.map(() => "waiting 0"))
    expect(await fleet.sql("select count(*) from torrent_audit.fleet_worker")).toBe("0")
    const second = fleet.worker("--at-once", String(torrents))
    await fleet.until(isDone(torrents))
    await leaves(second)
    await keptOnce(fleet, 1)
  })

  it("whose connections break again and again live, and lose nothing", async ({ onTestFinished: defer }) => {
    const fleet = await newFleet(defer)
    // Nor do the first few ends of jobs come through.
    server.sql(
      `create sequence refusals; grant usage on refusals to public;
      create function refuse() returns trigger language plpgsql as $$ begin
        if nextval('refusals') <= 3 then raise 'gone' using errcode = '57P01'; end if; return old; end $$;
      create trigger refuse before delete on torrent_audit_jobs._private_jobs
        for each row execute function refuse()`,
      fleet.database,
    )
    const worker = fleet.worker("--at-once", "3")
    await worker.says(/ ready/)
    await fleet.fire()
    const cut = `select count(pg_terminate_backend(pid)) from pg_stat_activity
      where datname = '${fleet.database}' and application_name = 'torrent-audit'`
    let cuts = 0
    // As often as audits end: some of them in the middle of what they have to say to the database.
    await fleet.until(async (due) => {
      cuts += Number(await fleet.sql(cut)) > 0 ? 1 : 0
      return isDone(torrents)(due)
    })
    await leaves(worker)
    expect(cuts).toBeGreaterThan(5)
    expect(Number(await fleet.sql("select last_value from refusals"))).toBeGreaterThan(3)
    await keptOnce(fleet, 1)
  })

  it("that stand still for longer than their lease neither double nor lose", async ({
    onTestFinished: defer,
  }) => {
    const fleet = await newFleet(defer)
    const sleeper = fleet.worker("--at-once", "1")
    await sleeper.says(/ ready/)
    await fleet.fire()
    await fleet.until((due) => due.some(({ state }) => state === "running"))
    sleeper.signal("SIGSTOP")
    const held = (await fleet.due()).filter(({ state }) => state === "running")
    const other = fleet.worker("--at-once", "3")
    await fleet.until(isDone(torrents))
    const again = (await fleet.due()).filter(({ attempts }) => attempts > 1)
    expect(again.map(({ infoHash }) => infoHash).toSorted()).toEqual(
      held.map(({ infoHash }) => infoHash).toSorted(),
    )
    sleeper.signal("SIGCONT")
    await sleeper.says(/the lease was lost/)
    // Under another name.
    await sleeper.says(/ ready/, 2)
    await keptOnce(fleet, 1)
    await fleet.fire()
    await fleet.until(isDone(2 * torrents))
    await Promise.all([sleeper, other].map(leaves))
    await keptOnce(fleet, 2)
    expect(await fleet.sql("select count(*) from torrent_audit.fleet_worker")).toBe("0")
  }, 240_000)

  it("outlive a database that is away for longer than their lease, and begin anew what they were at", async ({
    onTestFinished: defer,
  }) => {
    const own = await startPostgres()
    defer(() => own.stop())
    const fleet = await newFleet(defer, own)
    const worker = fleet.worker("--at-once", "2")
    await fleet.fire()
    await fleet.until((due) => due.some(({ state }) => state === "running"))
    await own.restart("immediate", 75_000)
    await fleet.until(isDone(torrents))
    await keptOnce(fleet, 1)
    expect(worker.said).toContain("the lease was lost")
    await leaves(worker)
  }, 300_000)

  it("tell of a torrent that nobody has, once, and go on", async ({ onTestFinished: defer }) => {
    const fleet = await newFleet(defer)
    const link = `magnet:?xt=urn:btih:${"1".repeat(40)}&dn=nobody&tr=${encodeURIComponent(fleet.trackerUrl)}`
    const words = [
      link,
      "--every",
      "0 0 1 1 *",
      "--timeout",
      "5s",
      ...aside,
      "--store",
      server.url(fleet.database),
    ]
    expect((await runCli(["fleet", "add", ...words])).status).toBe(0)
    await fleet.fire()
    const worker = fleet.worker("--at-once", "4")
    await fleet.until((due) => due.filter(({ state }) => state === "done").length === torrents)
    await fleet.until((due) => due.some(({ state }) => state === "failed"))
    await leaves(worker)
    expect(worker.said).toMatch(/ failed torrent="nobody" [^\n]*because="[^\n]*no peer sent metadata/)
    const status = await runCli(["fleet", "status", "--json", "--store", server.url(fleet.database)])
    expect(status.out).toContain('"no-metadata"')
  })

  it("without a database there is room for one, that works to a schedule", async ({
    onTestFinished: defer,
  }) => {
    const home = mkdtempSync(join(folder, "home-"))
    const { torrents: place } = await newSwarms(defer)
    const run = (...words: string[]) => runCli(["fleet", ...words], { env: { XDG_STATE_HOME: home } })
    expect((await run("add", join(place, "0.torrent"), "--every", "* * * * *", ...aside)).status).toBe(0)
    const words = ["--vantage", "home", ...manners]
    const worker = startWorker(defer, words, home)
    await worker.says(/ ready/)
    const { status, err } = await run("worker", ...words)
    expect(err).toMatch(
      new RegExp(`^error\\[locked\\]: [^\\n]*pid ${worker.pid}[^\\n]*\\n {2}hint: [^\\n]+\\n$`),
    )
    expect(status).toBe(3)
    await worker.says(/ [a-z]+ torrent="torrent-0"/)
    await leaves(worker)
    expect((await run("status")).out).toMatch(/torrent-0/)
    const history = await runCli(["history", "torrent-0", "--json"], { env: { XDG_STATE_HOME: home } })
    const { audits } = JSON.parse(history.out) as { audits: { vantage: string }[] }
    expect(audits.map(({ vantage }) => vantage)).toEqual(["home"])
    // The place is free again.
    const next = startWorker(defer, words, home)
    await next.says(/ ready/)
    await leaves(next)
  })
})
