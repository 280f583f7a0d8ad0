/** BEP 9: what peers send for a magnet link is `info` alone; trackers and web seeds are the link's, v2's piece layers unknown. */
import { limits } from "../limits.ts"
import { decode, type BencodeDictionary, type BencodeValue } from "./bencode.ts"
import { dictionaryOf } from "./bencode-values.ts"
import { collectDefects } from "./defects.ts"
import type { Magnet } from "./magnet.ts"
import { infoKeys } from "./metainfo-keys.ts"
import { interpret, noteIrregularities, type Metainfo } from "./metainfo.ts"
import { badEncoding, badMetainfo } from "./metainfo-refusals.ts"

const metadataName = "the metadata"

/**
 * As parseMetainfo would say of a .torrent with this `info`; each tracker is a tier of its own, as in libtorrent. That the
 * hash of `info` is one of the link's is the caller's business. Throws InputError, and nothing else.
 */
export function metainfoFromInfo(info: Uint8Array, magnet: Magnet): Metainfo {
  if (info.length > limits.metainfo.maxBytes)
    throw badMetainfo(`${metadataName} has ${info.length} bytes: more than ${limits.metainfo.maxBytes}`)
  const { maxDepth, maxValues } = limits.metainfo
  const decoded = decode(info, { maxDepth, maxValues, wanted: infoKeys })
  if (!decoded.ok) {
    if (decoded.fault.reason === "trailing") throw badMetainfo(`${metadataName} goes on after its end`)
    throw badEncoding(decoded.fault, info, metadataName)
  }
  const dictionary = dictionaryOf(decoded.value)
  if (dictionary === null) throw badMetainfo(`${metadataName} is not a dictionary`)

  const defects = collectDefects()
  noteIrregularities(decoded.irregularities, defects)
  const around: BencodeDictionary = new Map<string, BencodeValue>([
    ["announce-list", magnet.trackers.map((url) => [bytesOf(url)])],
    ["info", dictionary],
    ["url-list", magnet.webSeeds.map(bytesOf)],
  ])
  const metainfo = interpret(around, dictionary, info, defects, "elsewhere")
  const { infoHashV1, infoHashV2 } = metainfo.torrent
  if (magnet.infoHashV1 === null || magnet.infoHashV2 === null) return metainfo
  if (magnet.infoHashV1 === infoHashV1 && magnet.infoHashV2 === infoHashV2) return metainfo
  return {
    ...metainfo,
    defects: [...metainfo.defects, "the magnet's btmh names another torrent than its btih"],
  }
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text)
