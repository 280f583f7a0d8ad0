/** Starts the cast, each in a namespace of its own, registered at the trackers. */
import { fileURLToPath } from "node:url"
import type { Host, Lab } from "../../test/clients/netns.ts"
import type { Payload } from "../../test/clients/payload.ts"
import { tail, until } from "../../test/clients/processes.ts"
import type { ActorOptions, Ready } from "./actor.ts"
import { roleOf } from "./roles.ts"
import type { CastPlan } from "./scenario.ts"
import type { Party } from "./truth.ts"

const script = fileURLToPath(new URL("actor.ts", import.meta.url))
/** Two cores start thirty of them. */
const readyMs = 90_000
/** Hosts of the lab are 10.77.0.N: the further addresses of host N are 10.77.N.0/24. */
const mostAddresses = 250

export async function startCast(
  lab: Lab,
  payload: Payload,
  plans: readonly CastPlan[],
  announceUrls: readonly string[],
): Promise<Party[]> {
  const places = []
  for (const plan of plans) {
    const host = await lab.addHost(`${plan.role}-${lab.hosts.length}`, { isolated: true })
    places.push({ plan, host, addresses: await addressesOf(lab, host, plan.count ?? 1) })
  }
  const parties = await Promise.all(
    places.map(async ({ plan, host, addresses }) => {
      const { name, sizeBytes, pieceBytes } = payload
      const options: ActorOptions = {
        role: plan.role,
        addresses,
        secret: plan.secret ?? null,
        directory: host.directory,
        announceUrls,
        bytesPerSecond: plan.bytesPerSecond,
        payload: { name, sizeBytes, pieceBytes },
      }
      const child = lab.start(host, process.execPath, [script, JSON.stringify(options)])
      const ready = await until(`the ${plan.role}`, readyMs, () => {
        const said = tail(child.logFile, 1)
        if (!child.running) throw new Error(tail(child.logFile))
        return said.startsWith("{") ? (JSON.parse(said) as Ready) : null
      })
      return ready.peers.map((peer): Party => partyOf(plan, host, peer))
    }),
  )
  return parties.flat()
}

async function addressesOf(lab: Lab, host: Host, count: number): Promise<string[]> {
  if (count > mostAddresses) throw new Error(`a host has at most ${mostAddresses} addresses`)
  const number = host.ipv4.split(".").at(-1)
  const others = Array.from({ length: count - 1 }, (_, at) => `10.77.${number}.${at + 1}`)
  const commands = others.map((address) => `ip addr add ${address}/16 dev eth0`)
  if (commands.length > 0) await lab.run(host, "sh", ["-ec", commands.join("\n")])
  return [host.ipv4, ...others]
}

function partyOf(plan: CastPlan, host: Host, { address, port, claims }: Ready["peers"][number]): Party {
  const role = roleOf(plan.role)
  return {
    name: `${host.name}${address === host.ipv4 ? "" : ` at ${address}`}`,
    kind: plan.role,
    honest: role.honest,
    accusedBy: role.lie,
    endpoints: [`${address}:${port}`],
    pieces: claims,
    piecesLater: claims,
    showsLess: true,
    role: role.counts,
    roleLater: role.counts,
    uplinkBytesPerSecond: null,
    rateIsKnown: false,
    client: null,
    sentBytes: null,
    ...((role.perHost ?? 1) > 1 ? { group: host.name } : {}),
  }
}
