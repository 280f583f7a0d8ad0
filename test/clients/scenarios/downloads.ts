/** Clients that download everything, one after the other in one place: are they timed, and is nothing left of them? */
import { readdirSync } from "node:fs"
import { downloadWith } from "../download.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const uplink = 4 * MiB
const sizeBytes = 4 * MiB
const timeoutMs = 40_000

export const downloads: Scenario = {
  name: "downloads",
  title: "ordinary clients download it all, and it takes no less than the uplink lets it",
  audits: false,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "downloads", opentrackerTiers(stage.tracker), sizeBytes)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plans: Plan[] = [{ driver: libtorrent, holding: "all", uplinkBytesPerSecond: uplink }]
    await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const host = await lab.addHost("downloader", { isolated: false })
    const rows = [["client", "ms"]]
    const checks: Check[] = []
    for (const driver of [libtorrent, transmission, aria2, qbittorrent]) {
      const { ms } = await downloadWith(driver, { lab, host, payload, timeoutMs })
      const left = readdirSync(host.directory).filter((name) => !name.endsWith(".log"))
      rows.push([driver.name, ms.toFixed(0)])
      checks.push(
        // A full bucket lets the first tenth through at once.
        check(
          `${driver.name}: as long as the uplink takes`,
          ms > 0.9 * (sizeBytes / uplink) * 1_000,
          `${ms}`,
        ),
        equal(`${driver.name}: nothing left`, left, []),
      )
    }
    return { tables: [table(rows)], checks }
  },
}
