/**
 * A private torrent (BEP 27) never leaves its tracker: no DHT, no PEX, no LSD, by the packets that leave us. The same
 * capture of a public one shows all three. Of a magnet link nobody knows before the metadata comes; after that, silence.
 */
import { auditSwarm, type Audited } from "../audit.ts"
import { dhtMessage, lsdMessage, pexOffer, startCapture, type Capture } from "../capture.ts"
import type { Discovery } from "../client.ts"
import { checkNoAccusation, checkStrangers, compare } from "../compare.ts"
import { startDht } from "../dht.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { checkFoundBy, knownOf } from "../found.ts"
import { magnetOf, strided, type Payload } from "../payload.ts"
import { payloadFor, type Scenario, type Stage } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table } from "../table.ts"
import { libraryTiers, startLibraryTracker } from "../trackers/library.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

/** What was being sent while the metadata's last piece came in. */
const inFlightMs = 250

const leaks = { DHT: dhtMessage, PEX: pexOffer, LSD: lsdMessage }

async function captured(
  stage: Stage,
  payload: Payload,
  flags: readonly string[],
  target = payload.torrentFile,
): Promise<{ audited: Audited; capture: Capture }> {
  const capture = await startCapture(stage.lab, stage.auditor)
  try {
    return { audited: await auditSwarm(stage, payload, flags, target), capture }
  } finally {
    await capture.stop()
  }
}

export const privateTorrent: Scenario = {
  name: "private",
  title: "a private torrent is never taken to DHT, PEX or LSD, by the packets that leave",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab, tracker: trackerHost } = stage
    const payload = payloadFor(stage, "private", opentrackerTiers(trackerHost), 8 * MiB, { private: true })
    const open = payloadFor(stage, "public", libraryTiers(trackerHost, "ipv4"), 8 * MiB)
    const tracker = await startOpentracker(lab, trackerHost, payload.infoHash)
    const openTracker = await startLibraryTracker(lab, trackerHost, {
      infoHash: open.infoHash,
      factor: 1,
      family: "ipv4",
    })
    const dht = await startDht(lab)
    // They would, if the torrent let them.
    const discovery: Discovery = { dht: dht.nodes, pex: true, lsd: true }
    const plan = { uplinkBytesPerSecond: null, discovery }
    const plans: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all" },
      { ...plan, driver: transmission, holding: strided(payload, 2, 1) },
      { ...plan, driver: aria2, holding: "all" },
      { ...plan, driver: qbittorrent, holding: strided(payload, 4, 3) },
    ]
    const openPlans: Plan[] = [{ ...plan, driver: libtorrent, holding: "all" }]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const openMembers = await startMembers(lab, open, openPlans)
    await untilRegistered(openTracker, open, openPlans)

    const flags = ["--pace", "lab", "--lsd", "--dht-bootstrap", dht.entrance]
    const secret = await captured(stage, payload, flags)
    const control = await captured(stage, open, ["--pace", "fast", "--timeout", "30s", ...flags.slice(2)])
    const link = magnetOf(payload, { trackers: opentrackerTiers(trackerHost).flat() })
    const magnet = await captured(stage, payload, flags, link)

    const rows = [["left us", "private", "public", "magnet, all", "magnet, after the metadata"]]
    const { run } = magnet.audited.snapshot
    const knownAtMs = Date.parse(run.startedAt) + (run.metadata?.ms ?? 0)
    const checks = []
    for (const [name, filter] of Object.entries(leaks)) {
      const sent = await secret.capture.sentMs(filter)
      const openly = await control.capture.sentMs(filter)
      const all = await magnet.capture.sentMs(filter)
      const after = all.filter((ms) => ms > knownAtMs + inFlightMs)
      rows.push([name, ...[sent, openly, all, after].map(({ length }) => `${length}`)])
      checks.push(
        check(`private: no ${name} left us`, sent.length === 0, `${sent.length} packets`),
        check(`public: ${name} did`, openly.length > 0),
        check(`magnet: no ${name} after the metadata`, after.length === 0, `${after.length} packets`),
      )
      if (name === "DHT") checks.push(check("magnet: DHT before the metadata", all.length > 0))
    }
    const { snapshot } = secret.audited
    const compared = compare(snapshot, await knownOf(members))
    const forbidden = { dht: "private", pex: "private", lsd: "private", webSeeds: "on" }
    return {
      tables: [compared.table, table(rows)],
      checks: [
        ...checks,
        ...compared.checks,
        ...secret.audited.checks,
        ...checkFoundBy(snapshot, members, "tracker"),
        equal("discovery", snapshot.run.discovery, forbidden),
        equal("discovery, public", control.audited.snapshot.run.discovery, {
          dht: "on",
          pex: "on",
          lsd: "on",
          webSeeds: "on",
        }),
        equal("discovery, magnet", run.discovery, forbidden),
        check("the magnet's metadata came", typeof run.metadata?.from === "string"),
        equal("the magnet's torrent is private", magnet.audited.snapshot.torrent.private, true),
        check(
          "the public one was found",
          // Its IPv6 address, heard of by LSD, has another peer id: nothing proves that it is the same client.
          control.audited.snapshot.swarm.seeders.reached >= 1,
          openMembers[0]?.host.name,
        ),
        checkStrangers(snapshot, members),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
