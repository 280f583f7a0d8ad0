/** One honest client that serves several torrents from one port, as seedboxes do. */
import { onTestFinished } from "vitest"
import { clients, makePeerId } from "../../src/demo/identity.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import type { Payload } from "../../src/demo/payload.ts"
import { honest, type Host } from "../../src/demo/steps.ts"
import { createUplink } from "../../src/demo/uplink.ts"
import { startVisit, type Visit } from "../../src/demo/visit.ts"
import { guardLibraries } from "../../src/torrent/bencode.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"
import { createReception } from "../../src/wire/reception.ts"

/** Its uplink is one for all its torrents. */
export async function seedboxFor(
  payloads: readonly Payload[],
  { bytesPerSecond }: { bytesPerSecond: number },
): Promise<{ address: string }> {
  guardLibraries()
  const network = loopbackNetwork()
  const client = clients.qbittorrent
  const uplink = createUplink(network, bytesPerSecond)
  const reception = createReception(network)
  const visits = new Set<Visit>()
  const listening = await network.listen(0, (connection) => reception.admit(connection))
  if (!listening.ok) throw new Error(listening.failure.code)
  const { port } = listening.value
  for (const payload of payloads) {
    const holds = fullBitfield(payload.pieceCount)
    const peerId = makePeerId(client, network.randomBytes(20))
    const host: Host = {
      network,
      payload,
      client,
      peerId,
      port,
      uplink,
      fast: true,
      unchokeMs: 0,
      holds,
      claims: holds,
    }
    reception.moveIn({
      infoHashes: () => [payload.infoHash],
      policy: "prefer",
      welcome(connection) {
        const visit = startVisit(host, honest, connection)
        visits.add(visit)
        void visit.ended.then(() => visits.delete(visit))
      },
      onDropped() {},
    })
  }
  onTestFinished(() => {
    uplink.stop()
    listening.value.close()
    reception.close()
    for (const visit of visits) visit.end()
  })
  return { address: `127.0.0.1:${port}` }
}
