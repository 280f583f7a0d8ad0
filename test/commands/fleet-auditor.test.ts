/** What a worker makes of a due audit, on a real swarm. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { auditorFor } from "../../src/commands/fleet/auditor.ts"
import { gatherOptions } from "../../src/commands/request.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { openShared } from "../../src/gather.ts"
import type { FleetTarget } from "../../src/store/fleet.ts"
import { castOf, seeder } from "../support/audit.ts"
import { ownContext } from "../support/own-context.ts"
import { swarmFor } from "../support/swarm.ts"

const flags = { pace: ["lab"], vantage: ["ams"], "allow-local": true, "no-dht": true } as const
const unasked = { recall: () => null, remember() {}, settled: async () => {} }

test("each audit of a target chooses its pieces anew, unless the user chose; its label and its renamed peers are the fleet's", async () => {
  const swarm = await swarmFor(castOf(seeder("one"), seeder("two")))
  const context = ownContext(flags)
  writeFileSync(join(context.home, "x.torrent"), swarm.torrentBytes)
  const network = loopbackNetwork()
  const shared = await openShared({ ...gatherOptions(flags), network, off: [] })
  const key = Buffer.alloc(32, 7)
  const target: FleetTarget = {
    infoHash: "",
    name: "x",
    source: { metainfo: swarm.torrentBytes },
    // What no `fleet add` puts there is no option of a target.
    flags: { depth: ["handshake"], vantage: ["elsewhere"], redact: ["none"] },
    vantages: null,
    cron: "0 * * * *",
  }
  const auditWith = async (more: FleetTarget["flags"]) => {
    const auditor = auditorFor({ ...context, flags: { ...flags, ...more } }, { network, shared, key })
    const { signal } = new AbortController()
    return [await auditor.audit(target, unasked, signal), await auditor.audit(target, unasked, signal)]
  }
  const seeds = (audits: Awaited<ReturnType<typeof auditWith>>) =>
    audits.map((each) => (each.kind === "audited" ? each.snapshot.run.seed : each.kind))
  const anew = await auditWith({})
  const chosen = await auditWith({ seed: ["mine"] })
  shared.close()
  expect(new Set(seeds(anew)).size).toBe(2)
  expect(seeds(chosen)).toEqual(["mine", "mine"])
  for (const each of anew) {
    expect(each).toMatchObject({
      kind: "audited",
      snapshot: { run: { depth: "handshake", vantage: { label: "ams" } } },
    })
    const peers = each.kind === "audited" ? each.snapshot.peers : []
    expect(peers.map(({ address }) => address.includes("~"))).toEqual([true, true])
  }
})
