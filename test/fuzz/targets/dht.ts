/** KRPC datagrams, and all that is read from a reply's dictionary. */
import { limits } from "../../../src/limits.ts"
import { decodeMessage, encodeQuery } from "../../../src/discovery/dht/krpc.ts"
import { filtersOf, nodesOf, samplesOf, tokenOf, valuesOf } from "../../../src/discovery/dht/reply-fields.ts"
import { distanceBetween, idFits } from "../../../src/discovery/dht/node-id.ts"
import { failureCodes } from "../../../src/failure.ts"
import { spanOf } from "../../../src/torrent/bencode.ts"
import { readItem } from "../../../src/torrent/dht-item.ts"
import { parseEndpoint } from "../../../src/torrent/endpoint.ts"
import { bytesOf, must, same, unsafeInTerminals } from "../claims.ts"
import { isPeer } from "../replies.ts"
import type { FuzzTarget } from "../target.ts"

const own = new Uint8Array(20)
const wanted = { target: new Uint8Array(20), publicKey: null, salt: new Uint8Array() }

export const krpc: FuzzTarget = {
  name: "krpc",
  group: "discovery",
  maxBytes: 9_000,
  run(input) {
    const message = decodeMessage(input)
    if (message === null) return
    if (message.transaction === null) return must(failureCodes.includes(message.failure.code), "a known code")
    const { outcome } = message
    if (!outcome.ok)
      return must(!unsafeInTerminals.test(outcome.failure.detail ?? ""), "a failure in our words")
    const { id, body, version, seenAs, packet } = outcome.value
    must(id.length === 20 && (version?.length ?? 0) <= limits.dht.maxVersionBytes, "id and version")
    if (seenAs)
      must(
        parseEndpoint(`${seenAs.host.includes(":") ? `[${seenAs.host}]` : seenAs.host}:${seenAs.port}`) !==
          null,
        "seen as",
      )
    for (const family of ["ipv4", "ipv6"] as const) {
      for (const node of nodesOf(body, family)) {
        must(node.id.length === 20 && node.port > 0 && node.port < 65_536, "a node")
        same(distanceBetween(node.id, own).length, 40, "a distance")
        idFits(node.id, node.host)
      }
      const { peers, dropped } = valuesOf(body, family)
      must(peers.length <= limits.dht.maxPeersPerReply && dropped >= 0, "peers within bounds")
      must(new Set(peers).size === peers.length && peers.every(isPeer), "distinct peers")
    }
    must((tokenOf(body)?.length ?? 1) <= limits.dht.maxTokenBytes, "a token that can be sent back")
    for (const filter of Object.values(filtersOf(body)))
      must(filter === null || filter.length === 256, "a filter")
    const samples = samplesOf(body)
    if (samples) {
      must(
        samples.infoHashes.every(({ length }) => length === 20),
        "samples",
      )
      for (const number of [samples.total, samples.intervalMs])
        must(
          number === null || (Number.isSafeInteger(number) && number >= 0),
          `a number that can be kept: ${number}`,
        )
    }
    const span = spanOf(packet, "r")
    must(span !== null, "a reply has a body")
    readItem(packet.subarray(span.start, span.end), wanted)
  },
  *seeds() {
    const id = "abcdefghij0123456789"
    const reply = (fields: string) =>
      bytesOf(`d2:ip6:\x7f\0\0\x01\x1a\xe11:rd2:id20:${id}${fields}e1:t2:aa1:v4:TA011:y1:re`)
    yield reply("")
    yield reply(`5:nodes26:${id}\x7f\0\0\x01\x1a\xe15:token4:abcd6:valuesl6:\x7f\0\0\x01\x1a\xe1e`)
    yield reply(`6:nodes638:${id}${"\0".repeat(15)}\x01\x1a\xe1`)
    yield reply(`8:intervali60e3:numi5e7:samples20:${id}`)
    yield reply(`1:k32:${"k".repeat(32)}3:seqi1e3:sig64:${"s".repeat(64)}1:v5:hello`)
    yield reply(`4:BFpe256:${"\0".repeat(256)}4:BFsd256:${"\xff".repeat(256)}`)
    yield bytesOf("d1:eli203e14:Protocol errore1:t2:aa1:y1:ee")
    yield encodeQuery({ transaction: bytesOf("aa"), method: "get_peers", id: own, args: { info_hash: own } })
  },
  dictionary: [
    "5:nodes",
    "6:nodes6",
    "6:values",
    "5:token",
    "7:samples",
    "8:interval",
    "3:num",
    "4:BFpe",
    "4:BFsd",
    "1:y1:r",
    "2:id20:",
  ],
}
