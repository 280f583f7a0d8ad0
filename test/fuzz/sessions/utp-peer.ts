/** The stranger of peer.ts over uTP (BEP 29). */
import type { Connection } from "../../../src/network.ts"
import { openUtp } from "../../../src/wire/utp.ts"
import type { FuzzTarget } from "../target.ts"
import { audited, claim, stranger, strangerAddress } from "./audited.ts"
import { castOf } from "./cast.ts"
import { playPeer } from "./peer-script.ts"
import { peerSeeds } from "./peer-seeds.ts"
import { ourHost } from "./virtual-network.ts"

const connectMs = 10_000

export const utpPeer: FuzzTarget = {
  name: "session-utp-peer",
  group: "sessions",
  maxBytes: 1_024,
  seeds: peerSeeds,
  run(bytes) {
    const { torrent, depth, encryption, script } = castOf(bytes)
    const dials = encryption === "off"
    return audited(bytes, {
      torrent,
      options: { depth, peers: dials ? [] : [strangerAddress] },
      stage(internet) {
        const { clock } = internet
        // Somebody is there, and TCP is refused at once.
        internet.serve({ ...stranger, port: 1 }, (stream) => stream.destroy())
        const play = ({ stream }: Connection) => void playPeer(script, stream, torrent, clock)
        const network = internet.networkAt(stranger.host)
        void openUtp({ network, families: ["ipv4"], port: stranger.port, onConnection: play }).then(
          (opened) => {
            claim(opened.ok, "the stranger has no socket")
            if (!dials) return
            const signal = new AbortController().signal
            clock.after(50, () => {
              const to = {
                host: ourHost,
                port: internet.ourPorts.udp[0] ?? 0,
                signal,
                timeoutMs: connectMs,
              }
              void opened.value.connect(to).then((made) => void (made.ok && play(made.value)))
            })
          },
        )
      },
    })
  },
}
