/** Every client stopped and started again in its place, with TERM and with KILL, while somebody is connected to it. */
import { drivers } from "../drivers/index.ts"
import { strided } from "../payload.ts"
import { pause, until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import {
  glanceAt,
  MiB,
  restartMember,
  startMembers,
  untilRegistered,
  type Member,
  type Plan,
} from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

/** aria2 and Transmission answer a handshake only after 0.4–0.8 s. */
const settleMs = 1_000
const lookMs = 2_000
const visitMs = 10_000
/** Longer than a restart takes: whoever is connected must be cut off by it. */
const stayMs = 30_000

export const restarts: Scenario = {
  name: "restarts",
  title: "clients restarted in place, gently and not: same port and pieces, another peer id",
  audits: false,
  beside: 6,
  async run(stage) {
    const { lab, auditor } = stage
    const payload = payloadFor(stage, "restarts", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const holding = strided(payload, 2, 1)
    const plans = drivers.map((driver): Plan => ({ driver, holding, uplinkBytesPerSecond: null }))
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const second = await lab.addHost("second", { isolated: false })
    const rows = [["client", "signal", "restart ms"]]

    /** The one who looks afterwards comes from another address: two at a time from one, or too soon after, are refused. */
    async function restarted(member: Member, kill: boolean): Promise<{ member: Member; checks: Check[] }> {
      const staying = glanceAt(lab, second, payload, member, stayMs)
      await until(`${member.host.name}'s visitor`, visitMs, async () =>
        (await member.client.truth()).peers.includes(second.ipv4) ? true : null,
      )
      await pause(settleMs)
      const began = performance.now()
      const again = await restartMember(lab, payload, member, { kill })
      const ms = performance.now() - began
      const before = await staying
      const after = await glanceAt(lab, auditor, payload, again, lookMs)
      const truth = await again.client.truth()
      const name = `${member.host.name} after ${kill ? "KILL" : "TERM"}`
      rows.push([member.host.name, kill ? "KILL" : "TERM", ms.toFixed(0)])
      return {
        member: again,
        checks: [
          check(`${name}: cut off`, before.peerId !== "" && before.end !== null, `${before.end}`),
          check(
            `${name}: another peer id`,
            after.peerId !== "" && after.peerId !== before.peerId,
            `${before.peerId}, ${after.peerId}, ${after.end}`,
          ),
          equal(`${name}: pieces shown`, after.haveCount, holding.length),
          equal(`${name}: pieces held`, truth.haveCount, holding.length),
          equal(`${name}: port`, truth.listenPort, member.client.port),
        ],
      }
    }

    const rounds = await Promise.all(
      members.map(async (member) => {
        const gently = await restarted(member, false)
        const suddenly = await restarted(gently.member, true)
        return [...gently.checks, ...suddenly.checks]
      }),
    )
    return { tables: [table(rows)], checks: rounds.flat() }
  },
}
