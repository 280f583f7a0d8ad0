/** Who super-seeds shows a newcomer fewer pieces than it holds, and who can't says so. */
import { aria2 } from "../drivers/aria2.ts"
import { deluge } from "../drivers/deluge.ts"
import { libtorrent, libtorrentPartialSeed } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { glanceAt, MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

/** libtorrent shows its first piece after eleven seconds, then one a second. */
const lookMs = 13_500

export const superseeding: Scenario = {
  name: "superseeding",
  title: "super-seeders hold everything and show little of it",
  audits: false,
  beside: 6,
  async run(stage) {
    const { lab, auditor } = stage
    const payload = payloadFor(stage, "superseeding", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plan = { holding: "all", uplinkBytesPerSecond: null, superSeeding: true } as const
    const plans: Plan[] = [libtorrent, qbittorrent, deluge, rtorrent].map((driver) => ({ ...plan, driver }))
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const shown = await Promise.all(members.map((member) => glanceAt(lab, auditor, payload, member, lookMs)))
    const truths = await Promise.all(members.map(({ client }) => client.truth()))
    const refusals = await Promise.all(
      [transmission, aria2, libtorrentPartialSeed].map(async (driver): Promise<Check> => {
        const outcome = await startMembers(lab, payload, [{ ...plan, driver }]).catch(String)
        const refused = typeof outcome === "string" && outcome.includes("can't super-seed")
        return check(`${driver.name} refuses`, refused)
      }),
    )
    return {
      tables: [
        table([
          ["client", "holds", "shows"],
          ...members.map(({ host }, index) => [
            host.name,
            String(truths[index]?.haveCount),
            String(shown[index]?.haveCount),
          ]),
        ]),
      ],
      checks: [
        ...members.flatMap(({ host }, index) => [
          equal(`${host.name}: holds all`, truths[index]?.haveCount, payload.pieceCount),
          equal(`${host.name}: stays connected`, shown[index]?.end, null),
          check(`${host.name}: shows some`, (shown[index]?.haveCount ?? 0) > 0),
          check(
            `${host.name}: shows fewer`,
            (shown[index]?.haveCount ?? payload.pieceCount) < payload.pieceCount / 2,
          ),
        ]),
        ...refusals,
      ],
    }
  },
}
