/** A swarm of real clients with known holdings and known uplinks, registered at a tracker. */
import { createHash } from "node:crypto"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Contact, Discovery, Driver, RunningClient, Truth } from "./client.ts"
import type { Glance, GlanceOptions } from "./glance.ts"
import type { Host, Impairment, Lab } from "./netns.ts"
import type { Holding, Payload } from "./payload.ts"
import type { ProbeOptions, ProbeResult } from "./probe.ts"
import { tail, until } from "./processes.ts"
import { addRouter, forwardPort } from "./router.ts"
import { pieceDataShare } from "./shaping.ts"
import type { Tracker } from "./trackers/tracker.ts"
import { vacate } from "./vacate.ts"

export const KiB = 1024
export const MiB = 1024 * KiB

export interface Plan {
  driver: Driver
  holding: Holding
  /** Piece data per second that its uplink can carry; null: unshaped. */
  uplinkBytesPerSecond: number | null
  uploadSlots?: number
  superSeeding?: boolean
  /** May talk to other members that do, too. */
  sharing?: boolean
  /**
   * Members of one household share one public IPv4 address, with a port each, and one uplink: the first one's
   * `uplinkBytesPerSecond`. Whether the household may talk to others is up to its first member as well.
   */
  household?: string
  /** Its router passes nothing on to it: who is behind that NAT can dial, and not be dialled. */
  unreachable?: boolean
  /** Its wire; of a household, nobody's. */
  impairment?: Impairment
  discovery?: Discovery
  contact?: Contact
}

export interface Member {
  plan: Plan
  host: Host
  client: RunningClient
  /** The public IPv4 address at which it is dialled: its host's own, or its household's. */
  address: string
}

const trafficScript = fileURLToPath(new URL("traffic.ts", import.meta.url))
const probeScript = fileURLToPath(new URL("probe.ts", import.meta.url))
const glanceScript = fileURLToPath(new URL("glance.ts", import.meta.url))
const trafficPort = 9000
const announcedMs = 60_000
const lagMs = 5_000
/** Enough for those who tell their tracker; qBittorrent and Deluge take eight seconds. */
const goodbyeMs = 10_000
const firstHouseholdPort = 6901

export const isSeeder = (plan: Plan, payload: Payload): boolean =>
  plan.holding === "all" || plan.holding.length === payload.pieceCount

/** Unless they share, clients can reach the tracker and the auditor but not each other: nobody's uplink is shared, no leecher completes. */
export async function startMembers(
  lab: Lab,
  payload: Payload,
  plans: readonly Plan[],
  prepare: (host: Host) => Promise<void> = async () => {},
): Promise<Member[]> {
  const places: Place[] = []
  for (const plan of plans) {
    const place = await findPlace(lab, plan)
    await prepare(place.host)
    places.push(place)
  }
  return Promise.all(places.map((place) => startMember(lab, payload, place)))
}

interface Place {
  plan: Plan
  host: Host
  /** undefined: the client's usual one. */
  port: number | undefined
}

/** A host for it, on the bridge or in its household. */
async function findPlace(lab: Lab, plan: Plan): Promise<Place> {
  const name = `${plan.driver.name}-${lab.hosts.length}`
  const isolated = !plan.sharing
  if (plan.household === undefined) {
    const host = await lab.addHost(name, { isolated })
    if (plan.uplinkBytesPerSecond !== null) await lab.shape(host, plan.uplinkBytesPerSecond)
    if (plan.impairment) await lab.impair(host, plan.impairment)
    return { plan, host, port: undefined }
  }
  const home = `router-${plan.household}`
  let router = lab.hosts.find((known) => known.name === home)
  if (!router) {
    router = await addRouter(lab, home, { isolated })
    if (plan.uplinkBytesPerSecond !== null) await lab.shape(router, plan.uplinkBytesPerSecond)
  }
  const neighbours = lab.hosts.filter((known) => known.router === router).length
  const host = await lab.addHost(name, { isolated, router })
  const port = firstHouseholdPort + neighbours
  if (!plan.unreachable) await forwardPort(lab, router, host, port)
  return { plan, host, port }
}

async function startMember(lab: Lab, payload: Payload, { plan, host, port }: Place): Promise<Member> {
  const { driver, holding, uploadSlots, superSeeding, discovery, contact } = plan
  try {
    const client = await driver.start({
      lab,
      host,
      payload,
      holding,
      uploadSlots,
      superSeeding,
      port,
      discovery,
      contact,
    })
    return { plan, host, client, address: (host.router ?? host).ipv4 }
  } catch (error) {
    const log = tail(join(host.directory, `${driver.command.split("/").at(-1)}.log`))
    throw new Error(`${host.name}: ${error instanceof Error ? error.message : String(error)}\n${log}`, {
      cause: error,
    })
  }
}

/** Stops the client, with TERM or all of a sudden, and starts another of its kind in its place, holding what was planned. */
export async function restartMember(
  lab: Lab,
  payload: Payload,
  { plan, host, client }: Member,
  options: { kill?: boolean } = {},
): Promise<Member> {
  if (options.kill && client.child.running) process.kill(client.child.pid, "SIGKILL")
  await client.child.stop(goodbyeMs)
  await vacate(lab, host)
  return startMember(lab, payload, { plan, host, port: client.port })
}

/** It checked its files already, so that it serves what is wrong now. */
export const spoilPieces = (payload: Payload, { host }: Member, pieces: readonly number[]): void =>
  payload.spoil(join(host.directory, "data"), pieces)

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

/**
 * Piece data per second that each host's link carries to the auditor, measured with plain TCP, all at once; of a household,
 * what its one link carries for all of them.
 */
export async function measureUplinks(
  lab: Lab,
  auditor: Host,
  hosts: readonly Host[],
  durationMs: number,
): Promise<number[]> {
  const links = [...new Set(hosts.map((host) => host.router ?? host))]
  const senders = links.map((host) =>
    lab.start(host, process.execPath, [trafficScript, "send", String(trafficPort)]),
  )
  await until("the senders", 10_000, () => senders.every((sender) => tail(sender.logFile) !== "") || null)
  const rates = await Promise.all(
    links.map(async (host) => {
      const args = [trafficScript, "receive", host.ipv4, String(trafficPort), String(durationMs)]
      return Number(await lab.run(auditor, process.execPath, args, durationMs + 15_000)) * pieceDataShare
    }),
  )
  await Promise.all(senders.map((sender) => sender.stop()))
  return hosts.map((host) => rates[links.indexOf(host.router ?? host)] ?? 0)
}

/** A short look from the auditor's namespace. */
export async function glanceAt(
  lab: Lab,
  auditor: Host,
  payload: Payload,
  member: Member,
  ms: number,
): Promise<Glance> {
  const { infoHash, pieceCount } = payload
  const options: GlanceOptions = { host: member.address, port: member.client.port, infoHash, pieceCount, ms }
  return JSON.parse(
    await lab.run(auditor, process.execPath, [glanceScript, JSON.stringify(options)], ms + 10_000),
  ) as Glance
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
    host: member.address,
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
