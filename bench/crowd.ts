/**
 * A swarm of `count` light peers in a process of its own, of which the first ENCRYPTED refuse plaintext: `node bench/crowd.ts COUNT FILE
 * [ENCRYPTED]` writes FILE.torrent and waits for its end of input.
 */
import { writeFileSync } from "node:fs"
import { startHandshakeCrowd } from "../src/demo/crowd.ts"
import { realNetwork, type Network } from "../src/network.ts"
import { parseMetainfo } from "../src/torrent/metainfo.ts"
import { receiveEncryption } from "../src/wire/mse.ts"

const [count = "200", file = "crowd.torrent", encrypted = "0"] = process.argv.slice(2)
const network = realNetwork({ bind: { ipv4: "127.0.0.1" }, families: ["ipv4"] })
const infoHashes: Uint8Array[] = []
let listeners = 0

const listen: Network["listen"] = (port, onConnection) =>
  listeners++ >= Number(encrypted)
    ? network.listen(port, onConnection)
    : network.listen(port, (connection) => {
        void receiveEncryption(connection, {
          infoHashes,
          policy: "require",
          network,
          timeoutMs: 15_000,
        }).then((opened) => {
          if (opened.ok) onConnection(opened.value)
        })
      })

const swarm = await startHandshakeCrowd({ ...network, listen }, Number(count))
infoHashes.push(parseMetainfo(swarm.torrentBytes).infoHash)
writeFileSync(file, swarm.torrentBytes)
console.log("ready")
process.stdin.on("end", () => void swarm.stop()).resume()
