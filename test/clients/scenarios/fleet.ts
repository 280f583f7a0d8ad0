/** Many torrents, three vantage points, one database; a worker is killed, and the database goes away, while they work. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { populationOf } from "../../../src/measure/population/swarm.ts"
import type { Merged } from "../../../src/report/merged.ts"
import { startPostgres, type PostgresServer } from "../../support/postgres-server.ts"
import { runCommand } from "../audit.ts"
import { checkAccused, checkKeptOnce, checkOneAtATime, fewestDone, isDone } from "../fleet-checks.ts"
import { checkRights } from "../fleet-rights.ts"
import { fleetStore, type DueRow, type FleetStore } from "../fleet-store.ts"
import { startFleetSwarms, torrentCount, type FleetSwarms } from "../fleet-swarms.ts"
import type { Host } from "../netns.ts"
import { tail, until, type Child } from "../processes.ts"
import type { Outcome, Scenario, Stage } from "../scenario.ts"
import { check, equal, table, type Check } from "../table.ts"

const labels = ["ams", "fra", "nyc"] as const
/** To whom the second tracker lies. */
const fooled = "nyc"
const pairs = torrentCount * labels.length

const database = "fleet"
const [owner, role] = ["keeper", "fleet"]
const password = "not-a-secret"
const manners = ["--pace", "lab", "--allow-local", "--at-once", "8"]
const depth = ["--sample", "4", "--max-download", "4MiB", "--no-dht", "--no-pex", "--no-web-seeds"]

const beganMs = 90_000
/** A lease is a minute, and a firing; seven scenarios share two cores. */
const doneMs = 420_000
const goodbyeMs = 60_000

export const fleet: Scenario = {
  name: "fleet",
  title:
    "30 torrents from three places: a worker killed, a database restarted, and every audit that was due is kept once",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const host = await lab.addHost("store", { isolated: false })
    const around = ["ip", "netns", "exec", host.namespace]
    const server = await startPostgres({ host: host.ipv4, around })
    try {
      return await play(stage, server)
    } finally {
      await server.stop()
    }
  },
}

async function play(stage: Stage, server: PostgresServer): Promise<Outcome> {
  const { lab } = stage
  const hosts = new Map<string, Host>()
  for (const label of labels) hosts.set(label, await lab.addHost(label, { isolated: false }))
  const hostOf = (label: string): Host => hosts.get(label) ?? stage.auditor
  const store = fleetStore(server, database)
  const url = server.url(database, role)
  const rights = await initialise(stage, server)
  const swarms = await startFleetSwarms(stage, [hostOf(fooled).ipv4])
  const added = await addTorrents(stage, swarms, server.url(database, owner))
  await firstFiring(store)

  const startWorker = (label: string): Child =>
    lab.start(hostOf(label), process.execPath, [stage.cli, ...workerWords(label, url)])
  const workers = new Map(labels.map((label) => [label, startWorker(label)]))
  const killed = await killBusy(store, "ams", workers.get("ams"))
  await until("others at work", beganMs, async () => (await runningAt(store, "fra")).length > 0 || null)
  await server.restart("immediate", 3_000)
  workers.set("ams", startWorker("ams"))

  await until("two audits of each", doneMs, async () => {
    const dead = [...workers].find(([, worker]) => !worker.running)
    if (dead) throw new Error(`${dead[0]} died: ${tail(dead[1].logFile)}`)
    return fewestDone(await store.due(), pairs) >= 2 || null
  })
  await noMoreFirings(stage, swarms, server.url(database, owner))
  await until("nothing left", doneMs, async () => (await store.due()).every(isDone) || null)
  const status = await checkStatus(stage, url)
  const merged = await checkMerged(stage, swarms, url)
  const left = await leave(workers)

  const due = await store.due()
  const audits = await store.audits()
  return {
    tables: [summary(due)],
    checks: [
      ...rights,
      added,
      ...left,
      ...checkKeptOnce(due, audits, pairs),
      check(
        "what the killed worker was at was begun again",
        killed.length > 0 && killed.every((key) => attemptsOf(due, key) >= 2),
        `${killed.length} audits`,
      ),
      checkOneAtATime(audits),
      ...(await checkQueue(store)),
      ...checkAnnounces(swarms, due, hostOf),
      await checkReused(store, swarms),
      ...checkAccused(audits, { liars: swarms.liars, tracker: swarms.twoFacedUrl, fooled }),
      ...status,
      ...merged,
    ],
  }
}

