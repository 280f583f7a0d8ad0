/** Two trackers of one swarm; one of them pads its list with addresses where nobody is: it is named, and only it. */
import { addCrowdHost } from "../crowd.ts"
import { drop } from "../firewall.ts"
import type { Scenario } from "../scenario.ts"
import { check, equal } from "../table.ts"
import {
  accusedPeers,
  accusedTrackers,
  addressesIn,
  auditTwoTrackers,
  phantoms,
  said,
  secondUrl,
} from "../two-trackers.ts"

const paddingSize = 70
/** The audit's family-wise level. */
const level = 0.001

export const padded: Scenario = {
  name: "padded",
  title: "a tracker that pads its list is named with a p-value, and nobody else",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const rival = await lab.addHost("rival", { isolated: false })
    const nobody = addressesIn(240, paddingSize)
    await drop(lab, await addCrowdHost(lab, "nobody", nobody), "")
    // What honest lists may differ in is four times as much: little of the padded one may be true.
    const parts = { first: 40, second: 0, both: 4 }
    const addresses = addressesIn(30, 44)
    const { snapshot, checks } = await auditTwoTrackers(stage, rival, {
      name: "padded",
      crowd: await addCrowdHost(lab, "crowd", addresses),
      addresses,
      parts,
      listens: () => true,
      gone: () => false,
      padding: nobody.map((at) => `${at}:6881`),
    })
    const [finding, ...more] = phantoms(snapshot)
    const liar = `tracker:${secondUrl(rival)}`
    return {
      tables: said("padded", snapshot),
      checks: [
        ...checks,
        equal("the one that pads is named", finding && [finding.verdict, finding.subject], ["warn", liar]),
        check("once", more.length === 0, `${more.length} more`),
        check(
          "with a p-value",
          typeof finding?.pValue === "number" && finding.pValue < level,
          `${finding?.pValue}`,
        ),
        equal(
          "no other tracker is",
          accusedTrackers(snapshot).filter((accused) => !accused.endsWith(liar)),
          [],
        ),
        equal("no peer is", accusedPeers(snapshot), []),
      ],
    }
  },
}
