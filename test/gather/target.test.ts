import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { identityOf, unknownTorrent } from "../../src/gather/target.ts"
import { parseInfoHash, parseMagnet } from "../../src/torrent/magnet.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { swarmHashes } from "../../src/torrent/swarm-hashes.ts"

const fixture = (name: string) =>
  parseMetainfo(readFileSync(new URL(`../../fixtures/torrents/${name}`, import.meta.url)))
const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString("hex")

const v1 = "9549eff28471a129ceed5a9475a28e534f61d827"
const v2 = "29e9565301c364f4aa1251402391c1913bf47ea49cbe8e0ecc94f7d9f9d36f44"
const hybrid = {
  v1: "493e398751dab3d124e6c01dc8d8b4cf9bb6e406",
  v2: "d3863d523ce26843df86cc50aaf86ac8cc129683284958a57b4abc75dfa939c9",
}

describe("the hashes that a swarm goes by", () => {
  test.each<[string, Parameters<typeof identityOf>[0], string, string | null]>([
    ["a v1 torrent", { metainfo: fixture("multi-v1-private.torrent") }, v1, null],
    ["a v2 torrent", { metainfo: fixture("v2/v2-nested.torrent") }, v2.slice(0, 40), null],
    ["a hybrid", { metainfo: fixture("v2/hybrid-nested.torrent") }, hybrid.v1, hybrid.v2.slice(0, 40)],
    ["a v1 magnet", { magnet: parseMagnet(`magnet:?xt=urn:btih:${v1}`) }, v1, null],
    ["a v2 magnet", { magnet: parseMagnet(`magnet:?xt=urn:btmh:1220${v2}`) }, v2.slice(0, 40), null],
    [
      "a magnet of a hybrid",
      { magnet: parseMagnet(`magnet:?xt=urn:btih:${hybrid.v1}&xt=urn:btmh:1220${hybrid.v2}`) },
      hybrid.v1,
      hybrid.v2.slice(0, 40),
    ],
    ["64 digits", { magnet: parseInfoHash(v2) }, v2.slice(0, 40), null],
  ])("%s", (_, target, infoHash, also) => {
    const identity = identityOf(target)
    expect([hex(identity.infoHash), hex(identity.alsoInfoHash)]).toEqual([infoHash, also])
  })

  test("v2's is cut to 20 bytes", () => {
    const both = swarmHashes({ infoHashV1: hybrid.v1, infoHashV2: hybrid.v2 })
    expect([hex(both.v1), hex(both.v2)]).toEqual([hybrid.v1, hybrid.v2.slice(0, 40)])
    expect(swarmHashes({ infoHashV1: null, infoHashV2: null })).toEqual({ v1: null, v2: null })
  })
})

test("a torrent that is only known by its v2 hash", () => {
  expect(unknownTorrent(parseInfoHash(v2))).toMatchObject({ name: v2, infoHashV1: null, infoHashV2: v2 })
})
