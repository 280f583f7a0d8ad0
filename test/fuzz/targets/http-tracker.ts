/** What HTTP trackers reply: the bencoded body, and the whole reply as it comes from a connection. */
import { gzipSync, deflateRawSync } from "node:zlib"
import { limits } from "../../../src/limits.ts"
import { httpChannel } from "../../../src/discovery/tracker/http-tracker.ts"
import { parseAnnounceReply, parseScrapeReply, refusalOf } from "../../../src/discovery/tracker/http-codec.ts"
import { realNetwork } from "../../../src/network.ts"
import { bindingOf } from "../../../src/network/binding.ts"
import { httpFrom } from "../../../src/network/http.ts"
import { bytesOf, choicesIn, inPieces, must, pieces, same } from "../claims.ts"
import { announceInBounds, countsInBounds, refusalInBounds } from "../replies.ts"
import { playedBy } from "../stream.ts"
import type { FuzzTarget } from "../target.ts"

const infoHash = bytesOf("0123456789abcdefghij")
const peerId = bytesOf("-TA0001-abcdefghijkl")

const bodies = [
  "d8:completei3e10:incompletei4e8:intervali1800e12:min intervali60e5:peers12:abcdefghijkle",
  "d8:intervali1e6:peers618:abcdefghijklmnopqre",
  "d8:intervali900e5:peersld2:ip9:127.0.0.17:peer id20:-TA0001-abcdefghijkl4:porti6881eeee",
  "d11:external ip4:abcd15:warning message5:hello10:tracker id3:abc8:intervali5ee",
  "d14:failure reason9:forbidden8:retry in5:nevere",
  "d5:filesd20:0123456789abcdefghijd8:completei1e10:downloadedi2e10:incompletei3eeee",
]
const dictionary = [
  "10:incomplete",
  "8:complete",
  "10:downloaded",
  "8:interval",
  "5:peers",
  "6:peers6",
  "5:files",
].concat([
  "20:0123456789abcdefghij",
  "14:failure reason",
  "8:retry in",
  "5:never",
  "11:external ip",
  "10:tracker id",
])

export const httpBody: FuzzTarget = {
  name: "http-tracker-body",
  group: "discovery",
  run(body) {
    const announced = parseAnnounceReply(body, peerId)
    if (announced.ok) announceInBounds(announced.value)
    else refusalInBounds(announced)
    const scraped = parseScrapeReply(body, infoHash)
    if (scraped.ok) countsInBounds(scraped.value)
    else refusalInBounds(scraped)
    const refusal = refusalOf(body)
    if (refusal) same(announced.ok, false, "a refusal is no reply")
  },
  *seeds() {
    for (const body of bodies) yield bytesOf(body)
  },
  dictionary,
}

const response = (head: string, body: Uint8Array): Uint8Array =>
  inPieces(Buffer.concat([Buffer.from(`HTTP/1.1 ${head}\r\n\r\n`), body]))

export const httpReply: FuzzTarget = {
  name: "http-tracker-reply",
  group: "discovery",
  async run(input) {
    const parts = pieces(choicesIn(input))
    const address = { host: "192.0.2.1", family: "ipv4" } as const
    let connections = 0
    const tunnel = () => {
      connections++
      return playedBy(parts)
    }
    const real = realNetwork()
    const network = { ...real, http: httpFrom(bindingOf({}), tunnel), resolve: () => Promise.resolve(nobody) }
    const channel = httpChannel({
      url: new URL("http://192.0.2.1:6969/announce"),
      address,
      rules: { allowLocal: false, allowLoopback: false, refusePublic: false },
      userAgent: "x",
      network,
      totalMs: 20_000,
    })
    const { signal } = new AbortController()
    const request = {
      infoHash,
      peerId,
      port: 1,
      leftBytes: 0,
      event: "started",
      numwant: 9,
      key: 1,
      trackerId: null,
    } as const
    const { reply, tries } = await channel.announce(request, signal)
    if (reply.ok) announceInBounds(reply.value)
    else refusalInBounds(reply)
    must(reply.ok || reply.failure.code !== "timeout", "the end of the connection ends the reply")
    same(tries, 1, "one try")
    must(connections <= 1 + limits.tracker.maxRedirects, "redirects")
  },
  *seeds() {
    const body = bytesOf(bodies[0] ?? "")
    yield response(`200 OK\r\nContent-Length: ${body.length}`, body)
    const gzip = gzipSync(body)
    yield response(`200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${gzip.length}`, gzip)
    yield response("200 OK\r\nContent-Encoding: deflate\r\nConnection: close", deflateRawSync(body))
    const chunks = Buffer.from(
      `5\r\n${bodies[0]?.slice(0, 5)}\r\n4f\r\n${bodies[0]?.slice(5, 84)}\r\n0\r\n\r\n`,
    )
    yield response("200 OK\r\nTransfer-Encoding: chunked", chunks)
    yield response("302 Found\r\nLocation: http://192.0.2.1:6969/announce?x", new Uint8Array())
    yield response("400 Bad Request\r\nContent-Length: 31", bytesOf("d14:failure reason9:forbiddene"))
    yield response("100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: x", body)
    yield response("101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade", body)
  },
  dictionary: [
    "HTTP/1.1 ",
    "HTTP/1.0 200 OK",
    "\r\n\r\n",
    "Content-Length: ",
    "Transfer-Encoding: chunked\r\n",
    "ffffffff\r\n",
  ].concat(["Content-Encoding: gzip\r\n", "Location: ", "Connection: close\r\n", "0\r\n\r\n", ...dictionary]),
}

const nobody = { ok: false, failure: { code: "dns", detail: null } } as const
