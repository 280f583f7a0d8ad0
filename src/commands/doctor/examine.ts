/** All examinations, at the same time, each within its own bound and the command's. */
import type { Endpoint, Family } from "../../evidence.ts"
import { bootstrapOf } from "../../gather.ts"
import { admission } from "../../gather/admission.ts"
import type { PaceName } from "../../limits.ts"
import type { Network, ProxyOff } from "../../network.ts"
import { cacheDirectory, stateDirectory } from "../../store/state.ts"
import { anyPort } from "../../torrent/endpoint.ts"
import { askNodes } from "./dht-nodes.ts"
import type { Facts } from "./facts.ts"
import { examineInbound } from "./inbound.ts"
import { defaultGateway, directoryFact, fileLimit, ownAddresses } from "./machine.ts"
import { wellKnown, type Router } from "./router.ts"
import { askClock } from "./tracker-clock.ts"

export interface Examination {
  network: Network
  families: readonly Family[]
  port: number | null
  map: boolean
  trackers: readonly string[]
  dhtBootstrap: readonly Endpoint[]
  allowLocal: boolean
  pace: PaceName
  off: readonly ProxyOff[]
  proxied: boolean
  environment: NodeJS.ProcessEnv
  userAgent: string
  signal: AbortSignal
}

export async function examine(asked: Examination): Promise<Facts> {
  const { network, families, trackers, dhtBootstrap, allowLocal, pace, off, proxied, environment, signal } =
    asked
  const rules = admission({ allowLocal, pace, trackers, peers: [], dhtBootstrap, lsd: false, proxied })
  const tracker = trackers.find((url) => /^https?:/i.test(url))
  const names = off.includes("DHT") ? [] : bootstrapOf({ nodes: [] }, { dhtBootstrap, allowLocal })
  const [dht, clock, inbound, files, directories] = await Promise.all([
    // Every name is the user's or our own.
    askNodes({ names, families, rules: anyPort(rules.peer("dht", null)), network, signal }),
    tracker === undefined
      ? null
      : askClock(tracker, rules.tracker(tracker, "user"), asked.userAgent, network, signal),
    routerFor(asked).then((router) => examineInbound(network, families, asked.port, router)),
    fileLimit(),
    Promise.all([
      directoryFact("state", stateDirectory(environment)),
      directoryFact("cache", cacheDirectory(environment)),
    ]),
  ])
  return {
    wanted: families,
    proxied,
    off,
    addresses: ownAddresses(network.localHosts()),
    ...dht,
    names: [...dht.names, ...(clock?.name ? [clock.name] : [])],
    clock: clock?.clock ?? null,
    inbound,
    files,
    directories,
    node: process.versions.node,
  }
}

async function routerFor({ map, network, signal }: Examination): Promise<Router | null> {
  if (!map) return null
  return { network, gateway: await defaultGateway(), ...wellKnown, loopback: false, signal }
}
