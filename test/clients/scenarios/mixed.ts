/** Every kind of client, one that encrypts everything and one without TCP among them: how soon is it known what each holds? */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkCounts, checkNoAccusation, compare } from "../compare.ts"
import { checkWay, contactTable, knownMs } from "../contact.ts"
import { aria2 } from "../drivers/aria2.ts"
import { deluge } from "../drivers/deluge.ts"
import { libtorrent, libtorrentPartialSeed } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { knownOf } from "../found.ts"
import { range, strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const mostMs = 20_000

export const mixed: Scenario = {
  name: "mixed",
  title: "twelve clients of six kinds, by every way: what each holds is known within 20 s",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "mixed", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plan = { holding: "all", uplinkBytesPerSecond: null } as const
    const half = { ...plan, holding: strided(payload, 2, 1) }
    const rc4 = { encryption: "required", cipher: "rc4" } as const
    const plans: Plan[] = [
      { ...plan, driver: transmission, contact: { encryption: "required" } },
      { ...half, driver: libtorrent, contact: { transport: "utp" } },
      { ...half, driver: transmission },
      { ...plan, driver: aria2 },
      { ...half, driver: aria2, contact: rc4 },
      { ...plan, driver: qbittorrent },
      { ...half, driver: qbittorrent, contact: { encryption: "off" } },
      { ...plan, driver: deluge },
      { ...half, driver: deluge },
      { ...plan, driver: libtorrent },
      { ...plan, driver: libtorrentPartialSeed, holding: range(4, 20) },
      { ...plan, driver: rtorrent },
      { ...half, driver: rtorrent },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const audited = await auditSwarm(stage, payload, trackersOnly)
    const { snapshot } = audited
    const compared = compare(snapshot, await knownOf(members))
    const [encryptedOnly, utpOnly] = members
    if (!encryptedOnly || !utpOnly) throw new Error("thirteen members were planned")
    return {
      tables: [compared.table, contactTable(snapshot, members)],
      checks: [
        ...compared.checks,
        ...checkCounts(snapshot, payload, members),
        ...audited.checks,
        ...members.map((member): Check => {
          const ms = knownMs(snapshot, member)
          return check(`${member.host.name}: known in time`, ms !== null && ms <= mostMs, `${ms} ms`)
        }),
        checkWay(snapshot, encryptedOnly, { transport: "tcp", encryption: "mse-rc4" }),
        checkWay(snapshot, utpOnly, { transport: "utp", encryption: "none" }),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
