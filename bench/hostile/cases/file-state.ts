/** What is kept between runs, replaced by something else: an audit goes on without it, and says what it lost. */
import { mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { brotliCompressSync } from "node:zlib"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase, Outcome, Stage, Staged } from "../case.ts"
import { borne, demand, pipeIn, refused, sparse } from "./file-stage.ts"
import { savedSnapshot } from "./saved-snapshot.ts"
import { stageSwarm, type SwarmStage } from "../swarm.ts"

const stateCase = (
  id: string,
  does: string,
  bound: string,
  stage: (stage: Stage) => Promise<Staged>,
): HostileCase => ({ id: `state-${id}`, stranger: "file", does, bound, stage })

const hashOf = ({ payload }: SwarmStage): string => Buffer.from(payload.infoHash).toString("hex")
const stateIn = ({ folder }: Pick<Stage, "folder">): string => join(folder, "state", "torrent-audit")

/** Every file that an audit of this swarm may read or write there. */
const filesOf = (stage: Stage, swarm: SwarmStage): string[] => [
  join(stateIn(stage), "readings", `${hashOf(swarm)}.json`),
  join(stateIn(stage), "redaction.key"),
  join(stateIn(stage), "runs.log"),
  join(stateIn(stage), "locks", `${hashOf(swarm)}.lock`),
  join(stateIn(stage), "locks", `${hashOf(swarm)}.pid`),
  join(stage.folder, "cache", "torrent-audit", "dht-nodes-ipv4.json"),
  join(stage.folder, "cache", "torrent-audit", "dht-nodes-ipv6.json"),
]
const historyIn = (stage: Pick<Stage, "folder">): string => join(stateIn(stage), "history.sqlite")

/** The audit must find the seed verified, whatever stands there, and the history must be said to be unusable. */
async function replaced(stage: Stage, replace: (path: string) => void, history: string): Promise<Staged> {
  const swarm = await stageSwarm(stage)
  for (const path of [...filesOf(stage, swarm), historyIn(stage)]) {
    mkdirSync(dirname(path), { recursive: true })
    replace(path)
  }
  return swarm.staged({
    // The DHT is asked nothing: it has one node, at which nobody listens.
    args: ["--redact", "prefix", "--only-changes", "--dht-bootstrap", "127.0.0.1:9"],
    demandsSeed: false,
    check: (snapshot, outcome) => told(snapshot.swarm.seeders.verified, outcome, history),
  })
}

function told(verified: number, { stderr }: Outcome, history: string): string {
  if (verified !== 1) throw new Error("the honest seed is not verified")
  demand(stderr, history, "that the history can't be used")
  return `the seed was verified; said: ${/error\[\w[\w-]+\]/.exec(stderr)?.[0]}`
}

const everything = (
  id: string,
  does: string,
  bound: string,
  replace: (path: string) => void,
  history: string,
): HostileCase => stateCase(id, does, bound, (stage) => replaced(stage, replace, history))

/** A history of one audit that `change` has had its way with; then it is listed, or asked for otherwise. */
const history = (
  id: string,
  does: string,
  bound: string,
  change: (database: import("node:sqlite").DatabaseSync, path: string) => void,
  args: (snapshot: Snapshot) => readonly string[] = () => ["history"],
): HostileCase =>
  stateCase(id, does, bound, async (stage) => {
    const { openHistory } = await import("../../../src/store/history.ts")
    const { DatabaseSync } = await import("node:sqlite")
    const kept = await openHistory(stateIn(stage))
    const snapshot = JSON.parse(savedSnapshot()) as Snapshot
    await kept.add(snapshot)
    await kept.close()
    const database = new DatabaseSync(historyIn(stage))
    change(database, historyIn(stage))
    if (database.isOpen) database.close()
    return refused("bad-snapshot", { args: args(snapshot) })
  })

export const stateCases: readonly HostileCase[] = [
  everything(
    "garbage",
    "every file kept between runs holds garbage",
    "what can't be read is forgotten",
    (path) => writeFileSync(path, Buffer.alloc(4_096, "\u00ffgarbage{[")),
    "is damaged",
  ),
  everything(
    "pipes",
    "every file kept between runs is a pipe",
    "regular files only",
    (path) => void pipeIn(dirname(path), basename(path)),
    "something else is in its place",
  ),
  everything(
    "directories",
    "every file kept between runs is a directory",
    "regular files only",
    (path) => mkdirSync(path),
    "cannot use the history",
  ),
  everything(
    "sparse",
    "every file kept between runs has 1 GiB",
    "a bound for each file",
    (path) => void sparse({ folder: dirname(path) }, basename(path), 2 ** 30),
    "is damaged",
  ),
  everything(
    "links",
    "every file kept between runs is a link to /dev/zero",
    "regular files only",
    (path) => symlinkSync("/dev/zero", path),
    "something else is in its place",
  ),
  history("history-cut", "the history's database breaks off", "SQLite's own checks", (database, path) => {
    database.close()
    truncateSync(path, Math.floor(statSync(path).size / 2 / 4_096) * 4_096)
  }),
  history(
    "history-view",
    "a table of the history is a view that never ends",
    "no views, no triggers",
    (database) =>
      database.exec(
        `drop table told; create view told as with recursive n(x) as (select 1 union all select x + 1 from n) select x as info_hash, x as at, x as fingerprint, x as status from n`,
      ),
  ),
  history(
    "history-types",
    "a row of the history has blobs for texts and texts for numbers",
    "each column is checked",
    (database) => database.exec("update audit set duration_ms = 'x', status = x'ff', problems = '{'"),
  ),
  history("history-wide", "a row of the history has a text of 200 MB", "history.maxColumnBytes", (database) =>
    database.exec("update audit set problems = cast(zeroblob(200000000) as text)"),
  ),
  history(
    "history-bomb",
    "a kept snapshot unpacks to gigabytes",
    "history.maxSnapshotBytes",
    (database) =>
      void database
        .prepare("update snapshot set body = ?")
        .run(brotliCompressSync(Buffer.alloc(300_000_000, " "))),
    ({ torrent }) => ["report", "--last", torrent.infoHashV1 ?? ""],
  ),
  stateCase("run-log", "the log of scheduled runs has 1 GiB", "a bound for each file", (stage) => {
    mkdirSync(stateIn(stage), { recursive: true })
    sparse({ folder: stateIn(stage) }, "runs.log", 2 ** 30)
    return Promise.resolve(
      borne({ args: ["schedule", "list", "--on", "systemd"], check: () => "listed without it" }),
    )
  }),
]
