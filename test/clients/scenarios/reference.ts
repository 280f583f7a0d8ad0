/** The publisher's own copy beside a v1 torrent: a block of a peer is held against it. Where the copy is wrong, it convicts nobody. */
import { join } from "node:path"
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkCaught, checkProven, sampleTable } from "../block-proof.ts"
import { checkNoAccusation, compare } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { knownOf } from "../found.ts"
import { range, strided } from "../payload.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, spoilPieces, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { equal } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

export const reference: Scenario = {
  name: "reference",
  title: "with the publisher's own copy a corrupter is caught by one block; a bad copy accuses nobody",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "reference", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const all = range(0, payload.pieceCount)
    const plan = { uplinkBytesPerSecond: null }
    const plans: Plan[] = [
      { ...plan, driver: libtorrent, holding: "all" },
      { ...plan, driver: aria2, holding: "all" },
      { ...plan, driver: transmission, holding: strided(payload, 2, 1) },
      { ...plan, driver: libtorrent, holding: "all" },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const [corrupter] = members.slice(-1)
    const honest = members.slice(0, -1)
    if (!corrupter) throw new Error("four members were planned")

    const bad = join(lab.directory, "bad-copy")
    payload.writeTo(bad, strided(payload, 2, 1))
    payload.spoil(bad, all.slice(0, 4))
    const flags = ["--pace", "lab", "--max-download", "32MiB", ...trackersOnly]
    const misled = await auditSwarm(stage, payload, [...flags, "--reference", bad])

    spoilPieces(payload, corrupter, all)
    const copy = join(lab.directory, "copy")
    payload.writeTo(copy, "all")
    const audited = await auditSwarm(stage, payload, [...flags, "--reference", copy])
    const { snapshot } = audited
    const compared = compare(snapshot, await knownOf(honest))
    const kept = all.filter((piece) => piece % 2 === 0 && piece >= 4).length
    return {
      tables: [compared.table, sampleTable(snapshot, members), sampleTable(misled.snapshot, members)],
      checks: [
        ...compared.checks,
        ...honest.flatMap((member) => checkProven(snapshot, member, "reference")),
        ...checkCaught(snapshot, corrupter, "reference"),
        ...audited.checks,
        ...misled.checks,
        equal("the copy", snapshot.run.reference, { right: payload.pieceCount, wrong: 0, missing: 0 }),
        equal("the bad copy", misled.snapshot.run.reference, {
          right: kept,
          wrong: payload.pieceCount - kept,
          missing: 0,
        }),
        checkNoAccusation(misled.snapshot),
      ],
    }
  },
}
