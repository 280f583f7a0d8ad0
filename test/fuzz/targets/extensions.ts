/** Extension messages of BEP 9, 10, 11, 52 and 55, and names of clients. */
import * as z from "zod"
import { extensions } from "../../../src/evidence/peer.ts"
import { limits } from "../../../src/limits.ts"
import { decode } from "../../../src/torrent/bencode.ts"
import { identifyClient } from "../../../src/wire/client-name.ts"
import { idIn, mergeHandshake, metadataBytesIn } from "../../../src/wire/extension-handshake.ts"
import { decodeHashAnswer, encodeHashRange } from "../../../src/wire/hash-messages.ts"
import { decodeHolepunch, encodeHolepunch } from "../../../src/wire/holepunch.ts"
import { decodeMetadataMessage } from "../../../src/wire/metadata-message.ts"
import { createMetadataPieces } from "../../../src/wire/metadata-pieces.ts"
import { createPexReader, decodePex } from "../../../src/wire/pex.ts"
import { plainText } from "../../../src/wire/plain-text.ts"
import { bytesOf, choicesIn, must, same, unsafeInTerminals } from "../claims.ts"
import { isPeer } from "../replies.ts"
import type { FuzzTarget } from "../target.ts"

export const handshakes: FuzzTarget = {
  name: "extension-handshake",
  group: "wire",
  run(input) {
    let known = null
    for (let rest = input, round = 0; round < 4 && rest.length > 0; round++) {
      const decoded = decode(rest, { allowTrailing: true })
      if (!decoded.ok || !(decoded.value instanceof Map)) return
      const handshake = decoded.value
      known = mergeHandshake(handshake, known)
      const checked = extensions.safeParse(known)
      must(checked.success, `evidence: ${checked.success ? "" : z.prettifyError(checked.error)}`)
      const texts = [...known.names, known.v ?? ""]
      must(
        texts.every(
          (text) => text.length <= 2 * limits.peer.maxClientNameLength && !unsafeInTerminals.test(text),
        ),
        "texts",
      )
      must(known.names.length <= limits.peer.maxExtensionNames, "names within bounds")
      for (const name of ["ut_pex", "ut_metadata", "ut_holepunch"] as const) {
        const id = idIn(handshake, name)
        must(id === null || (id >= 0 && id <= 255), "an id is a byte")
      }
      must((metadataBytesIn(handshake) ?? 0) >= 0, "a size")
      rest = rest.subarray(decoded.end)
    }
  },
  *seeds() {
    const texts = [
      "d1:md11:ut_metadatai3e6:ut_pexi1e12:ut_holepunchi4ee13:metadata_sizei31235e1:pi6881e4:reqqi250e1:v5:x 1.0e",
    ]
    texts.push(
      "d1:md6:ut_pexi0eee",
      "d11:upload_onlyi1e6:yourip4:abcde",
      "d11:upload_onlyi1eed11:upload_onlyi0ee",
    )
    for (const text of texts) yield bytesOf(text)
  },
  dictionary: [
    "1:m",
    "6:ut_pex",
    "11:ut_metadata",
    "13:metadata_size",
    "4:reqq",
    "1:v",
    "11:upload_only",
    "6:yourip",
  ],
}

export const pex: FuzzTarget = {
  name: "pex",
  group: "wire",
  maxBytes: 8_192,
  run(input) {
    const read = decodePex(input)
    const reader = createPexReader()
    const first = reader.read(input, 0)
    same(first.ok, read.ok, "the reader takes what the decoder takes")
    if (!read.ok) return
    const { added, dropped, left } = read.value
    must(
      added.length <= limits.pex.maxPeersPerMessage && dropped.length <= limits.pex.maxPeersPerMessage,
      "peers",
    )
    must(left >= 0, "how many were left")
    const addresses = added.map(({ address }) => address)
    must(new Set(addresses).size === addresses.length, "each once")
    must(
      [...addresses, ...dropped].every(isPeer) && added.every(({ flags }) => flags >= 0 && flags < 256),
      "peers that can be",
    )
    let taken = 0
    for (let round = 0; round < 9; round++) {
      const again = reader.read(input, 0)
      if (again.ok) taken += again.value.added.length + again.value.dropped.length
    }
    must(taken <= limits.pex.maxPeersPerSession, "of one session")
    same(reader.read(input, 0).ok, false, "a flood")
  },
  *seeds() {
    yield bytesOf(
      "d5:added12:\x7f\0\0\x01\x1a\xe1\x0a\0\0\x01\x1a\xe17:added.f2:\x02\x107:dropped6:\x7f\0\0\x02\x1a\xe1e",
    )
    yield bytesOf(`d6:added618:${"\0".repeat(15)}\x01\x1a\xe18:added6.f1:\x008:dropped60:e`)
  },
  dictionary: ["5:added", "6:added6", "7:added.f", "8:added6.f", "7:dropped", "8:dropped6"],
}

