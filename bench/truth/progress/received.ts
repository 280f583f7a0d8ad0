/**
 * What the kernel counted on its way to each host: the bridge's ports know it, all of them in one question. Payload is what is
 * left when each packet loses 14 bytes of Ethernet, 20 of IPv4 and 32 of TCP with timestamps: nothing, of a mere ACK.
 */
import type { Host } from "../../../test/clients/netns.ts"
import { output, pause } from "../../../test/clients/processes.ts"
import { pieceDataShare } from "../../../test/clients/shaping.ts"

const headerBytes = 14 + 20 + 32
const everyMs = 500

interface Port {
  ifname: string
  stats64: { tx: { bytes: number; packets: number } }
}

/** [Unix time in ms, piece data so far], in order. */
export type Received = readonly (readonly [number, number])[]

const portOf = ({ ipv4 }: Host): string => `port${ipv4.split(".").at(-1)}`
const bridgeOf = ({ namespace, name }: Host): string => `${namespace.slice(0, -name.length)}bridge`

/** Counts until the signal comes; then what came to each host, in their order. */
export async function countReceived(hosts: readonly Host[], signal: AbortSignal): Promise<Received[]> {
  const counts = hosts.map((): [number, number][] => [])
  const [first] = hosts
  if (!first) return []
  while (!signal.aborted) {
    const said = await output("ip", ["-n", bridgeOf(first), "-s", "-j", "link", "show", "type", "veth"])
    const at = Date.now()
    const ports = new Map((JSON.parse(said) as Port[]).map((port) => [port.ifname, port.stats64.tx]))
    hosts.forEach((host, index) => {
      const sent = ports.get(portOf(host))
      if (!sent) throw new Error(`the bridge has no ${portOf(host)}`)
      counts[index]?.push([at, (sent.bytes - headerBytes * sent.packets) * pieceDataShare])
    })
    await pause(everyMs)
  }
  return counts
}

/** Between two moments, linearly between the counts beside them; null: they weren't counted. */
export function receivedBetween(counts: Received, from: number, to: number): number | null {
  const [start, end] = [receivedUntil(counts, from), receivedUntil(counts, to)]
  return start === null || end === null ? null : end - start
}

function receivedUntil(counts: Received, at: number): number | null {
  const next = counts.findIndex(([time]) => time >= at)
  const [before, after] = [counts[next - 1], counts[next]]
  if (!before || !after) return null
  return before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0])
}
