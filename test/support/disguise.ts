/** A plain TCP peer, made to be reached by one way only: its connections are carried over uTP, or from MSE into the clear. */
import net from "node:net"
import { onTestFinished } from "vitest"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { failure } from "../../src/failure.ts"
import type { Connection } from "../../src/network.ts"
import { parseEndpoint } from "../../src/torrent/endpoint.ts"
import type { Way } from "../../src/wire/dial.ts"
import { receiveEncryption } from "../../src/wire/mse.ts"
import { openUtp } from "../../src/wire/utp.ts"
import { quietPort } from "./ports.ts"

/** Where it is reached then. With `takesTcp`, plain TCP is accepted and closed, as clients without TCP are seen to do. */
export async function disguised(
  address: string,
  way: Way,
  infoHash: Uint8Array,
  { takesTcp = false } = {},
): Promise<string> {
  const network = loopbackNetwork()
  const open = new Set<{ end(): void }>()

  async function carry(connection: Connection): Promise<void> {
    const received = await receiveEncryption(connection, {
      infoHashes: [infoHash],
      policy: way.encrypted ? "require" : "off",
      network,
      timeoutMs: 5_000,
    })
    if (!received.ok) return
    const { value: carried } = received
    const { stream, ended } = carried
    const inner = net.connect(parseEndpoint(address)?.port ?? 0, "127.0.0.1")
    const link = {
      end() {
        carried.close(failure("closed"))
        inner.destroy()
        open.delete(link)
      },
    }
    open.add(link)
    inner.on("error", () => {}).on("close", () => link.end())
    void ended.then(() => link.end())
    stream.pipe(inner)
    inner.pipe(stream)
  }

  const listening = await network.listen(await quietPort(), (connection) => {
    if (way.transport === "tcp") void carry(connection)
    else connection.close(failure("closed"))
  })
  if (!listening.ok) throw new Error(listening.failure.code)
  const { port } = listening.value
  onTestFinished(() => {
    listening.value.close()
    for (const link of open) link.end()
  })
  if (way.transport === "tcp") return `127.0.0.1:${port}`
  const utp = await openUtp({
    network,
    families: ["ipv4"],
    port,
    onConnection: (connection) => void carry(connection),
  })
  if (!utp.ok) throw new Error(utp.failure.code)
  onTestFinished(() => utp.value.close())
  if (!takesTcp) listening.value.close()
  return `127.0.0.1:${port}`
}
