/**
 * 100 to 10,000 torrents of a fleet that are all due at once: PostgreSQL, the queue, one worker of one process, and each audit whole
 * (depth scrape) but for the network, where trackers and their names are made up. And what an audit takes in the database.
 *
 *   node bench/fleet.ts [--most N]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { auditorFor } from "../src/commands/fleet/auditor.ts"
import { loopbackNetwork } from "../src/demo/loopback.ts"
import { succeed } from "../src/failure.ts"
import { openShared } from "../src/gather.ts"
import { gatherOptions } from "../src/commands/request.ts"
import { work } from "../src/fleet/worker.ts"
import { limits } from "../src/limits.ts"
import type { Network } from "../src/network.ts"
import { initPostgres } from "../src/store/database/postgres-init.ts"
import { openFleet, type Fleet, type FleetTarget } from "../src/store/fleet.ts"
import { openHistory } from "../src/store/history.ts"
import { encode } from "../src/torrent/bencode.ts"
import { parseMetainfo } from "../src/torrent/metainfo.ts"
import { commandContext } from "../test/support/command-context.ts"
import { again, named } from "../test/support/kept-audits.ts"
import { largeSnapshot } from "../test/support/large-snapshot.ts"
import { startPostgres, type PostgresServer } from "../test/support/postgres-server.ts"
import { record } from "./record.ts"
import { plot, slopeOf } from "./scale/plot.ts"

const { values } = parseArgs({ options: { most: { type: "string", default: "10000" } } })
const counts = [100, 300, 1_000, 3_000, 10_000].filter((count) => count <= Number(values.most))
const hosts = 100
const atOnce = 16
const largeSnapshots = 1_000
const KiB = 1_024

const home = mkdtempSync(join(tmpdir(), "torrent-audit-bench-"))
const server = await startPostgres()

const torrent = (n: number): Uint8Array =>
  encode({
    announce: `http://tracker-${n % hosts}.lan:6969/announce`,
    info: { name: `torrent ${n}`, "piece length": 262_144, length: 262_144, pieces: Buffer.alloc(20, n) },
  })

function target(n: number): FleetTarget {
  const metainfo = torrent(n)
  const { torrent: parsed } = parseMetainfo(metainfo)
  const cron = "0 0 1 1 *"
  return {
    infoHash: parsed.infoHashV1 ?? "",
    name: parsed.name,
    source: { metainfo },
    flags: {},
    vantages: null,
    cron,
  }
}

/** Names and trackers that answer at once; nothing else is there. */
function madeUp(): Network {
  const counted = { complete: 3, incomplete: 4, downloaded: 5 }
  return {
    ...loopbackNetwork(),
    resolve: async () => succeed([{ host: "10.0.0.1", family: "ipv4" }]),
    async http({ url }) {
      const hash = /info_hash=([^&]*)/.exec(url.search)?.[1] ?? ""
      const key = Buffer.from(unescape(hash), "latin1").toString("latin1")
      const body = url.pathname.includes("scrape")
        ? encode({ files: { [key]: counted } })
        : encode({ ...counted, interval: 1_800, peers: Buffer.from([10, 0, 0, 2, 0x1a, 0xe1]) })
      return succeed({ status: 200, headers: {}, body })
    },
  }
}

interface Reading {
  count: number
  planMs: number
  drainMs: number
  /** Of the worker's process, and the highest resident set. */
  cpuMs: number
  statusMs: number
  bytes: number
}

async function drained(count: number): Promise<Reading> {
  const database = `fleet_${count}`
  server.sql(`create database ${database}`)
  await initPostgres(server.url(database), null)
  const fleet = await openFleet(server.url(database), { connections: atOnce + 3 })
  try {
    return await measured(fleet, count, database)
  } finally {
    await fleet.close()
  }
}

