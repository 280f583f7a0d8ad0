/** The fleet's commands as a user types them, against a real PostgreSQL: what they make, what they refuse, and what they say then. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { errorStatus } from "../../src/commands/exit-status.ts"
import type { Actor } from "../../src/demo/cast.ts"
import { createPayload } from "../../src/demo/payload.ts"
import { openFleet } from "../../src/store/fleet.ts"
import { stateDirectory } from "../../src/store/state.ts"
import { startPostgres, type PostgresServer } from "../support/postgres-server.ts"
import { runCli, type Ran } from "../support/run-cli.ts"
import { swarmFor } from "../support/swarm.ts"

/** As test/support/postgres-server.ts has it: nobody may read it anywhere. */
const password = "not-a-secret"
/** Nobody is asked anything here. */
const tracker = ["http://127.0.0.1:1/announce"]
const torrentCalled = (name: string, trackers: readonly string[] = tracker): Uint8Array =>
  createPayload({ name, files: [{ path: ["x.bin"], sizeBytes: 1_000 }] }).torrentBytes(trackers)

const seeders: Actor[] = ["first", "second", "third"].map((name) => ({ name, lie: null }))

let server: PostgresServer
let folder: string
let databases = 0
beforeAll(async () => {
  server = await startPostgres()
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-fleet-"))
  for (const role of ["worker", "outsider", "maker"])
    server.sql(`create role ${role} login password '${password}'`)
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

function newDatabase(): string {
  const name = `fleet_${++databases}`
  server.sql(`create database ${name}`)
  return name
}

async function madeDatabase(): Promise<string> {
  const name = newDatabase()
  fine(await runCli(["fleet", "init", "--store", server.url(name)]))
  return name
}

const schemasIn = (database: string): string[] =>
  server
    .sql("select nspname from pg_namespace where nspname like 'torrent_audit%' order by 1", database)
    .split("\n")
    .filter((line) => line !== "")

function fine(ran: Ran): string {
  expect(ran).toMatchObject({ status: 0, err: "" })
  expect(ran.out).not.toContain(password)
  return ran.out
}

/** One clear error, with what helps, and nothing else. */
function refused({ status, out, err }: Ran, code: string, because: RegExp): void {
  expect(err).toMatch(/^error\[[a-z-]+\]: [^\n]+\n {2}hint: [^\n]+\n$/)
  expect(err.slice(0, err.indexOf(":"))).toBe(`error[${code}]`)
  expect(err).toMatch(because)
  expect(out).toBe("")
  expect(err).not.toContain(password)
  expect(status).toBe(errorStatus(code))
}

describe("fleet init", () => {
  it("makes the tables, and leaves what is there as it is", async () => {
    const database = newDatabase()
    const init = ["fleet", "init", "--store", server.url(database)]
    expect(fine(await runCli(init))).toBe(`The tables of torrent-audit in ${database} were made.\n`)
    const key = () => server.sql("select value from torrent_audit.setting", database)
    const first = key()
    expect(fine(await runCli(init))).toBe(`The tables of torrent-audit in ${database} are up to date.\n`)
    expect(key()).toBe(first)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(schemasIn(database)).toEqual(["torrent_audit", "torrent_audit_jobs"])
  })

  it("three at once make them once", async () => {
    const database = newDatabase()
    const runs = await Promise.all(
      [1, 2, 3].map(() => runCli(["fleet", "init", "--store", server.url(database)])),
    )
    const said = runs.map((ran) => fine(ran).replace(/^.* (were made|are up to date)\.\n$/, "$1")).toSorted()
    expect(said).toEqual(["are up to date", "are up to date", "were made"])
    expect(server.sql("select count(*) from torrent_audit.schema_version", database)).toBe("1")
  })

  it("--role: it may audit, and neither make, alter nor empty a table", async () => {
    const database = newDatabase()
    const out = fine(await runCli(["fleet", "init", "--store", server.url(database), "--role", "worker"]))
    expect(out).toContain("worker may run workers")
    const store = ["--store", server.url(database, "worker")]
    const words = ["fleet", "add", "0".repeat(40), "--every", "1h"]
    refused(await runCli([...words, ...store]), "no-store", /permission denied for table fleet_target/)
    fine(await runCli([...words, "--store", server.url(database)]))
    expect(fine(await runCli(["fleet", "status", ...store]))).toContain("1 not audited yet")
    refused(
      await runCli(["fleet", "remove", "00000000", ...store]),
      "no-store",
      /permission denied for table/,
    )
    refused(await runCli(["history", "--prune", "1d", ...store]), "no-store", /permission denied for table/)
  })

  it("--role --dry-run: the same rights as text, and nothing is done", async () => {
    const database = await madeDatabase()
    const words = ["fleet", "init", "--store", server.url(database), "--role", "outsider", "--dry-run"]
    const rights = fine(await runCli(words))
    refused(
      await runCli(["fleet", "status", "--store", server.url(database, "outsider")]),
      "no-store",
      /schema/,
    )
    server.sql(rights, database)
    const status = await runCli(["fleet", "status", "--store", server.url(database, "outsider")])
    expect(fine(status)).toContain("no torrents yet")
  })

  it("a role that isn't there: nothing is made", async () => {
    const database = newDatabase()
    const words = ["fleet", "init", "--store", server.url(database), "--role", "nobody"]
    refused(await runCli(words), "no-store", /there is no role nobody/)
    expect(schemasIn(database)).toEqual([])
  })

  it("what it may not finish it doesn't leave half done", async () => {
    const database = newDatabase()
    const init = ["fleet", "init", "--store", server.url(database, "maker")]
    refused(await runCli(init), "no-store", /permission denied for database/)
    expect(schemasIn(database)).toEqual([])

    server.sql(`grant create on database ${database} to maker; create schema torrent_audit_jobs`, database)
    refused(await runCli(init), "no-store", /permission denied for schema torrent_audit_jobs/)
    expect(schemasIn(database)).toEqual(["torrent_audit_jobs"])
    expect(server.sql("select count(*) from pg_tables where schemaname ~ 'torrent_audit'", database)).toBe(
      "0",
    )

    server.sql("drop schema torrent_audit_jobs", database)
    fine(await runCli(init))
  })

  it("killed in the middle: no command takes it for made, and another one makes it", async () => {
    const database = newDatabase()
    const url = server.url(database)
    // Whoever makes a table of that name in a schema of ours waits here.
    server.sql(
      `create function hold() returns event_trigger language plpgsql as $$ begin
         if exists (select from pg_event_trigger_ddl_commands() where object_identity ~ 'torrent_audit.fleet_target$')
         then perform pg_sleep(60); end if; end $$;
       create event trigger hold on ddl_command_end when tag in ('CREATE TABLE') execute function hold()`,
      database,
    )
    const waiting = `select pid from pg_stat_activity where datname = '${database}' and wait_event = 'PgSleep'`
    const running = runCli(["fleet", "init", "--store", url])
    let pid = ""
    while (pid === "") pid = server.sql(waiting)
    server.sql(`drop event trigger hold`, database)
    server.sql(`select pg_terminate_backend(${pid})`)
    refused(await running, "no-store", /doesn't answer/)
    expect(schemasIn(database)).toEqual(["torrent_audit_jobs"])
    refused(await runCli(["fleet", "status", "--store", url]), "no-store", /has no tables/)
    fine(await runCli(["fleet", "init", "--store", url]))
    fine(await runCli(["fleet", "status", "--store", url]))
  })
})

describe("a database that can't be used: one error, with what helps", () => {
  const hash = "0".repeat(40)
  const commands = {
    init: ["fleet", "init"],
    add: ["fleet", "add", hash, "--every", "1h"],
    remove: ["fleet", "remove", "00000000"],
    status: ["fleet", "status"],
    worker: ["fleet", "worker", "--vantage", "ams"],
    history: ["history"],
  }
  type Name = keyof typeof commands
  const every = Object.keys(commands) as Name[]
  const butInit = every.filter((name) => name !== "init")
  const writing = butInit.filter((name) => name === "add" || name === "worker")
  const wrong = (url: string) => url.replace(password, "wrong-secret")

  const cases: Record<string, { url: () => string | Promise<string>; because: RegExp; of: readonly Name[] }> =
    {
      "a wrong password": {
        url: () => wrong(server.url("postgres")),
        because: /refused user postgres/,
        of: every,
      },
      "no such database": { url: () => server.url("nowhere"), because: /no database nowhere/, of: every },
      "nothing listens": {
        url: () => "postgres://u:wrong-secret@127.0.0.1:1/x",
        because: /no database listens/,
        of: every,
      },
      "no tables yet": {
        url: () => server.url(newDatabase()),
        because: /no tables.*\n.*fleet init/,
        of: butInit,
      },
      "no rights": {
        url: async () => server.url(await madeDatabase(), "maker"),
        because: /permission denied for schema.*\n.*--role/,
        of: butInit,
      },
      "a server that takes no writes": {
        url: async () => {
          const database = await madeDatabase()
          server.sql(`alter database ${database} set default_transaction_read_only = on`)
          return server.url(database)
        },
        because: /is read-only/,
        of: writing,
      },
    }
  it.concurrent.each(Object.entries(cases))("%s", async (_, { url, because, of }) => {
    const place = await url()
    for (const name of of) {
      const ran = await runCli([...commands[name], "--store", place])
      refused(ran, "no-store", because)
      expect(ran.err).not.toContain("wrong-secret")
    }
  })

  it("a server that takes no writes: init makes nothing there, and status can still be read", async () => {
    const [empty, made] = [newDatabase(), await madeDatabase()]
    for (const name of [empty, made])
      server.sql(`alter database ${name} set default_transaction_read_only = on`)
    refused(await runCli(["fleet", "init", "--store", server.url(empty)]), "no-store", /is read-only/)
    expect(schemasIn(empty)).toEqual([])
    fine(await runCli(["fleet", "status", "--store", server.url(made)]))
  })

  it("tables newer than ours: nothing is touched", async () => {
    const database = await madeDatabase()
    server.sql("update torrent_audit.schema_version set version = 99", database)
    for (const name of every)
      refused(
        await runCli([...commands[name], "--store", server.url(database)]),
        "bad-snapshot",
        /newer than mine \(99, mine \d+\)\n {2}hint: Upgrade/,
      )
    expect(server.sql("select version from torrent_audit.schema_version", database)).toBe("99")
    expect(server.sql("select count(*) from torrent_audit.fleet_worker", database)).toBe("0")
  })

  it("--json says the same as one document", async () => {
    const { out, err } = await runCli(["fleet", "status", "--json", "--store", wrong(server.url("postgres"))])
    expect(JSON.parse(out)).toMatchObject({ error: { code: "no-store" } })
    expect(err).toMatch(/^error\[no-store\]/)
  })
})

/** The same words, whether the fleet is in a database or in a file of this machine. */
describe.each(["PostgreSQL", "SQLite"] as const)("the torrents of a fleet, in %s", (kind) => {
  /** `fleet` runs a command of it. */
  async function newFleet() {
    const env = { XDG_STATE_HOME: mkdtempSync(join(folder, "home-")) }
    const url = kind === "SQLite" ? null : server.url(await madeDatabase())
    const store = url === null ? [] : ["--store", url]
    const fleet = (...words: string[]): Promise<Ran> =>
      runCli(["fleet", ...words, ...store], { cwd: folder, env })
    return { fleet, place: url ?? stateDirectory(env) }
  }
  interface Shown {
    torrents: { name: string; infoHash: string; cron: string; views: { nextDueAt: string | null }[] }[]
  }
  const shown = async (fleet: (...words: string[]) => Promise<Ran>): Promise<Shown["torrents"]> =>
    (JSON.parse(fine(await fleet("status", "--json"))) as Shown).torrents

  it("come from files, folders, lists, links and hashes; one that is none is named, and keeps nobody out", async () => {
    const { fleet } = await newFleet()
    const place = mkdtempSync(join(folder, "torrents-"))
    for (const name of ["a", "b", "c", "d"])
      writeFileSync(join(place, `${name}.torrent`), torrentCalled(name))
    writeFileSync(join(folder, "e.torrent"), torrentCalled("e"))
    writeFileSync(
      join(folder, "list"),
      `# two, and one that is there already\n${place}/a.torrent\ne.torrent\n`,
    )
    writeFileSync(join(folder, "bad.torrent"), "d4:infoi1ee")
    const magnet = `magnet:?xt=urn:btih:${"1".repeat(40)}&dn=linked&tr=${encodeURIComponent(tracker[0] ?? "")}`
    const { status, out, err } = await fleet(
      "add",
      place,
      "@list",
      "bad.torrent",
      magnet,
      "2".repeat(40),
      "--every",
      "6h",
    )
    expect(status).toBe(65)
    expect(out).toBe("Added 7 torrents, 1 target named more than once.\n")
    expect(err).toMatch(/^error\[[a-z-]+\]: bad\.torrent: [^\n]+\n {2}hint: [^\n]+\n$/)
    const names = (await shown(fleet)).map(({ name }) => name)
    expect(names).toEqual(["2".repeat(40), "a", "b", "c", "d", "e", "linked"])
  })

  it("are changed by being added again, and gone when removed; what is misspelled removes nothing", async () => {
    const { fleet } = await newFleet()
    writeFileSync(join(folder, "again.torrent"), torrentCalled("again"))
    expect(fine(await fleet("add", "again.torrent", "--every", "5 4 * * *"))).toBe("Added 1 torrent.\n")
    expect(fine(await fleet("add", "again.torrent", "1".repeat(40), "--every", "7 * * * *"))).toBe(
      "Added 1 torrent, changed 1 torrent that was there.\n",
    )
    expect((await shown(fleet)).map(({ cron }) => cron)).toEqual(["7 * * * *", "7 * * * *"])
    refused(await fleet("remove", "again", "agian"), "no-file", /no torrent agian.*\n.*`again`/)
    expect(await shown(fleet)).toHaveLength(2)
    expect(fine(await fleet("remove", "11111111", "again"))).toMatch(/^Removed 2 torrents/)
    expect(await shown(fleet)).toEqual([])
    refused(await fleet("remove", "again"), "no-file", /no torrent again/)
    refused(await fleet("remove", "--vantage", "ams"), "no-file", /no vantage point ams/)
  })

  it("for a place that no worker has come to are told; one that a worker looks from is not removed", async () => {
    const { fleet, place } = await newFleet()
    const words = ["add", "1".repeat(40), "--every", "6h", "--vantage", "ams", "--vantage", "asm"]
    const shared = await openFleet(place)
    onTestFinished(() => shared.close())
    const { workers } = shared
    await workers.enlist({ id: "one", vantage: "ams", host: "here", pid: 1, version: "1" })
    expect(await fleet(...words)).toEqual({
      status: 0,
      out: "Added 1 torrent.\n",
      err: "note: no worker has come to asm yet: torrent-audit fleet worker --vantage asm\n",
    })
    refused(await fleet("remove", "--vantage", "ams"), "locked", /1 worker of ams lives\n.*Stop it first/)
    await workers.leave("one")
    expect(fine(await fleet("remove", "--vantage", "ams"))).toMatch(/^Removed 1 vantage point;/)
  })

  it("nothing is added where nothing is right", async () => {
    const { fleet } = await newFleet()
    refused(await fleet("add", "1".repeat(40)), "usage", /--every/)
    refused(await fleet("add", "--every", "6h"), "usage", /needs a target/)
    refused(await fleet("add", "1".repeat(40), "--every", "7 parsecs"), "bad-value", /parsecs/)
    refused(await fleet("add", "1".repeat(40), "--every", "6h", "--depth", "soul"), "bad-value", /soul/)
    refused(await fleet("add", "1".repeat(40), "--every", "6h", "--pace", "fast"), "usage", /takes no --pace/)
    refused(await fleet("add", "1".repeat(40), "--every", "6h", "--vantage", "Ams"), "bad-value", /Ams/)
    refused(await fleet("add", "nowhere.torrent", "--every", "6h"), "no-file", /nowhere\.torrent/)
    expect(await shown(fleet)).toEqual([])
  })
})

it("an audit with --store is kept there: history, report and diff read it from any machine", async () => {
  const swarm = await swarmFor({
    payload: createPayload({ name: "shared", files: [{ path: ["x.bin"], sizeBytes: 300_000 }] }),
    cast: () => seeders,
    inflate: 1,
  })
  const torrent = join(folder, "shared.torrent")
  writeFileSync(torrent, swarm.torrentBytes)
  const url = server.url(await madeDatabase())
  const run = (...words: string[]) => runCli([...words, "--store", url])
  const audit = () => run(torrent, "--no-dht", "--pace", "lab", "--allow-local")
  const first = await audit()
  expect(first).toMatchObject({ status: 0, err: "" })
  expect((await audit()).status).toBe(0)

  expect(fine(await run("history"))).toContain("shared")
  const { audits } = JSON.parse(fine(await run("history", "shared", "--json"))) as {
    audits: { status: string }[]
  }
  expect(audits.map(({ status }) => status)).toEqual(["ok", "ok"])
  const report = JSON.parse(fine(await run("report", "--last", "shared", "--json"))) as {
    torrent: { name: string }
  }
  expect(report.torrent.name).toBe("shared")
  expect((await run("diff", "--last", "2", "shared")).status).toBeLessThan(2)
  expect(fine(await runCli(["history"]))).not.toContain("shared")
})

it("an audit whose --store is away says so at once, and does nothing", async () => {
  const swarm = await swarmFor({
    payload: createPayload({ name: "unkept", files: [{ path: ["x.bin"], sizeBytes: 300_000 }] }),
    cast: () => seeders,
    inflate: 1,
  })
  const torrent = join(folder, "unkept.torrent")
  writeFileSync(torrent, swarm.torrentBytes)
  const flags = ["--no-dht", "--pace", "lab", "--allow-local"]
  const { status, out, err } = await runCli([
    torrent,
    ...flags,
    "--store",
    "postgres://u:wrong-secret@127.0.0.1:1/x",
  ])
  expect([status, out]).toEqual([70, ""])
  expect(err).toMatch(/^error\[no-store\]: [^\n]+\n {2}hint: [^\n]+\n$/)
  expect(err + out).not.toContain("wrong-secret")
})
