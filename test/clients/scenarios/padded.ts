/** Two trackers of one swarm; one of them pads its list with addresses where nobody is: it is named, and only it. */
import { drop } from "../firewall.ts"
import type { Scenario } from "../scenario.ts"
import { check, equal } from "../table.ts"
import {
  accusedPeers,
  accusedTrackers,
  auditTwoTrackers,
  crowdAddress,
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
  alone: false,
  async run(stage) {
    const { lab } = stage
    const rival = await lab.addHost("rival", { isolated: false })
    const nobody = Array.from({ length: paddingSize }, (_, index) => crowdAddress(240, index))
    const silent = await lab.addHost("nobody", { isolated: true })
    await lab.run(silent, "sh", ["-ec", nobody.map((at) => `ip addr add ${at}/16 dev eth0`).join("\n")])
    await drop(lab, silent, "")
    const { snapshot, checks } = await auditTwoTrackers(stage, rival, {
      name: "padded",
      network: 30,
      // What honest lists may differ in is four times as much: little of the padded one may be true.
      parts: { first: 40, second: 0, both: 4 },
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
        equal("no other tracker is", accusedTrackers(snapshot), [liar]),
        equal("no peer is", accusedPeers(snapshot), []),
      ],
    }
  },
}
