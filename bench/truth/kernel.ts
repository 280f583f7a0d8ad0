/** What the kernel counted: bytes that left an interface, headers and retransmissions included. */
import type { Host } from "../../test/clients/netns.ts"
import { output } from "../../test/clients/processes.ts"

interface Link {
  stats64: { tx: { bytes: number } }
}

export async function bytesSentBy({ namespace }: Host): Promise<number> {
  const [link] = JSON.parse(
    await output("ip", ["-n", namespace, "-s", "-j", "link", "show", "dev", "eth0"]),
  ) as Link[]
  if (!link) throw new Error(`${namespace} has no eth0`)
  return link.stats64.tx.bytes
}
