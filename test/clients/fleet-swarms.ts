/** Thirty small torrents: those of real clients, those of the cast, and some that also name a tracker which lies by who asks. */
import { writeFileSync } from "node:fs"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { createPayload as castPayload } from "../../src/demo/payload.ts"
import { startCast, type CastPeer, type CastTorrent } from "./cast.ts"
import { addCrowdHost } from "./crowd.ts"
import { aria2 } from "./drivers/aria2.ts"
import { deluge } from "./drivers/deluge.ts"
import { qbittorrent } from "./drivers/qbittorrent.ts"
import { rtorrent } from "./drivers/rtorrent.ts"
import { createPayload, type Payload } from "./payload.ts"
import { until } from "./processes.ts"
import type { Host } from "./netns.ts"
import type { Stage } from "./scenario.ts"
import { startLibtorrentSeeds, startTransmissionSeeds } from "./seeds.ts"
import { KiB, MiB } from "./swarm.ts"
import { opentrackerTiers, startOpentracker } from "./trackers/opentracker.ts"
import type { Tracker } from "./trackers/tracker.ts"
import { startTwoFaced, twoFacedUrl, type Announced } from "./trackers/two-faced.ts"

/** Seeded by libtorrent and Transmission; by libtorrent and one of each other client; by the cast. */
const common = 3
const others = [qbittorrent, aria2, deluge, rtorrent]
const played = 23
/** Of the cast's, the first: they name the second tracker, too. */
const twice = 5
export const torrentCount = common + others.length + played

const registeredMs = 90_000
const castNetwork = 211
const castClients = ["transmission", "qbittorrent", "deluge"] as const
/** Where nobody is. */
const phantoms = Array.from({ length: 100 }, (_, index) => `10.77.250.${index + 1}:6881`)

export interface FleetSwarms {
  /** The folder of all .torrents. */
  readonly torrents: string
  /** Info hashes of those that name the second tracker. */
  readonly twoFaced: readonly string[]
  readonly twoFacedUrl: string
  announces(): Announced[]
  /** Of the cast's. */
  peersOf(infoHash: string): number
  /** Addresses of peers that lie, in whichever swarm. */
  readonly liars: readonly string[]
}

/** `fooled`: the addresses to which the second tracker lies. */
export async function startFleetSwarms(stage: Stage, fooled: readonly string[]): Promise<FleetSwarms> {
  const { lab, tracker } = stage
  const torrents = join(lab.directory, "torrents")
  mkdirSync(torrents, { recursive: true })
  const real = realPayloads(torrents, opentrackerTiers(tracker))
  const rival = await lab.addHost("rival", { isolated: false })
  const cast = castTorrents(opentrackerTiers(tracker)[0]?.[0] ?? "", twoFacedUrl(rival))
  const castHashes = cast.map((torrent) => {
    const payload = castPayload(torrent.payload)
    writeFileSync(join(torrents, `${torrent.payload.name}.torrent`), payload.torrentBytes(torrent.trackers))
    return Buffer.from(payload.infoHash).toString("hex")
  })
  const [first = "", ...more] = [...real.map(({ infoHash }) => infoHash), ...castHashes]
  const known = await startOpentracker(lab, tracker, first, more)
  const twoFaced = castHashes.slice(0, twice)
  const second = await startTwoFaced(lab, rival, { infoHash: twoFaced[0] ?? "", fooled, phantoms })
  const addresses = cast.flatMap(({ peers }) => peers.map(({ address }) => address))
  const crowd = await addCrowdHost(lab, "cast", addresses)
  const [liars] = await Promise.all([startCast(lab, crowd, cast), startReal(stage, real, known)])
  return {
    torrents,
    twoFaced,
    twoFacedUrl: twoFacedUrl(rival),
    announces: () => second.announces(),
    peersOf: (infoHash) => cast[castHashes.indexOf(infoHash)]?.peers.length ?? 0,
    liars,
  }
}

const realPayloads = (directory: string, trackers: string[][]): Payload[] =>
  Array.from({ length: common + others.length }, (_, index) =>
    createPayload({
      directory,
      name: `fleet-${index}`,
      sizeBytes: 1 * MiB + 12_345 * index,
      pieceBytes: 64 * KiB,
      trackers,
    }),
  )

async function startReal({ lab }: Stage, payloads: readonly Payload[], tracker: Tracker): Promise<void> {
  const host = (name: string) => lab.addHost(name, { isolated: true })
  startLibtorrentSeeds(lab, await host("libtorrent"), payloads)
  startTransmissionSeeds(lab, await host("transmission"), payloads.slice(0, common))
  const hosts: Host[] = []
  for (const driver of others) hosts.push(await host(driver.name))
  await Promise.all(
    others.map(async (driver, index) => {
      const [place, payload] = [hosts[index], payloads[common + index]]
      if (place && payload) await driver.start({ lab, host: place, payload, holding: "all" })
    }),
  )
  for (const { infoHash, name } of payloads)
    await until(`both seeders of ${name}`, registeredMs, async () =>
      (await tracker.scrape(infoHash)).seeders === 2 ? true : null,
    )
}

/** Two seeders and half a leecher each; one of the last one's sends wrong bytes. */
const castTorrents = (tracker: string, second: string): CastTorrent[] =>
  Array.from({ length: played }, (_, index) => ({
    payload: {
      name: `played-${index}`,
      seed: index + 1,
      pieceBytes: 64 * KiB,
      files: [{ path: ["reel.bin"], sizeBytes: 1 * MiB + 4_321 * index }],
    },
    trackers: index < twice ? [tracker, second] : [tracker],
    peers: castClients.map((client, peer): CastPeer => ({
      address: `10.77.${castNetwork + peer}.${index + 1}`,
      client,
      holds: peer === 2 ? 0.5 : 1,
      lies: index === played - 1 && peer === 1,
    })),
  }))
