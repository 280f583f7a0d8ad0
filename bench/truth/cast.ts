/** Starts the cast, each in a namespace of its own, registered at the tracker. */
import { fileURLToPath } from "node:url"
import type { Lab } from "../../test/clients/netns.ts"
import type { Payload } from "../../test/clients/payload.ts"
import { tail, until } from "../../test/clients/processes.ts"
import type { ActorOptions, Ready } from "./actor.ts"
import { roles } from "./roles.ts"
import type { CastPlan } from "./scenario.ts"
import type { Party } from "./truth.ts"

const script = fileURLToPath(new URL("actor.ts", import.meta.url))
const readyMs = 20_000

export async function startCast(
  lab: Lab,
  payload: Payload,
  plans: readonly CastPlan[],
  announceUrl: string,
): Promise<Party[]> {
  const hosts = []
  for (const plan of plans)
    hosts.push({ plan, host: await lab.addHost(`${plan.role}-${lab.hosts.length}`, { isolated: true }) })
  return Promise.all(
    hosts.map(async ({ plan, host }): Promise<Party> => {
      const { name, sizeBytes, pieceBytes } = payload
      const options: ActorOptions = {
        role: plan.role,
        address: host.ipv4,
        directory: host.directory,
        announceUrl,
        bytesPerSecond: plan.bytesPerSecond,
        payload: { name, sizeBytes, pieceBytes },
      }
      const child = lab.start(host, process.execPath, [script, JSON.stringify(options)])
      const ready = await until(`the ${plan.role}`, readyMs, () => {
        const said = tail(child.logFile, 1)
        if (!child.running) throw new Error(tail(child.logFile))
        return said.startsWith("{") ? (JSON.parse(said) as Ready) : null
      })
      const role = roles[plan.role]
      return {
        name: host.name,
        kind: plan.role,
        honest: role.honest,
        accusedBy: role.lie,
        endpoints: [`${host.ipv4}:${ready.port}`],
        pieces: ready.claims,
        piecesLater: ready.claims,
        showsLess: true,
        role: role.counts,
        roleLater: role.counts,
        uplinkBytesPerSecond: null,
        rateIsKnown: false,
        client: null,
        sentBytes: null,
      }
    }),
  )
}
