/** .torrent files of every version, and `info` alone as peers send it. */
import { createHash } from "node:crypto"
import * as z from "zod"
import { torrent } from "../../../src/evidence/torrent.ts"
import { limits } from "../../../src/limits.ts"
import { spanOf } from "../../../src/torrent/bencode.ts"
import { parseMagnet } from "../../../src/torrent/magnet.ts"
import { metainfoFromInfo } from "../../../src/torrent/metainfo-from-info.ts"
import { parseMetainfo, pieceLength, type Metainfo } from "../../../src/torrent/metainfo.ts"
import { v2Torrent } from "../../support/v2-torrent.ts"
import { bytesOf, must, orRefused, same } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

const dictionary = [
  "4:info",
  "6:pieces",
  "12:piece length",
  "5:files",
  "4:path",
  "6:length",
  "4:attr",
].concat(
  ["12:meta versioni2e", "9:file tree", "11:pieces root32:", "12:piece layers", "7:privatei1e"],
  ["8:announce", "13:announce-list", "8:url-list", "9:httpseeds", "5:nodes", "10:path.utf-8", "8:encoding"],
)

export const metainfo: FuzzTarget = {
  name: "metainfo",
  group: "torrent",
  run(input) {
    const read = orRefused(() => parseMetainfo(input, "x.torrent"))
    if (read === null) return
    const span = spanOf(input, "info")
    must(span !== null, "info has a place")
    hashes(read, input.subarray(span.start, span.end))
    inBounds(read)
    same(plainly(parseMetainfo(input, "x.torrent")), plainly(read), "read twice")
  },
  *seeds() {
    for (const text of [single, several, rich]) yield bytesOf(text)
    yield v2Torrent({ files: { "a.bin": new Uint8Array(3), "d/b": new Uint8Array(40_000) } })
    yield v2Torrent({ files: { a: new Uint8Array(70_000), c: new Uint8Array(5) }, hybrid: true })
  },
  dictionary,
}

const hash20 = "x".repeat(20)
const single = `d4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:${hash20}ee`
const several =
  `d8:announce17:udp://t.example:13:announce-listll17:udp://t.example:1eee` +
  `4:infod5:filesld6:lengthi5e4:pathl1:a1:beed4:attr1:p6:lengthi3e4:pathl4:.pad1:3eee4:name1:d12:piece lengthi8e` +
  `6:pieces20:${hash20}7:privatei1eee`
const rich =
  `d7:comment2:hi10:created by1:x13:creation datei1700000000e8:encoding5:UTF-8` +
  `9:httpseedsl14:http://a.test/e4:infod6:lengthi9e4:name4:a.go12:piece lengthi4e6:pieces60:${hash20.repeat(3)}e` +
  `5:nodesll9:127.0.0.1i6881eee8:url-list14:http://b.test/e`

export const info: FuzzTarget = {
  name: "info",
  group: "torrent",
  run(input) {
    const magnet = parseMagnet(
      `magnet:?xt=urn:btih:${"a".repeat(40)}&tr=http://t.example/a&ws=http://w.example`,
    )
    const read = orRefused(() => metainfoFromInfo(input, magnet))
    if (read === null) return
    hashes(read, input)
    inBounds(read)
  },
  *seeds() {
    for (const text of [single, several, rich]) {
      const bytes = bytesOf(text)
      const span = spanOf(bytes, "info")
      if (span) yield bytes.subarray(span.start, span.end)
    }
    const hybrid = v2Torrent({ files: { a: new Uint8Array(70_000), c: new Uint8Array(5) }, hybrid: true })
    const span = spanOf(hybrid, "info")
    if (span) yield hybrid.subarray(span.start, span.end)
  },
  dictionary,
}

/** Without its functions. */
const plainly = ({ v2, ...read }: Metainfo) => ({ ...read, pieceRoots: v2?.pieceRoots })

function hashes({ torrent: { infoHashV1, infoHashV2 }, infoHash }: Metainfo, raw: Uint8Array): void {
  const [v1, v2] = ["sha1", "sha256"].map((name) => createHash(name).update(raw).digest("hex"))
  must(infoHashV1 === null || infoHashV1 === v1, "the v1 hash is that of info as it came")
  must(infoHashV2 === null || infoHashV2 === v2, "the v2 hash is that of info as it came")
  must(infoHashV1 !== null || infoHashV2 !== null, "it has a hash")
  same(infoHash.length, 20, "the swarm's hash")
}

function inBounds(read: Metainfo): void {
  const checked = torrent.safeParse(read.torrent)
  must(checked.success, `evidence: ${checked.success ? "" : z.prettifyError(checked.error)}`)
  const { sizeBytes, pieceCount, pieceBytes, files } = read.torrent
  const { maxTrackers, maxWebSeeds, maxNodes, maxNameBytes, maxPieces } = limits.metainfo
  must(pieceCount > 0 && pieceCount <= maxPieces, "pieces")
  must(read.torrent.name.length <= maxNameBytes && read.torrent.name !== "", "a name")
  if (read.torrent.infoHashV1 !== null) {
    same(read.pieceHashes.length, 20 * pieceCount, "a hash for each piece")
    same(
      files.reduce((sum, file) => sum + file.sizeBytes, 0),
      sizeBytes,
      "the sum of its files",
    )
  }
  for (const { path, firstPiece, lastPiece, sizeBytes: size } of files) {
    must(path.length <= maxNameBytes, "a path")
    must(
      size === 0 ? lastPiece === firstPiece - 1 : lastPiece >= firstPiece && lastPiece < pieceCount,
      "its pieces",
    )
  }
  const last = pieceLength(read.torrent, pieceCount - 1)
  must(last > 0 && last <= pieceBytes, "the last piece has bytes")
  must(
    read.tiers.flat().length <= maxTrackers && read.webSeeds.length <= maxWebSeeds,
    "trackers and web seeds",
  )
  must(read.nodes.length <= maxNodes, "nodes")
  must(
    [...read.tiers.flat(), ...read.webSeeds.map(({ url }) => url)].every((url) => url.length <= 2_048),
    "URLs",
  )
  must(read.defects.length < 60 && read.defects.every((line) => line.length < 500), "defects")
}
