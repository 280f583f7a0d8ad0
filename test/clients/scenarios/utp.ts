/** Clients that have no TCP, on a good line, a slow one, and on two that lose and mix up what they carry. */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { bitfieldOf, checkNoAccusation, compare, peerOf } from "../compare.ts"
import { checkWay, contactTable } from "../contact.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { knownOf } from "../found.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const rate = 1 * MiB

export const utp: Scenario = {
  name: "utp",
  title: "uTP alone, with 1% and 5% of packets lost and as many overtaken: reached, read and sampled right",
  audits: true,
  alone: true,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "utp", opentrackerTiers(stage.tracker), 16 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plan = { uplinkBytesPerSecond: null, contact: { transport: "utp" } } as const
    const half = strided(payload, 2, 1)
    const bad = (ratio: number) => ({ lossRatio: ratio, lateRatio: ratio, lateMs: 5 })
    const plans: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all", uplinkBytesPerSecond: rate },
      { ...plan, driver: qbittorrent, holding: half },
      { ...plan, driver: libtorrent, holding: "all", impairment: bad(0.01) },
      { ...plan, driver: libtorrent, holding: half, impairment: bad(0.05) },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const audited = await auditSwarm(stage, payload, ["--pace", "fast", ...trackersOnly])
    const { snapshot } = audited
    const known = (await knownOf(members)).map((entry) => ({
      ...entry,
      uplinkBytesPerSecond: entry.member.plan.uplinkBytesPerSecond,
    }))
    // On the worst line libtorrent's own uTP stands still for many seconds, towards libtorrent as well: what comes is right.
    const worst = known.slice(-1)
    const compared = compare(snapshot, known.slice(0, -1))
    return {
      tables: [compared.table, compare(snapshot, worst).table, contactTable(snapshot, members)],
      checks: [
        ...compared.checks,
        ...worst.flatMap(({ member, truth }): Check[] => {
          const peer = peerOf(snapshot, member)
          const verified = peer?.samples.map((sample) => sample.verified) ?? []
          return [
            equal(
              `${member.host.name}: bitfield is the client's own`,
              peer?.bitfield,
              bitfieldOf(truth.pieces),
            ),
            check(`${member.host.name}: some pieces right`, verified.includes(true)),
            check(`${member.host.name}: none wrong`, !verified.includes(false)),
          ]
        }),
        ...audited.checks,
        ...members.map((member) => checkWay(snapshot, member, { transport: "utp", encryption: "none" })),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
