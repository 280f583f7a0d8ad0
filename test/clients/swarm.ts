/** A swarm of real clients with known holdings and known uplinks, registered at a tracker. */
import { createHash } from "node:crypto"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Driver, RunningClient, Truth } from "./client.ts"
import type { Host, Lab } from "./netns.ts"
import type { Holding, Payload } from "./payload.ts"
import type { ProbeOptions, ProbeResult } from "./probe.ts"
import { tail, until } from "./processes.ts"
import { pieceDataShare } from "./shaping.ts"
import type { Tracker } from "./trackers/tracker.ts"

export const KiB = 1024
export const MiB = 1024 * KiB

export interface Plan {
  driver: Driver
  holding: Holding
  /** Piece data per second that its uplink can carry; null: unshaped. */
  uplinkBytesPerSecond: number | null
  uploadSlots?: number
  /** May talk to other members that do, too. */
  sharing?: boolean
}

export interface Member {
  plan: Plan
  host: Host
  client: RunningClient
}

const trafficScript = fileURLToPath(new URL("traffic.ts", import.meta.url))
const probeScript = fileURLToPath(new URL("probe.ts", import.meta.url))
const trafficPort = 9000
const announcedMs = 60_000
const lagMs = 5_000

export const isSeeder = (plan: Plan, payload: Payload): boolean =>
  plan.holding === "all" || plan.holding.length === payload.pieceCount

/** Unless they share, clients can reach the tracker and the auditor but not each other: nobody's uplink is shared, no leecher completes. */
export async function startMembers(
  lab: Lab,
  payload: Payload,
  plans: readonly Plan[],
  prepare: (host: Host) => Promise<void> = async () => {},
): Promise<Member[]> {
  const prepared: { plan: Plan; host: Host }[] = []
  for (const plan of plans) {
    const host = await lab.addHost(`${plan.driver.name}-${lab.hosts.length}`, { isolated: !plan.sharing })
    if (plan.uplinkBytesPerSecond !== null) await lab.shape(host, plan.uplinkBytesPerSecond)
    await prepare(host)
    prepared.push({ plan, host })
  }
  return Promise.all(
    prepared.map(async ({ plan, host }) => {
      const { driver, holding, uploadSlots } = plan
      try {
        const slots = uploadSlots === undefined ? {} : { uploadSlots }
        return { plan, host, client: await driver.start({ lab, host, payload, holding, ...slots }) }
      } catch (error) {
        const log = tail(join(host.directory, `${driver.command.split("/").at(-1)}.log`))
        throw new Error(`${host.name}: ${error instanceof Error ? error.message : String(error)}\n${log}`, {
          cause: error,
        })
      }
    }),
  )
}

export async function untilRegistered(
  tracker: Tracker,
  payload: Payload,
  plans: readonly Plan[],
  factor = 1,
): Promise<void> {
  const seeders = plans.filter((plan) => isSeeder(plan, payload)).length * factor
  const leechers = plans.length * factor - seeders
  let last = ""
  try {
    await until("every client's announce", announcedMs, async () => {
      const now = await tracker.scrape(payload.infoHash)
      last = `${now.seeders} / ${now.leechers}`
      return now.seeders === seeders && now.leechers === leechers ? true : null
    })
  } catch (error) {
    throw new Error(`the tracker counts ${last}, expected ${seeders} / ${leechers}`, { cause: error })
  }
}

/** A client's own interface may lag behind what it told its peers: waits a moment for it to know of these pieces. */
export async function truthWith(member: Member, claimed: readonly boolean[]): Promise<Truth> {
  const covers = (truth: Truth) => claimed.every((held, piece) => !held || truth.pieces[piece] === true)
  const settled = until(`${member.host.name} to admit its pieces`, lagMs, async () => {
    const truth = await member.client.truth()
    return covers(truth) ? truth : null
  })
  return settled.catch(() => member.client.truth())
}

/** Piece data per second that each host's link carries to the auditor, measured with plain TCP, all at once. */
export async function measureUplinks(
  lab: Lab,
  auditor: Host,
  hosts: readonly Host[],
  durationMs: number,
): Promise<number[]> {
  const senders = hosts.map((host) =>
    lab.start(host, process.execPath, [trafficScript, "send", String(trafficPort)]),
  )
  await until("the senders", 10_000, () => senders.every((sender) => tail(sender.logFile) !== "") || null)
  const rates = await Promise.all(
    hosts.map(async (host) => {
      const args = [trafficScript, "receive", host.ipv4, String(trafficPort), String(durationMs)]
      return Number(await lab.run(auditor, process.execPath, args, durationMs + 15_000)) * pieceDataShare
    }),
  )
  await Promise.all(senders.map((sender) => sender.stop()))
  return rates
}

export async function probeMember(
  lab: Lab,
  auditor: Host,
  payload: Payload,
  member: Member,
  seconds: number,
): Promise<ProbeResult> {
  const hashes = Array.from({ length: payload.pieceCount }, (_, piece) =>
    createHash("sha1").update(payload.bytesOf(piece)).digest("hex"),
  )
  const options: ProbeOptions = {
    host: member.host.ipv4,
    port: member.client.port,
    infoHash: payload.infoHash,
    pieceCount: payload.pieceCount,
    pieceBytes: payload.pieceBytes,
    sizeBytes: payload.sizeBytes,
    pieces: hashes.join(""),
    seconds,
    depth: 64,
    patienceMs: 60_000,
  }
  const printed = await lab.run(auditor, process.execPath, [probeScript, JSON.stringify(options)], 90_000)
  return JSON.parse(printed) as ProbeResult
}