export const metadata: FuzzTarget = {
  name: "metadata-message",
  group: "wire",
  maxBytes: 20_000,
  run(input) {
    const choices = choicesIn(input)
    const pieces = createMetadataPieces(1 + choices.number(40_000))
    for (let piece = pieces.next(); piece !== null; piece = pieces.next())
      must(pieces.waitsFor(piece), "asked for")
    while (choices.left > 0) {
      const payload = choices.take(1 + choices.number(20_000))
      const message = decodeMetadataMessage(payload)
      if (message === null || message.kind === "unknown") continue
      must(Number.isSafeInteger(message.piece), "a piece")
      if (message.kind !== "data") continue
      const before = pieces.receivedBytes
      const added = pieces.add(message.piece, message.bytes)
      same(
        pieces.receivedBytes - before,
        added.ok && added.value ? message.bytes.length : 0,
        "what was taken",
      )
      must(pieces.receivedBytes <= pieces.sizeBytes, "no more than there is")
    }
    if (pieces.complete) same(pieces.verify(new Uint8Array(20)).ok, false, "metadata of another hash")
  },
  *seeds() {
    const message = (text: string) => [
      Uint8Array.of(...[text.length - 1].flatMap((n) => [n >> 8, n & 255])),
      bytesOf(text),
    ]
    const parts = [
      ...message("d8:msg_typei0e5:piecei0ee"),
      ...message(`d8:msg_typei1e5:piecei0e10:total_sizei10ee${"x".repeat(10)}`),
      ...message("d8:msg_typei2e5:piecei1ee"),
    ]
    yield new Uint8Array(Buffer.concat([Uint8Array.of(0, 9), ...parts]))
  },
  dictionary: ["8:msg_type", "5:piece", "10:total_size", "i-1e", "i9007199254740991e"],
}

export const fixed: FuzzTarget = {
  name: "hash-and-holepunch",
  group: "wire",
  maxBytes: 2_400,
  run(input) {
    const punch = decodeHolepunch(input)
    if (punch) {
      must(isPeer(punch.endpoint), "an endpoint")
      const written = encodeHolepunch(punch.kind, punch.endpoint, punch.error ?? "none")
      must(written !== null, "it can be written")
      if (punch.error !== null) same(decodeHolepunch(written), punch, "written and read again")
    }
    const answer = input.length > 0 ? decodeHashAnswer(input) : null
    if (answer) {
      must(/^[\da-f]{96}$/.test(answer.range), "a range")
      must(
        answer.hashes === null || (answer.hashes.length % 32 === 0 && answer.hashes.length <= 66 * 32),
        "hashes",
      )
    }
  },
  *seeds() {
    for (const kind of ["rendezvous", "connect", "error"] as const)
      for (const endpoint of ["127.0.0.1:6881", "[::1]:80"])
        yield encodeHolepunch(kind, endpoint, kind === "error" ? "no self" : "none") ?? new Uint8Array()
    const range = encodeHashRange({
      piecesRoot: new Uint8Array(32),
      baseLayer: 0,
      index: 0,
      length: 2,
      proofLayers: 1,
    })
    yield Uint8Array.of(22, ...range, ...new Uint8Array(64))
    yield Uint8Array.of(23, ...range)
  },
}

export const clients: FuzzTarget = {
  name: "client-name",
  group: "wire",
  maxBytes: 512,
  run(input) {
    const choices = choicesIn(input)
    const peerId = Uint8Array.from({ length: 20 }, (_, at) => input[at] ?? 0)
    choices.take(20)
    const v = plainText(choices.rest(), limits.peer.maxClientNameLength)
    must(
      v === null || (Array.from(v).length <= limits.peer.maxClientNameLength && !unsafeInTerminals.test(v)),
      "a text",
    )
    for (const said of [v, null]) {
      const { client, family } = identifyClient(peerId, said)
      for (const name of [client, family])
        must(
          name === null || (name.length <= 160 && name.length > 0 && !unsafeInTerminals.test(name)),
          `a name: ${name}`,
        )
      must(family === null || client !== null, "a family has a name")
    }
  },
  *seeds() {
    const ids = [
      "-qB4520-abcdefghijkl",
      "-TR3000-abcdefghijkl",
      "A2-1-36-0-abcdefghij",
      "M7-9-2--abcdefghijkl",
      "-lt0D80-\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c",
    ]
    ids.push(
      "exbc\x01\x02abcdefghijklmn",
      "S58B-----abcdefghijk",
      "-AZ5750-abcdefghijkl",
      "OP7685abcdefghijklmn",
      "-XL0012-abcdefghijkl",
    )
    for (const id of ids) yield bytesOf(`${id}qBittorrent/4.5.2`)
    yield new Uint8Array(Buffer.concat([new Uint8Array(20), Buffer.from("\u00b5Torrent 3.5.5\u202e")]))
  },
  dictionary: [
    "-AZ",
    "-BC0",
    "exbc",
    "XBT",
    "-ML",
    "-BOW",
    "Mbrst",
    "btuga",
    "oernu",
    "Plus",
    "turbobt",
    "346-",
  ],
}
