/** Clients that encrypt everything, each in its own way, and some that never do; two more dial us. */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkNoAccusation, compare, peerOf } from "../compare.ts"
import { checkWay, contactTable, reachedBy } from "../contact.ts"
import { aria2 } from "../drivers/aria2.ts"
import { deluge } from "../drivers/deluge.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { drop } from "../firewall.ts"
import { knownOf } from "../found.ts"
import { strided } from "../payload.ts"
import { until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { isSeeder, KiB, MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, percent, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const tolerance = 0.1
const rc4 = { encryption: "required", cipher: "rc4" } as const
const inClear = { encryption: "required", cipher: "plaintext" } as const
const off = { encryption: "off" } as const

export const encrypted: Scenario = {
  name: "encrypted",
  title: "encryption required, and refused: everybody is reached, by the right way, and timed right",
  audits: true,
  beside: 1,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "encrypted", opentrackerTiers(stage.tracker))
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const half = strided(payload, 2, 1)
    const required = { encryption: "required" } as const
    const plans: Plan[] = [
      { driver: transmission, holding: "all", uplinkBytesPerSecond: 1 * MiB, contact: required },
      { driver: qbittorrent, holding: half, uplinkBytesPerSecond: 512 * KiB, contact: required },
      { driver: libtorrent, holding: "all", uplinkBytesPerSecond: 2 * MiB, contact: rc4 },
      { driver: aria2, holding: half, uplinkBytesPerSecond: 512 * KiB, contact: rc4 },
      { driver: rtorrent, holding: half, uplinkBytesPerSecond: 256 * KiB, contact: rc4 },
      { driver: deluge, holding: half, uplinkBytesPerSecond: 1 * MiB, contact: rc4 },
      { driver: libtorrent, holding: half, uplinkBytesPerSecond: 512 * KiB, contact: inClear },
      { driver: libtorrent, holding: half, uplinkBytesPerSecond: 256 * KiB, contact: off },
      { driver: qbittorrent, holding: "all", uplinkBytesPerSecond: 1 * MiB, contact: off },
    ]
    const expected = ["rc4", "rc4", "rc4", "rc4", "rc4", "rc4", "plaintext", null, null]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const leechers = plans.filter((plan) => !isSeeder(plan, payload)).length
    const flags = ["--pace", "fast", "--port", "51999", ...trackersOnly]
    const running = auditSwarm(stage, payload, flags)
    let over = false
    const ended = running.finally(() => (over = true))
    // Awaited below; until then its failure must not end this process.
    ended.catch(() => {})
    await until("the auditor's announce", 30_000, async () =>
      over || (await tracker.scrape(payload.infoHash)).leechers > leechers ? true : null,
    )
    const plan: Plan = { driver: libtorrent, holding: half, uplinkBytesPerSecond: 512 * KiB }
    const diallers = await startMembers(
      lab,
      payload,
      [
        { ...plan, contact: { ...rc4, transport: "tcp" } },
        { ...plan, contact: { ...rc4, transport: "utp" } },
      ],
      (host) => drop(lab, host, "ct state new"),
    )
    const audited = await ended
    const { snapshot } = audited
    const everybody = [...members, ...diallers]
    const known = (await knownOf(everybody)).map((entry) => ({
      ...entry,
      uplinkBytesPerSecond: entry.member.plan.uplinkBytesPerSecond,
    }))
    const compared = compare(snapshot, known)

    const handshakes = ["--pace", "lab", "--depth", "handshake", ...trackersOnly]
    const strict = await auditSwarm(stage, payload, [...handshakes, "--encryption", "require"])
    return {
      tables: [compared.table, contactTable(snapshot, everybody), contactTable(strict.snapshot, members)],
      checks: [
        ...compared.checks,
        ...audited.checks,
        ...members.map((member, index) =>
          checkWay(snapshot, member, {
            transport: "tcp",
            encryption: expected[index] ? (`mse-${expected[index]}` as "mse-rc4") : "none",
          }),
        ),
        ...known.flatMap(({ member, uplinkBytesPerSecond }): Check[] => {
          const goodput = peerOf(snapshot, member)?.goodputBytesPerSecond?.value
          if (uplinkBytesPerSecond === null || goodput === undefined) return []
          const share = goodput / uplinkBytesPerSecond
          const what = `${member.host.name}: goodput within ${percent(tolerance)}`
          return [check(what, Math.abs(share - 1) <= tolerance, percent(share))]
        }),
        ...diallers.map((member): Check => {
          const transport = member.plan.contact?.transport ?? "tcp"
          return checkWay(snapshot, member, { transport, encryption: "mse-rc4", direction: "incoming" })
        }),
        checkNoAccusation(snapshot),
        equal(
          "reached with --encryption require",
          members.map((member) => reachedBy(strict.snapshot, member)),
          expected.map((cipher) => cipher !== null),
        ),
        check(
          "by no other way",
          strict.snapshot.peers.every(({ attempts }) =>
            attempts.every(({ ok, encryption }) => !ok || encryption !== "none"),
          ),
        ),
        checkNoAccusation(strict.snapshot),
      ],
    }
  },
}