const workerWords = (label: string, url: string): string[] =>
  ["fleet", "worker", "--vantage", label, "--store", url].concat(manners)

/** By the owner of the database, for the role of the workers. */
async function initialise(stage: Stage, server: PostgresServer): Promise<Check[]> {
  for (const name of [owner, role]) server.sql(`create role ${name} login password '${password}'`)
  server.sql(`create database ${database} owner ${owner}`)
  const words = ["fleet", "init", "--store", server.url(database, owner), "--role", role]
  const { code, stderr } = await runCommand(stage, stage.auditor, words)
  return [
    equal("fleet init by the owner", [code, stderr], [0, ""]),
    ...(await checkRights(stage.lab, stage.auditor, server.url(database, role))),
  ]
}

/** By the owner, for every vantage point, those that never came included. */
async function addTorrents(stage: Stage, { torrents }: FleetSwarms, url: string): Promise<Check> {
  const where = labels.flatMap((label) => ["--vantage", label])
  const words = ["fleet", "add", torrents, "--every", "* * * * *", ...where, ...depth, "--store", url]
  const { stdout, stderr } = await runCommand(stage, stage.auditor, words)
  const notes = labels.map(
    (label) => `note: no worker has come to ${label} yet: torrent-audit fleet worker --vantage ${label}\n`,
  )
  return equal("fleet add", [stdout, stderr], [`Added ${torrentCount} torrents.\n`, notes.join("")])
}

/** As if they had been added an hour ago: of all that passed while no worker was there, one firing is made up for. */
const firstFiring = (store: FleetStore): Promise<unknown> =>
  store.ask(`update torrent_audit.fleet_target
    set next_at = to_char(now() at time zone 'utc' - interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:00.000"Z"')`)

/** What is added again has its schedule replaced. */
async function noMoreFirings(stage: Stage, { torrents }: FleetSwarms, url: string): Promise<void> {
  const words = ["fleet", "add", torrents, "--every", "0 0 29 2 *", ...depth, "--store", url]
  const { code, stderr } = await runCommand(stage, stage.auditor, words)
  if (code !== 0) throw new Error(stderr)
}

const keyOf = ({ infoHash, vantage, dueAt }: DueRow): string => `${infoHash} ${vantage} ${dueAt}`

const attemptsOf = (due: readonly DueRow[], key: string): number =>
  due.find((row) => keyOf(row) === key)?.attempts ?? 0

const runningAt = async (store: FleetStore, label: string): Promise<string[]> =>
  (await store.due()).filter(({ vantage, state }) => vantage === label && state === "running").map(keyOf)

/** All of a sudden, while it has audits running; which. */
async function killBusy(store: FleetStore, label: string, worker: Child | undefined): Promise<string[]> {
  await until(`${label} at work`, beganMs, async () => (await runningAt(store, label)).length >= 3 || null)
  if (worker?.running) process.kill(worker.pid, "SIGKILL")
  await worker?.ended
  return runningAt(store, label)
}

async function leave(workers: ReadonlyMap<string, Child>): Promise<Check[]> {
  return Promise.all(
    [...workers].map(async ([label, worker]) => {
      await worker.stop(goodbyeMs)
      return equal(`the worker at ${label} leaves when it is told to`, await worker.ended, 143)
    }),
  )
}

async function checkQueue(store: FleetStore): Promise<Check[]> {
  const jobs = await store.ask(
    "select id, locked_by, attempts, last_error from torrent_audit_jobs._private_jobs limit 5",
  )
  return [
    equal("no worker is left on the list", await store.ask("select id from torrent_audit.fleet_worker"), []),
    equal("the queue is empty", jobs, []),
  ]
}

/** At the second tracker: once for each torrent and vantage point, within its interval of half an hour. */
function checkAnnounces(
  swarms: FleetSwarms,
  due: readonly DueRow[],
  hostOf: (label: string) => Host,
): Check[] {
  const { twoFaced } = swarms
  const all = swarms.announces().filter(({ event }) => event === "start")
  const wrong = labels.flatMap((label) =>
    twoFaced.flatMap((infoHash) => {
      const count = all.filter((one) => one.infoHash === infoHash && one.ip === hostOf(label).ipv4).length
      // Killed before it could store the answer, or before the question.
      const rows = due.filter((row) => row.infoHash === infoHash && row.vantage === label)
      const most = rows.some(({ attempts }) => attempts > 1) ? 2 : 1
      return count >= 1 && count <= most ? [] : [`${label} ${infoHash.slice(0, 8)}: ${count}`]
    }),
  )
  return [
    check("a tracker hears once from each place within its interval", wrong.length === 0, wrong.join(", ")),
  ]
}

