/** `watch` beside real downloads: two leechers that complete between its rounds, one of which then loses half and starts again. */
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Snapshot } from "../../../src/report.ts"
import type { Driver, RunningClient } from "../client.ts"
import { checkNoAccusation } from "../compare.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { range, type Payload } from "../payload.ts"
import { until } from "../processes.ts"
import { payloadFor, type Scenario, type Stage } from "../scenario.ts"
import { KiB, MiB, restartMember, startMembers, untilRegistered, type Member } from "../swarm.ts"
import { check, equal, table } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

/** A piece a second, so that nobody completes before we have looked. */
const slow = 256 * KiB
const fast = 8 * MiB
const sizeBytes = 16 * MiB
const timeoutMs = 40_000
const flags = ["-T", "lab", "--depth", "handshake", "--every", "3s", "--allow-local", "--no-dht", "--no-pex"]

export const progress: Scenario = {
  name: "progress",
  title: "two leechers complete while watched, one is restarted with half of it: told, and nobody accused",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const [tier = []] = opentrackerTiers(stage.tracker)
    const payload = payloadFor(stage, "progress", [tier], sizeBytes)
    const { pieceCount } = payload
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const seeder = {
      driver: libtorrent,
      holding: "all",
      uplinkBytesPerSecond: slow,
      sharing: true,
    } as const
    const [source] = await startMembers(lab, payload, [seeder])
    await untilRegistered(tracker, payload, [seeder])
    const leechers = await Promise.all(
      [transmission, libtorrent].map((driver) => startLeecher(stage, payload, driver)),
    )
    await Promise.all(leechers.map(({ client }) => client.resume()))
    const holding = (least: number) =>
      Promise.all(
        leechers.map(({ client }) =>
          until(`${client.driver}'s download`, timeoutMs, async () =>
            (await client.truth()).haveCount >= least ? true : null,
          ),
        ),
      )
    const watch = watcher(stage, payload)
    const [first, second] = leechers
    if (!source || !first || !second) throw new Error("nobody there")

    await holding(4)
    const during = await watch(2)
    await lab.shape(source.host, fast)
    await holding(pieceCount)
    await until("the tracker's counts", timeoutMs, async () =>
      (await tracker.scrape(payload.infoHash)).seeders === 3 ? true : null,
    )
    // opentracker wants to be left alone for a quarter of an hour: here that has passed.
    watch.forgetAnswers()
    const after = await watch(1)
    for (const { host } of [source, second]) await lab.shape(host, slow / 4)
    const half = { ...first, plan: { ...first.plan, holding: range(0, pieceCount >> 1) } }
    const again = await restartMember(lab, payload, half)
    const restarted = await watch(1)

    const addresses = leechers.map(addressOf).toSorted()
    const completed = (snapshot: Snapshot | undefined) =>
      snapshot?.swarm.progress?.confirmedCompletions.map(({ address }) => address).toSorted()
    const [before] = during.snapshots
    const now = after.snapshots.at(-1)
    const last = restarted.snapshots.at(-1)
    const rewinds = last?.swarm.progress?.rewinds ?? []
    const all = [during, after, restarted].flatMap(({ snapshots }) => snapshots)
    return {
      tables: [
        table([
          ["round", "leechers hold", "completed", "the tracker's rise", "rewinds"],
          ...all.map((snapshot, round) => [
            String(round + 1),
            leechers
              .map(
                (each) => snapshot.peers.find(({ address }) => address === addressOf(each))?.haveCount ?? "–",
              )
              .join(" / "),
            String(snapshot.swarm.progress?.confirmedCompletions.length ?? "–"),
            String(snapshot.swarm.progress?.downloadsRise[0]?.rise ?? "–"),
            String(snapshot.swarm.progress?.rewinds.length ?? "–"),
          ]),
        ]),
      ],
      checks: [
        equal("a snapshot a round", all.length, 4),
        equal("exit codes", [during.code, after.code, restarted.code], all.slice(1).map(exitOf)),
        check("the first round knows of none before it", before !== undefined && !before.swarm.progress),
        equal("both were seen to complete", completed(now), addresses),
        equal(
          "and the tracker counts them",
          now?.swarm.progress?.downloadsRise.map(({ rise }) => rise),
          [2],
        ),
        equal("nobody had lost a piece", now?.swarm.progress?.rewinds, []),
        equal(
          "the restarted one went back",
          rewinds.map(({ address }) => address),
          [addressOf(again)],
        ),
        check("by half at most", (rewinds[0]?.lost ?? Infinity) <= Math.ceil(pieceCount / 2)),
        equal("it had completed all the same", completed(last), addresses),
        ...all.map(checkNoAccusation),
      ],
    }
  },
}

const exitOf = ({ verdict }: Snapshot): number => verdict.exitCode

const addressOf = ({ address, client }: Member): string => `${address}:${client.port}`

/** It knows the torrent, and waits. */
async function startLeecher({ lab }: Stage, payload: Payload, driver: Driver): Promise<Member> {
  const host = await lab.addHost(`${driver.name}-leecher`, { isolated: false })
  const client: RunningClient = await driver.start({ lab, host, payload, holding: [], paused: true })
  const plan = { driver, holding: [], uplinkBytesPerSecond: null, sharing: true }
  return { plan, host, client, address: host.ipv4 }
}

interface Watched {
  snapshots: Snapshot[]
  code: number | null
}

/** In one home: what a run leaves there, the next one finds. */
function watcher({ lab, auditor, cli }: Stage, payload: Payload) {
  const home = join(auditor.directory, "watch")
  const state = join(home, "state")
  mkdirSync(home, { recursive: true })
  const env = { HOME: home, XDG_STATE_HOME: state, XDG_CACHE_HOME: join(home, "cache") }
  const watch = async (rounds: number): Promise<Watched> => {
    const words = [cli, "watch", payload.torrentFile, ...flags, "--rounds", String(rounds)]
    const printed = ["--json", "--redact", "none"]
    const options = { cwd: home, env, timeoutMs: 60_000 }
    const ended = await lab.attempt(auditor, process.execPath, [...words, ...printed], options)
    const lines = ended.stdout.split("\n").filter((line) => line !== "")
    if (lines.length !== rounds)
      throw new Error(
        `${lines.length} of ${rounds} rounds, exit ${ended.code}: ${ended.stderr.slice(-2_000)}`,
      )
    return { snapshots: lines.map((line) => JSON.parse(line) as Snapshot), code: ended.code }
  }
  const forgetAnswers = () => {
    const kept = join(state, "torrent-audit")
    for (const name of readdirSync(kept)) if (name.endsWith(".json")) rmSync(join(kept, name))
  }
  return Object.assign(watch, { forgetAnswers })
}
