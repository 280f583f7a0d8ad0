/** Web seeds: URLs that torrents name, and what their servers answer. */
import { failureCodes, type Outcome } from "../../../src/failure.ts"
import { limits } from "../../../src/limits.ts"
import { realNetwork, type Address } from "../../../src/network.ts"
import { bindingOf } from "../../../src/network/binding.ts"
import { httpFrom } from "../../../src/network/http.ts"
import { contentRange, judgeHead, retryMs } from "../../../src/wire/web-seed/answer.ts"
import { requestOf } from "../../../src/wire/web-seed/request.ts"
import { fileUrl, httpUrl, pieceUrl } from "../../../src/wire/web-seed/url.ts"
import { bytesOf, choicesIn, inPieces, must, pieces, same, textOf, unsafeInTerminals } from "../claims.ts"
import { playedBy } from "../stream.ts"
import type { FuzzTarget } from "../target.ts"

export const urls: FuzzTarget = {
  name: "web-seed-url",
  group: "wire",
  maxBytes: 1_024,
  run(input) {
    const [seed = "", name = "", path = ""] = textOf(input).split("\n")
    const file = { path, sizeBytes: 1, firstPiece: 0, lastPiece: 0, pad: false }
    for (const files of [[file], [file, { ...file, path: "other" }]]) {
      const url = fileUrl(seed, { name, files }, file)
      if (url === null) continue
      must(url.protocol === "http:" || url.protocol === "https:", "HTTP")
      must(url.hash === "" && url.hostname !== "", "a host, and no fragment")
      const base = httpUrl(seed.replace(/#.*$/s, ""))
      must(base !== null && url.host === base.host, "the host that the torrent names")
      // What URL parsers leave out at the end of a URL stands in the middle of it here.
      if (/^[!-~]+$/.test(seed) && !seed.includes("?"))
        must(url.pathname.startsWith(base.pathname.replace(/\/$/, "")), "below the folder")
    }
    const piece = pieceUrl(seed, new Uint8Array(20), 3, { offset: 5, lengthBytes: 10 })
    must(piece === null || piece.search.includes("piece=3"), "the piece")
  },
  *seeds() {
    const texts = [
      "http://a.test/f/\nname\nname",
      "https://u:p@a.test/x?y#z\nn\na/b.txt",
      "http://[::1]:80/\nn\n../../x",
    ]
    for (const text of [...texts, "http://a.test\nn\na b/\u00fc#1%"]) yield new Uint8Array(Buffer.from(text))
  },
}

const want = { lengthBytes: 10, range: { offset: 5, fileBytes: 100 }, wholeUpToBytes: 50 }
const wants = [want, { ...want, range: null }, { ...want, range: { offset: 0, fileBytes: 10 } }]

export const head: FuzzTarget = {
  name: "web-seed-head",
  group: "wire",
  maxBytes: 1_024,
  run(input) {
    const [status = "", ...lines] = textOf(input).split("\n")
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(":")[0] ?? "", line.split(":")[1] ?? ""]),
    )
    const met = { status: Number.parseInt(status, 10) || 0, headers }
    const range = contentRange(headers["content-range"])
    for (const each of wants) {
      const { failure, skipBytes, totalBytes } = judgeHead(met, each)
      must(failure === null || failureCodes.includes(failure.code), "a known code")
      must(skipBytes >= 0 && skipBytes <= (each.range?.offset ?? 0), "bytes to pass over")
      must(totalBytes === null || Number.isSafeInteger(totalBytes), "a length")
      if (failure !== null || met.status !== 206) continue
      const offset = each.range?.offset ?? -1
      must(range?.first === offset && range.last === offset + each.lengthBytes - 1, "the part asked for")
    }
    must(
      range === null || (range.first <= range.last && range.last < (range.totalBytes ?? Infinity)),
      "a range",
    )
    const wait = retryMs(met, status)
    must(wait === null || (Number.isFinite(wait) && wait >= 0), "a wait")
  },
  *seeds() {
    const texts = [
      "206\ncontent-range:bytes 5-14/100\ncontent-length:10",
      "206\ncontent-range:bytes 4-14/100",
      "206\ncontent-range:bytes 5-13/100\ncontent-length:9",
      "200\ncontent-length:100",
      "416\ncontent-range:bytes */7",
    ]
    for (const text of [
      ...texts,
      "503\nretry-after:5",
      "206\ncontent-type:multipart/byteranges",
      "200\ncontent-encoding:gzip",
    ])
      yield bytesOf(text)
  },
  dictionary: [
    "content-range:",
    "bytes ",
    "content-length:",
    "content-encoding:",
    "retry-after:",
    "content-type:",
    "*",
  ],
}

export const answer: FuzzTarget = {
  name: "web-seed-answer",
  group: "wire",
  async run(input) {
    const choices = choicesIn(input)
    const each = wants[choices.number(2)] ?? want
    const parts = pieces(choices)
    let connections = 0
    let taken = 0
    let hops = 0
    const tunnel = () => {
      connections++
      return playedBy(parts)
    }
    const network = {
      ...realNetwork(),
      http: httpFrom(bindingOf({}), tunnel),
      resolve: () => Promise.resolve(nowhere),
    }
    const { answerMs, graceMs, leastBytesPerSecond, maxHeaderBytes, maxRedirects } = limits.webSeed
    const reply = await requestOf(
      {
        network,
        rules: { allowLocal: false, allowLoopback: false, refusePublic: false },
        families: ["ipv4"],
        userAgent: "x",
        timing: { answerMs, graceMs, leastBytesPerSecond, maxHeaderBytes, maxRedirects },
        onRedirect({ to }) {
          hops++
          const { username = "", password = "" } = URL.parse(to) ?? {}
          must(
            [username, password].every((word) => word === "" || word === "***"),
            "no password is kept",
          )
        },
      },
      { url: new URL("http://u:p@198.41.0.4/f"), address: { host: "198.41.0.4", family: "ipv4" } },
      each,
      (bytes) => {
        taken += bytes.length
        return Promise.resolve(true)
      },
      new AbortController().signal,
    )
    must(taken <= each.lengthBytes, "no more than was wanted")
    same(reply.receivedBytes, taken, "what was received")
    must(reply.failure !== null || taken === each.lengthBytes, "all of it, or why not")
    must(reply.failure?.code !== "timeout", "the end of the connection is the end")
    must(!unsafeInTerminals.test(reply.failure?.detail ?? ""), "a failure in our words")
    must(connections <= 1 + maxRedirects && hops <= 1 + maxRedirects, "redirects")
  },
  *seeds() {
    const say = (kind: number, text: string) =>
      new Uint8Array(Buffer.concat([Uint8Array.of(kind), inPieces(bytesOf(text))]))
    yield say(
      0,
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-14/100\r\nContent-Length: 10\r\n\r\n0123456789",
    )
    yield say(1, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
    yield say(2, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")
    yield say(0, "HTTP/1.1 302 Found\r\nLocation: http://198.41.0.4/g?x\r\nContent-Length: 0\r\n\r\n")
    yield say(1, "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n30")
    yield say(0, "HTTP/1.0 200 OK\r\n\r\n0123")
  },
  dictionary: [
    "HTTP/1.1 206 x\r\n",
    "Content-Range: bytes ",
    "Location: ",
    "\r\n\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Retry-After: ",
  ],
}

const nowhere: Outcome<Address[]> = { ok: true, value: [{ host: "198.41.0.4", family: "ipv4" }] }