async function measured(fleet: Fleet, count: number, database: string): Promise<Reading> {
  for (let from = 0; from < count; from += 1_000)
    await fleet.targets.put(Array.from({ length: Math.min(1_000, count - from) }, (_, n) => target(from + n)))
  const identity = { vantage: "here", host: "bench", pid: process.pid, version: "0" }
  await fleet.workers.enlist({ id: "planner", ...identity })
  // All are due now, and none is spread.
  server.sql("update torrent_audit.fleet_target set next_at = '2026-01-01T00:00:00.000Z'", database)
  const planFrom = performance.now()
  while ((await fleet.due.plan()) >= limits.fleet.planAtOnce);
  const planMs = performance.now() - planFrom
  server.sql(
    "update torrent_audit.due_audit set run_at = due_at; update torrent_audit_jobs._private_jobs set run_at = now()",
    database,
  )

  const flags = {
    depth: ["scrape"],
    pace: ["lab"],
    vantage: ["here"],
    "allow-local": true,
    "no-history": true,
  } as const
  const context = commandContext(join(home, String(count)), [], flags)
  const network = madeUp()
  const shared = await openShared({ ...gatherOptions(flags), network, off: [] })
  const auditor = auditorFor(context, { network, shared, key: await fleet.manners.redactionKey() })
  const done = new AbortController()
  let ended = 0
  const cpuFrom = process.cpuUsage()
  const from = performance.now()
  await work(
    fleet,
    auditor,
    {
      ...identity,
      atOnce,
      tell(event) {
        if (event.type === "trouble") console.error(event.error)
        if (event.type === "ended" && ++ended === count) done.abort()
      },
    },
    done.signal,
  )
  const drainMs = performance.now() - from
  const { user, system } = process.cpuUsage(cpuFrom)
  shared.close()
  const stored = Number(server.sql("select count(*) from torrent_audit.audit", database))
  if (stored !== count) throw new Error(`${stored} of ${count} audits are in the store`)
  const statusFrom = performance.now()
  await fleet.status()
  const statusMs = performance.now() - statusFrom
  return { count, planMs, drainMs, cpuMs: (user + system) / 1_000, statusMs, bytes: sizeOf(server, database) }
}

const sizeOf = (from: PostgresServer, database: string): number =>
  Number(from.sql(`vacuum full analyze; select pg_database_size('${database}')`, database).split("\n").at(-1))

/** Bytes that an audit of 200 peers takes, whole. */
async function bytesOfLarge(): Promise<number> {
  const database = "large"
  server.sql(`create database ${database}`)
  await initPostgres(server.url(database), null)
  const before = sizeOf(server, database)
  const history = await openHistory(server.url(database))
  const large = largeSnapshot()
  for (let n = 0; n < largeSnapshots; n++)
    await history.add(again(named(large, `torrent ${n}`, n.toString(16).padStart(40, "a")), n, 60_000))
  await history.close()
  return (sizeOf(server, database) - before) / largeSnapshots
}

try {
  const readings: Reading[] = []
  for (const count of counts) {
    const reading = await drained(count)
    console.log(reading)
    readings.push(reading)
  }
  const most = readings.at(-1)
  const empty = await (async () => {
    server.sql("create database empty")
    await initPostgres(server.url("empty"), null)
    return sizeOf(server, "empty")
  })()
  if (most !== undefined) {
    record("a fleet that is all due at once", {
      torrents: most.count,
      jobsPerSecond: most.count / (most.drainMs / 1_000),
      planSeconds: most.planMs / 1_000,
      workerCpuMsPerJob: most.cpuMs / most.count,
      statusMs: most.statusMs,
      scrapedKiBPer1000Audits: ((most.bytes - empty) / most.count / KiB) * 1_000,
      sampledKiBPer1000Audits: ((await bytesOfLarge()) / KiB) * 1_000,
    })
    const series = (name: string, colour: string, of: (reading: Reading) => number) => ({
      name,
      colour,
      points: readings.map((reading) => ({ count: reading.count, value: of(reading) })),
    })
    const panels = [
      {
        title: "Seconds until all are in the store",
        of: "torrents",
        series: [
          series(
            "planned, audited and stored",
            "#2563eb",
            ({ planMs, drainMs }) => (planMs + drainMs) / 1_000,
          ),
          series("CPU of the worker", "#d97706", ({ cpuMs }) => cpuMs / 1_000),
        ],
      },
      {
        title: "Database, beyond an empty one (MiB)",
        of: "torrents",
        series: [series("one scrape of each", "#059669", ({ bytes }) => (bytes - empty) / KiB / KiB)],
      },
    ]
    writeFileSync(join(import.meta.dirname, "fleet.svg"), plot(panels))
    for (const { series: lines } of panels)
      for (const { name, points } of lines) console.log(`${name}: ∝ torrents^${slopeOf(points).toFixed(2)}`)
  }
} finally {
  await server.stop()
  rmSync(home, { recursive: true, force: true })
}