/** In the last audit of each. */
async function checkReused(store: FleetStore, { twoFaced }: FleetSwarms): Promise<Check> {
  const asked: string[] = []
  for (const infoHash of twoFaced)
    for (const [label, { trackers }] of await store.newestFrom(infoHash))
      for (const { url, announces } of trackers)
        if (!announces.every(({ reused }) => reused)) asked.push(`${label} ${url}`)
  return check(
    "a later audit within the interval reuses the answer",
    asked.length === 0,
    asked.slice(0, 5).join(", "),
  )
}

async function checkStatus(stage: Stage, url: string): Promise<Check[]> {
  const directory = join(stage.auditor.directory, "status")
  const prom = `${directory}.prom`
  const run = (...words: string[]) =>
    runCommand(stage, stage.auditor, ["fleet", "status", "--store", url, ...words])
  const text = await run("-o", prom)
  const json = await run("--json")
  const told = JSON.parse(json.stdout) as { torrents: unknown[]; vantages: { label: string }[] }
  const metric = /^(#.*|[a-z_]+(\{[^{}]*\})? (-?[0-9.e+-]+|NaN))$/
  const bad = readFileSync(prom, "utf8")
    .trimEnd()
    .split("\n")
    .filter((line) => !metric.test(line))
  return [
    equal("fleet status", [text.code, text.stderr, json.code, json.stderr], [0, "", 0, ""]),
    check(
      "it names the vantage points",
      labels.every((label) => new RegExp(`^. ${label} `, "m").test(text.stdout)),
      text.stdout,
    ),
    equal("it has all torrents", told.torrents.length, torrentCount),
    equal(
      "and all vantage points",
      told.vantages.map(({ label }) => label),
      labels,
    ),
    equal("its metrics are metrics", bad.slice(0, 3), []),
  ]
}

/** What the places were told of one torrent, side by side: the tracker that lies to one of them is named, and nobody else. */
async function checkMerged(stage: Stage, swarms: FleetSwarms, url: string): Promise<Check[]> {
  const checks: Check[] = []
  for (const infoHash of swarms.twoFaced.slice(0, 2)) {
    const words = ["merge", "--last", infoHash, "--store", url, "--json"]
    const { stdout, stderr } = await runCommand(stage, stage.auditor, words)
    const { findings, swarm, vantages } = JSON.parse(stdout) as Merged
    const named = findings.filter(({ audit, verdict }) => audit === "answers-by-place" && verdict === "warn")
    const what = `merge of ${infoHash.slice(0, 8)}`
    const off = (value: number | undefined) =>
      Math.abs(Math.round(value ?? Infinity) - swarms.peersOf(infoHash))
    const alone = vantages.map(({ rounds: [newest] }) => off(newest && populationOf(newest).estimate?.value))
    const across = off(swarm.population?.value)
    checks.push(
      equal(
        `${what} names the tracker that lies by address`,
        [...new Set(named.map(({ subject }) => subject))],
        [`tracker:${swarms.twoFacedUrl}`],
      ),
      equal(`${what} says to whom`, [...new Set(named.flatMap((each) => each.vantages))], [fooled]),
      equal(
        `${what} has all places, and nothing on stderr`,
        [vantages.map(({ label }) => label), stderr],
        [labels, ""],
      ),
      check(
        `${what}: no place alone comes nearer to how many there are`,
        Number.isFinite(across) && alone.every((each) => across <= each),
        `off by ${across}, alone by ${alone.join(", ")}`,
      ),
    )
  }
  return checks
}

function summary(due: readonly DueRow[]): string {
  const of = (label: string) => due.filter(({ vantage }) => vantage === label)
  return table([
    ["vantage point", "due", "done", "begun again"],
    ...labels.map((label) => [
      label,
      String(of(label).length),
      String(of(label).filter(isDone).length),
      String(of(label).filter(({ attempts }) => attempts > 1).length),
    ]),
  ])
}
