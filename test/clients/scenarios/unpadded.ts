/** Ten honest swarms at two trackers, half of each behind NAT and 15% gone, every one otherwise: nobody is named. */
import { addCrowdHost } from "../crowd.ts"
import type { Scenario } from "../scenario.ts"
import { equal, type Check } from "../table.ts"
import {
  accusedPeers,
  accusedTrackers,
  addressesIn,
  auditTwoTrackers,
  phantoms,
  said,
} from "../two-trackers.ts"

const swarms = 10
const natShare = 0.5
const staleShare = 0.15

/** The same swarms in every run: a choice that looks like chance and follows from the swarm and the peer. */
const drawn = (swarm: number, index: number, salt: number): number => {
  const mixed = Math.imul((swarm + 1) * 7_919 + index * 104_729 + salt * 1_299_709, 0x9e3779b1)
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
}

export const unpadded: Scenario = {
  name: "unpadded",
  title: `${swarms} honest swarms at two trackers, half behind NAT and 15% gone: nobody is named`,
  audits: true,
  beside: 6,
  async run(stage) {
    const rival = await stage.lab.addHost("rival", { isolated: false })
    const addresses = addressesIn(31, 90 + 2 * swarms)
    const crowd = await addCrowdHost(stage.lab, "crowd", addresses)
    const tables: string[] = []
    const checks: Check[] = []
    let judged = 0
    for (let swarm = 0; swarm < swarms; swarm++) {
      const name = `unpadded-${swarm}`
      const audited = await auditTwoTrackers(stage, rival, {
        name,
        crowd,
        addresses,
        parts: { first: 38 + swarm, second: 52 - swarm, both: 2 * swarm },
        listens: (index) => drawn(swarm, index, 1) >= natShare,
        gone: (index) => drawn(swarm, index, 2) < staleShare,
        padding: [],
      })
      const { snapshot } = audited
      tables.push(...said(name, snapshot))
      if (phantoms(snapshot).some(({ verdict }) => verdict === "pass")) judged++
      checks.push(
        ...audited.checks,
        equal(`${name}: no tracker is named`, accusedTrackers(snapshot), []),
        equal(`${name}: no peer is`, accusedPeers(snapshot), []),
      )
    }
    return { tables, checks: [...checks, equal("judged, not passed over", judged, swarms)] }
  },
}
