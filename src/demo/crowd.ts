/** Very many light peers, each on its own port: for measuring how an audit scales. */
import type { Network } from "../network.ts"
import type { Actor } from "./cast.ts"
import { share } from "./holdings.ts"
import { clients } from "./identity.ts"
import { createPayload } from "./payload.ts"
import { startDemoSwarm, type DemoSwarm } from "./swarm.ts"

const smallFile = { path: ["crowd.bin"], sizeBytes: 1024 * 1024 }

/** Every fourth one is a leecher with half of the pieces. The tracker is honest and names all of them in one reply. */
export function startHandshakeCrowd(network: Network, count: number): Promise<DemoSwarm> {
  const families = Object.values(clients)
  const cast = (pieceCount: number) =>
    Array.from({ length: count }, (_, i): Actor => {
      const client = families[i % families.length]
      return {
        name: `peer ${i}`,
        lie: null,
        ...(client ? { client } : {}),
        ...(i % 4 === 3 ? { holds: share(pieceCount, 0.5, i) } : {}),
      }
    })
  return startDemoSwarm(network, {
    payload: createPayload({ pieceBytes: 16 * 1024, files: [smallFile] }),
    cast,
    inflate: 1,
    tracker: { peersPerReply: 2 * count, maxPeers: 2 * count },
  })
}
