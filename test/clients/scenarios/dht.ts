/** A torrent without trackers: everybody is found by the DHT alone, and its scrape (BEP 33) counts them right. */
import { auditSwarm, runCommand } from "../audit.ts"
import type { Discovery, Driver } from "../client.ts"
import { checkNoAccusation, checkStrangers, compare } from "../compare.ts"
import { startDht, untilAnnounced } from "../dht.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { checkFoundBy, knownOf } from "../found.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { isSeeder, MiB, startMembers, type Plan } from "../swarm.ts"
import { check, equal, type Check } from "../table.ts"

/** Whose announces to the DHT tell a seeder from a downloader. */
const seedersSay = new Set<Driver>([libtorrent, qbittorrent])

interface Scrape {
  seeders: Interval
  leechers: Interval
}

type Interval = { low: number; high: number | null } | null | undefined

const holds = (what: string, interval: Interval, least: number, most: number): Check =>
  check(
    what,
    interval !== null &&
      interval !== undefined &&
      interval.low <= most &&
      (interval.high ?? Infinity) >= least,
    `${interval ? `${interval.low}–${interval.high}` : "nothing"}, expected ${least}–${most}`,
  )

export const dhtAlone: Scenario = {
  name: "dht",
  title: "no trackers, no PEX: every client is found by the DHT, and the DHT's scrape is right",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "dht", [], 8 * MiB)
    const dht = await startDht(lab)
    const discovery: Discovery = { dht: dht.nodes, pex: false, lsd: false }
    const plan = { uplinkBytesPerSecond: null, discovery }
    const plans: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all" },
      { ...plan, driver: libtorrent, holding: strided(payload, 2, 1) },
      { ...plan, driver: transmission, holding: "all" },
      { ...plan, driver: aria2, holding: strided(payload, 4, 3) },
      { ...plan, driver: qbittorrent, holding: "all" },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilAnnounced(dht, payload.infoHash, members)

    const flags = ["--pace", "fast", "--no-pex", "--dht-bootstrap", dht.entrance]
    const audited = await auditSwarm(stage, payload, flags)
    const { snapshot } = audited
    const where = ["--allow-local", "-4", "--dht-bootstrap", dht.entrance]
    const words = ["dht", "scrape", payload.infoHash, "--json", ...where]
    const command = await runCommand(stage, stage.auditor, words)
    const [asCommand] = (JSON.parse(command.stdout) as { swarms: Scrape[] }).swarms
    const compared = compare(snapshot, await knownOf(members))
    const asked = snapshot.dht
    // Transmission's and aria2's seeders count as downloaders.
    const says = members.filter(
      (member) => seedersSay.has(member.plan.driver) && isSeeder(member.plan, payload),
    ).length
    const others = members.length - says
    const scrape = asked?.scrape
    const filters = asked?.nodes.filter(({ seederFilter }) => seederFilter !== null).length
    return {
      tables: [
        compared.table,
        `    DHT: ${asked?.replies} of ${asked?.queries} queries answered, ${filters} nodes sent filters, scrape ${JSON.stringify(scrape)}`,
      ],
      checks: [
        ...compared.checks,
        ...audited.checks,
        ...checkFoundBy(snapshot, members, "dht"),
        equal("discovery", snapshot.run.discovery, { dht: "on", pex: "off", lsd: "off", webSeeds: "on" }),
        equal(
          "entrance",
          asked?.bootstrap.map(({ name, origin, ok }) => [name, origin, ok]),
          [[dht.entrance, "user", true]],
        ),
        // We are a downloader, too, once we announced.
        holds("DHT scrape: seeders", scrape?.seeders, says, says),
        holds("DHT scrape: leechers", scrape?.leechers, others, others + 1),
        holds("dht scrape: seeders", asCommand?.seeders, says, says),
        holds("dht scrape: leechers", asCommand?.leechers, others, others + 1),
        checkStrangers(snapshot, members),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
