/** BEP 9 links and bare hashes. */
import { limits } from "../../../src/limits.ts"
import { splitHostPort } from "../../../src/torrent/endpoint.ts"
import {
  looksLikeInfoHash,
  maskedMagnet,
  parseInfoHash,
  parseMagnet,
  type Magnet,
} from "../../../src/torrent/magnet.ts"
import { bytesOf, must, orRefused, same, textOf } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

export const magnet: FuzzTarget = {
  name: "magnet",
  group: "torrent",
  run(input) {
    const text = textOf(input)
    const masked = maskedMagnet(text)
    must(masked === "magnet:" || /^magnet:\?xt(\.\d+)?=urn:bt[im]h:[\da-z]+$/i.test(masked), "the mask")
    looksLikeInfoHash(text)
    for (const read of [orRefused(() => parseMagnet(text)), orRefused(() => parseInfoHash(text))]) {
      if (read === null) continue
      inBounds(read)
      const again = `magnet:?${[
        ...(read.infoHashV1 ? [`xt=urn:btih:${read.infoHashV1}`] : []),
        ...(read.infoHashV2 ? [`xt=urn:btmh:1220${read.infoHashV2}`] : []),
        ...read.trackers.map((url) => `tr=${encodeURIComponent(url.toWellFormed())}`),
        ...read.peers.map((peer) => `x.pe=${peer}`),
      ].join("&")}`
      const { infoHashV1, infoHashV2, peers, trackers } = parseMagnet(again)
      same({ infoHashV1, infoHashV2, peers }, pick(read), "written again")
      same(trackers.length, read.trackers.length, "as many trackers")
    }
  },
  *seeds() {
    const hex = "0123456789abcdef0123456789abcdef01234567"
    const texts = [hex, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", `${hex}${hex.slice(0, 24)}`]
    texts.push(
      `magnet:?xt=urn:btih:${hex}&dn=a+b%20c&tr=udp%3A%2F%2Ft.example%3A1&tr.1=http://u.example/announce`,
    )
    texts.push(
      `magnet:?xt.1=urn:btih:${hex}&amp;xt.2=urn:btmh:1220${hex}${hex.slice(0, 24)}&ws=http://w.example/`,
    )
    texts.push(`magnet:?xt=urn:btih:${hex}&x.pe=127.0.0.1:1&x.pe=[::1]:2&x.pe=peer.example:3`)
    for (const text of texts) yield bytesOf(text)
  },
  dictionary: [
    "&xt=urn:btih:",
    "&xt=urn:btmh:1220",
    "&x.pe=",
    "&tr=",
    "&ws=",
    "&dn=",
    "&amp;",
    "%ff",
    "%2",
    "[::ffff:",
  ],
}

const pick = ({ infoHashV1, infoHashV2, peers }: Magnet) => ({ infoHashV1, infoHashV2, peers })

function inBounds(read: Magnet): void {
  must(read.infoHashV1 === null || /^[\da-f]{40}$/.test(read.infoHashV1), "the v1 hash")
  must(read.infoHashV2 === null || /^[\da-f]{64}$/.test(read.infoHashV2), "the v2 hash")
  must(read.infoHashV1 !== null || read.infoHashV2 !== null, "a hash")
  must((read.name ?? "").length <= limits.metainfo.maxNameBytes, "the name")
  must(read.trackers.length <= limits.metainfo.maxTrackers, "trackers")
  must(read.webSeeds.length <= limits.metainfo.maxWebSeeds, "web seeds")
  must(read.peers.length <= limits.run.maxPeers, "peers")
  for (const peer of read.peers) {
    must((splitHostPort(peer)?.port ?? 0) > 0 && peer.length <= 100, `a peer: ${peer}`)
  }
}
