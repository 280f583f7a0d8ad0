/** Who never unchokes, but gives a few pieces to those it chokes (BEP 6), can be verified; who gives nothing can't be. */
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkNoAccusation, peerOf } from "../compare.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { knownOf } from "../found.ts"
import { strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

export const allowedFast: Scenario = {
  name: "allowed-fast",
  title: "choked for good: verified by the pieces that are allowed all the same",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "allowed-fast", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const choking = {
      driver: libtorrent,
      holding: strided(payload, 2, 1),
      uplinkBytesPerSecond: null,
      uploadSlots: 0,
    }
    const plans: Plan[] = [
      { ...choking, contact: { allowedFast: 8 } },
      { ...choking, contact: { allowedFast: 0 } },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const audited = await auditSwarm(stage, payload, ["--pace", "lab", ...trackersOnly])
    const { snapshot } = audited
    const rows = [["client", "stage", "outcome", "unchoked", "right", "wrong"]]
    const checks = (await knownOf(members)).flatMap(({ member, truth }): Check[] => {
      const peer = peerOf(snapshot, member)
      const gives = member.plan.contact?.allowedFast !== 0
      const right = peer?.samples.filter(({ verified }) => verified === true).length ?? 0
      const wrong = peer?.samples.filter(({ verified }) => verified === false).length ?? 0
      const unchokeMs = peer?.timeline.unchokeMs ?? null
      rows.push([
        member.host.name,
        peer?.stage ?? "–",
        peer?.outcome ?? "–",
        String(unchokeMs),
        `${right}`,
        `${wrong}`,
      ])
      const name = `${member.host.name}, ${gives ? "allowing" : "not allowing"}`
      return [
        equal(`${name}: pieces`, peer?.haveCount, truth.haveCount),
        equal(`${name}: never unchoked us`, unchokeMs, null),
        check(`${name}: ${gives ? "verified" : "not verified"}`, right > 0 === gives && wrong === 0),
        equal(`${name}: stage`, peer?.stage, gives ? "verified" : "claimed"),
      ]
    })
    return {
      tables: [table(rows)],
      checks: [...checks, ...audited.checks, checkNoAccusation(snapshot)],
    }
  },
}
