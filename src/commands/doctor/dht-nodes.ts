/** Every node that a DHT lookup would begin with is pinged (BEP 5), in each family: who answers, and where does it see us? */
import { openDhtClient, type DhtClient } from "../../discovery/dht/client.ts"
import type { BootstrapName } from "../../discovery/dht.ts"
import type { Family } from "../../evidence.ts"
import { failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import { admits, formatEndpoint, splitHostPort, type AddressRules } from "../../torrent/endpoint.ts"
import type { Facts, NameFact, NodeFact } from "./facts.ts"

export interface DhtExamination {
  names: readonly BootstrapName[]
  families: readonly Family[]
  rules: AddressRules
  network: Network
  signal: AbortSignal
}

export async function askNodes(
  options: DhtExamination,
): Promise<Pick<Facts, "names" | "nodes" | "noSocket">> {
  const { families, network, signal } = options
  const { firstSlowMs, minSlowMs, maxSlowMs } = limits.dht
  const timing = { timeoutMs: limits.doctor.pingMs, firstSlowMs, minSlowMs, maxSlowMs }
  const opened = await Promise.all(
    families.map(async (family) => ({ family, outcome: await openDhtClient({ family, network, timing }) })),
  )
  const clients = opened.flatMap(({ outcome }) => (outcome.ok ? [outcome.value] : []))
  const noSocket = opened.flatMap(({ family, outcome }) =>
    outcome.ok ? [] : [{ family, failure: outcome.failure }],
  )
  const names: NameFact[] = []
  const nodes: NodeFact[] = []
  try {
    await Promise.all(options.names.map(async ({ name }) => nodes.push(...(await askName(name)))))
  } finally {
    for (const client of clients) client.close()
  }
  return { names, nodes, noSocket }

  async function askName(name: string): Promise<NodeFact[]> {
    const split = splitHostPort(name)
    if (!split) return []
    const startedMs = network.now()
    const found = await network.resolve(split.host, signal)
    const isName = !found.ok || found.value.some(({ host }) => host !== split.host)
    if (isName)
      names.push({
        name: split.host,
        ms: network.now() - startedMs,
        failure: found.ok ? null : found.failure,
      })
    const admitted = found.ok ? found.value.filter(({ host }) => admits(options.rules, host, split.port)) : []
    return Promise.all(
      clients.flatMap((client) => {
        const at = admitted.find(({ family }) => family === client.family)
        return at ? [ping(client, { host: at.host, port: split.port }, signal)] : []
      }),
    )
  }
}

async function ping(
  client: DhtClient,
  to: { host: string; port: number },
  signal: AbortSignal,
): Promise<NodeFact> {
  const { family, port: fromPort } = client
  const node = { address: formatEndpoint(to.host, to.port), family, fromPort }
  let why = failure("timeout")
  for (let tried = 0; tried < limits.doctor.pings; tried++) {
    const outcome = await client.query(to, "ping", {}, signal)
    if (outcome.ok) return { ...node, ms: outcome.value.ms, failure: null, seenAs: outcome.value.seenAs }
    why = outcome.failure
    if (why.code !== "timeout") break
  }
  return { ...node, ms: null, failure: why, seenAs: null }
}
