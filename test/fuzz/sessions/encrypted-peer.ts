/** The stranger of peer.ts behind message stream encryption (MSE). */
import type { Duplex } from "node:stream"
import type { Connection } from "../../../src/network.ts"
import { encryptOutgoing, receiveEncryption } from "../../../src/wire/mse.ts"
import type { FuzzTarget } from "../target.ts"
import { audited, honest, stranger, strangerAddress, strangerDials, type Scene } from "./audited.ts"
import { honestSeed } from "./honest-seed.ts"
import { castOf } from "./cast.ts"
import { playPeer } from "./peer-script.ts"
import { peerSeeds } from "./peer-seeds.ts"
import type { SharedTorrent } from "./torrents.ts"
import { connectionOf, ourHost, type Internet } from "./virtual-network.ts"

const handshakeMs = 10_000

function toolsFor(internet: Internet, { payload }: SharedTorrent) {
  const network = internet.networkAt(stranger.host)
  return { network, timeoutMs: handshakeMs, infoHash: payload.infoHash, infoHashes: [payload.infoHash] }
}

/** Nothing in the clear gets through to who plays. */
async function decrypted(connection: Connection, internet: Internet, torrent: SharedTorrent) {
  const tools = toolsFor(internet, torrent)
  const received = await receiveEncryption(connection, { ...tools, policy: "require" })
  return received.ok ? received.value.stream : null
}

const theirs = (stream: Duplex) =>
  connectionOf(stream as Parameters<typeof connectionOf>[0], { host: ourHost, port: 1 }, 1)

export const encryptedPeer: FuzzTarget = {
  name: "session-encrypted-peer",
  group: "sessions",
  maxBytes: 1_024,
  seeds: peerSeeds,
  run(bytes) {
    const { torrent, depth, encryption, script } = castOf(bytes)
    const dials = encryption === "off"
    const stage: Scene["stage"] = (internet) => {
      const { clock } = internet
      internet.serve(honest, encryptedSeed(internet, torrent))
      if (!dials)
        return internet.serve(stranger, (raw) => {
          raw.on("error", () => {})
          void decrypted(theirs(raw), internet, torrent).then(
            (clear) => void (clear && playPeer(script, clear, torrent, clock)),
          )
        })
      clock.after(50, () => {
        const raw = strangerDials(internet)
        if (raw === null) return
        const signal = new AbortController().signal
        const options = { ...toolsFor(internet, torrent), offers: "any" as const, signal }
        void encryptOutgoing(theirs(raw), options).then(
          (made) => void (made.ok && playPeer(script, made.value.stream, torrent, clock)),
        )
      })
    }
    const peers = dials ? [] : [strangerAddress]
    return audited(bytes, {
      torrent,
      options: { depth, encryption: dials ? "prefer" : "require", peers },
      stage,
    })
  },
}

/** What `honestSeed` does, behind an encryption that is asked for. */
const encryptedSeed = (internet: Internet, torrent: SharedTorrent) => (raw: Duplex) => {
  const tools = toolsFor(internet, torrent)
  void receiveEncryption(theirs(raw), { ...tools, policy: "prefer" }).then(
    (received) => void (received.ok && honestSeed(torrent)(received.value.stream)),
  )
}
