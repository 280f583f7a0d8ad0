/**
 * A DHT for the lab: libtorrent nodes, each on an address of its own, all on one host.
 *
 * Facts that this file depends on:
 * - libtorrent and its children keep one node per /24 in a search, and in a bucket: the nodes are /24s apart.
 * - Transmission stays silent until it knows nine nodes.
 * - libtorrent answers `scrape` (BEP 33) with filters in place of peers, not beside them; the others here ignore it.
 */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { exchange } from "./api.ts"
import { readyMs } from "./client.ts"
import type { Host, Lab } from "./netns.ts"
import { until } from "./processes.ts"
import type { Member } from "./swarm.ts"

const script = fileURLToPath(new URL("dht_nodes.py", import.meta.url))
const nodeCount = 16
const firstNetwork = 100
const dhtPort = 6881

/** Names that clients have built in, which nobody here can resolve otherwise. */
const entranceNames = [
  "router.bittorrent.com",
  "router.utorrent.com",
  "router.bitcomet.com",
  "dht.libtorrent.org",
  "dht.transmissionbt.com",
  "dht.aelitis.com",
]

export interface Dht {
  readonly host: Host
  /** `host:port`, the entrance first. */
  readonly nodes: readonly string[]
  readonly entrance: string
  /** A command of dht_nodes.py. */
  ask<T>(command: Record<string, unknown>): Promise<T>
  /** Peers that a node of it finds: `host:port`. */
  peers(infoHash: string): Promise<string[]>
}

/** libtorrent's put of a mutable item takes 15 s here. */
const askMs = 60_000
const announcedMs = 75_000

export async function startDht(lab: Lab): Promise<Dht> {
  const host = await lab.addHost("dht", { isolated: false })
  const addresses = Array.from({ length: nodeCount }, (_, index) => `10.77.${firstNetwork + index}.1`)
  const commands = addresses.map((address) => `ip addr add ${address}/16 dev eth0`)
  await lab.run(host, "sh", ["-ec", commands.join("\n")])
  const socketPath = join(host.directory, "state")
  lab.start(host, "/usr/bin/python3", [script, socketPath, JSON.stringify({ addresses, port: dhtPort })])

  async function ask<T>(command: Record<string, unknown>): Promise<T> {
    const reply = await exchange(socketPath, `${JSON.stringify(command)}\n`, askMs)
    const answer = JSON.parse(reply.toString()) as T & { error?: string }
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }

  await until("the DHT's nodes to know each other", readyMs, async () => {
    const { known } = await ask<{ known: number }>({ do: "known" })
    return known >= nodeCount * 8 || null
  })
  for (const name of entranceNames) lab.name(name, addresses[0] ?? "")
  const nodes = addresses.map((address) => `${address}:${dhtPort}`)
  return {
    host,
    nodes,
    entrance: nodes[0] ?? "",
    ask,
    async peers(infoHash) {
      return (await ask<{ peers: string[] }>({ do: "peers", infoHash })).peers
    },
  }
}

/** aria2 takes 20 s, rTorrent up to 40 s. A port may come out of a NAT changed, and out of rTorrent. */
export async function untilAnnounced(dht: Dht, infoHash: string, members: readonly Member[]): Promise<void> {
  let missing: string[] = []
  try {
    await until("every client's announce to the DHT", announcedMs, async () => {
      const named = new Set((await dht.peers(infoHash)).map((peer) => peer.split(":")[0]))
      missing = members.filter(({ address }) => !named.has(address)).map(({ host }) => host.name)
      return missing.length === 0 || null
    })
  } catch (error) {
    throw new Error(`the DHT does not know ${missing.join(", ")}`, { cause: error })
  }
}
