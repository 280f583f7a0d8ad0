/** A swarm of `count` light peers in a process of its own: `node bench/crowd.ts COUNT FILE` writes FILE.torrent and waits for its end of input. */
import { writeFileSync } from "node:fs"
import { startHandshakeCrowd } from "../src/demo/crowd.ts"
import { realNetwork } from "../src/network.ts"

const [count = "200", file = "crowd.torrent"] = process.argv.slice(2)
const swarm = await startHandshakeCrowd(
  realNetwork({ bind: { ipv4: "127.0.0.1" }, families: ["ipv4"] }),
  Number(count),
)
writeFileSync(file, swarm.torrentBytes)
console.log("ready")
process.stdin.on("end", () => void swarm.stop()).resume()
