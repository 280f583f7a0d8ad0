/** A magnet link: strangers who lie about the metadata, and metadata that is right by its hash and odd in every other way. */
import { sha1 } from "../../../src/network.ts"
import { parseMagnet } from "../../../src/torrent/magnet.ts"
import type { FuzzTarget } from "../target.ts"
import { audited, stranger, strangerAddress, strangerDials } from "./audited.ts"
import { honestSeed } from "./honest-seed.ts"
import { castOf } from "./cast.ts"
import { playPeer } from "./peer-script.ts"
import { peerSeeds } from "./peer-seeds.ts"
import { v1Torrent, v2Torrent, type SharedTorrent } from "./torrents.ts"

const magnetOf = (infoHash: Uint8Array) =>
  parseMagnet(`magnet:?xt=urn:btih:${Buffer.from(infoHash).toString("hex")}`)

const linkTo = ({ metainfo }: SharedTorrent) => {
  const { infoHashV1, infoHashV2 } = metainfo.torrent
  return parseMagnet(
    infoHashV1 ? `magnet:?xt=urn:btih:${infoHashV1}` : `magnet:?xt=urn:btmh:1220${infoHashV2}`,
  )
}

export const magnetPeer: FuzzTarget = {
  name: "session-magnet-peer",
  group: "sessions",
  maxBytes: 2_048,
  seeds: peerSeeds,
  run(bytes) {
    const { torrent, depth, encryption, script } = castOf(bytes)
    const dials = encryption === "off"
    return audited(bytes, {
      torrent,
      target: { magnet: linkTo(torrent) },
      options: { depth, peers: dials ? [] : [strangerAddress] },
      stage(internet) {
        const { clock } = internet
        if (!dials) internet.serve(stranger, (stream) => void playPeer(script, stream, torrent, clock))
        else
          clock.after(1, () => {
            const stream = strangerDials(internet)
            if (stream) void playPeer(script, stream, torrent, clock)
          })
      },
    })
  },
}

/** The bytes are the `info` dictionary that the link's hash names. */
export const magnetInfo: FuzzTarget = {
  name: "session-magnet-info",
  group: "sessions",
  maxBytes: 4_096,
  *seeds() {
    yield v1Torrent.info
    yield v2Torrent.info
  },
  dictionary: [
    "6:pieces",
    "12:piece length",
    "5:files",
    "6:length",
    "4:path",
    "9:file tree",
    "12:meta version",
    "7:privatei1e",
    "11:pieces root",
  ],
  run(info) {
    const infoHash = sha1(info)
    const torrent: SharedTorrent = { ...v1Torrent, info, payload: { ...v1Torrent.payload, infoHash } }
    return audited(info, {
      torrent,
      target: { magnet: magnetOf(infoHash) },
      options: { depth: "sample", peers: ["10.0.0.2:6881"] },
      alone: true,
      stage(internet) {
        internet.serve({ host: "10.0.0.2", port: 6_881 }, honestSeed(torrent))
      },
    })
  },
}
