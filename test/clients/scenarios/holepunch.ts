/**
 * Two peers and the auditor, each behind a NAT that lets nobody in, and a peer that all of them can dial: it tells both sides
 * of each other (BEP 55). Whether it can be done here at all is shown by the two peers, who do it by themselves.
 */
import { auditSwarm } from "../audit.ts"
import { checkNoAccusation, peerOf } from "../compare.ts"
import { contactTable } from "../contact.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { drop } from "../firewall.ts"
import { knownOf } from "../found.ts"
import { strided } from "../payload.ts"
import { until } from "../processes.ts"
import { addRouter } from "../router.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Member, type Plan } from "../swarm.ts"
import { check, equal, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const connectedMs = 20_000

export const holepunch: Scenario = {
  name: "holepunch",
  title: "peers behind NATs, and so are we: a common peer brings us together",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "holepunch", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const homes = ["one", "other", "ours"].map((home) => `router-${home}`)
    const routers = []
    for (const home of homes) {
      const router = await addRouter(lab, home, { isolated: false })
      // Refusing would leave a trace in its table of translations, and the port that was punched would no longer be free.
      await drop(lab, router, "ct state new")
      routers.push(router)
    }
    const plan: Plan = {
      driver: libtorrent,
      holding: strided(payload, 2, 1),
      uplinkBytesPerSecond: null,
      sharing: true,
    }
    // It comes first: who hears of it by its announce can't be dialled, and would not hear again for half an hour.
    const [common] = await startMembers(lab, payload, [plan])
    if (!common) throw new Error("one member was planned")
    await untilRegistered(tracker, payload, [plan])
    // One after the other, so that the second hears of the first in the common peer's first PEX message: the next is a minute away.
    const hidden: Member[] = []
    const plans = [plan]
    for (const household of ["one", "other"]) {
      const behind: Plan = { ...plan, household, unreachable: true }
      plans.push(behind)
      hidden.push(...(await startMembers(lab, payload, [behind])))
      await until("the hidden one at the common peer", connectedMs, async () => {
        const { peers } = await common.client.truth()
        return hidden.every(({ address }) => peers.includes(address)) || null
      })
    }
    const members = [common, ...hidden]
    await untilRegistered(tracker, payload, plans)
    const [ours] = routers.slice(-1)
    const auditor = await lab.addHost("hidden-auditor", { isolated: false, router: ours ?? null })

    const audited = await auditSwarm({ ...stage, auditor }, payload, [
      "--pace",
      "fast",
      "--no-dht",
      "--timeout",
      "40s",
    ])
    const { snapshot } = audited
    const known = await knownOf(hidden)
    const punched = known.some(({ truth }) => truth.connections?.some(({ holepunched }) => holepunched))
    return {
      tables: [
        contactTable(snapshot, members),
        `    the two among themselves: ${punched ? "met" : "not met"}`,
      ],
      checks: [
        ...audited.checks,
        equal("the common peer", peerOf(snapshot, common)?.outcome, "ok"),
        ...known.flatMap(({ member, truth }): Check[] => {
          const peer = peerOf(snapshot, member)
          const last = peer?.attempts.find(({ ok }) => ok)
          return [
            equal(
              `${member.host.name}: reached through`,
              last?.relay,
              `${common.address}:${common.client.port}`,
            ),
            equal(`${member.host.name}: over`, last?.transport, "utp"),
            equal(`${member.host.name}: pieces`, peer?.haveCount, truth.haveCount),
            check(`${member.host.name}: sampled`, peer?.samples.some(({ verified }) => verified) === true),
          ]
        }),
        checkNoAccusation(snapshot),
      ],
    }
  },
}
