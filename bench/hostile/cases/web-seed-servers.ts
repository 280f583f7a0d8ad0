/** Web seeds (BEP 19) that send too much, too little, too slowly, or something else. */
import { limits } from "../../../src/limits.ts"
import type { HostileCase } from "../case.ts"
import { headOf, pourContinues, pourExtensions, pourHeaders } from "./tracker-server.ts"
import { bytesOf, partHead, webSeedCase, type WebSeedBehaviour } from "./web-seed-stage.ts"

const block = Buffer.alloc(65_536, "w")

const servers: readonly WebSeedBehaviour[] = [
  {
    id: "web-seed-silent",
    does: "takes the request and says nothing",
    bound: "webSeed.answerMs",
    expect: /timeout|aborted/,
    onRequest: () => {},
  },
  {
    id: "web-seed-endless",
    does: "sends what was asked for, and then on without end",
    bound: "the wanted bytes alone are read",
    expect: /ok/,
    onRequest(line, { range }, swarm) {
      if (!range) return
      line.write(
        `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes ${range.first}-${range.last}/${swarm.payload.sizeBytes}\r\n\r\n`,
      )
      line.write(bytesOf(swarm, range.first, range.last))
      line.pour(block)
    },
  },
  {
    id: "web-seed-100gb",
    does: "ignores Range and sends 100 GB",
    bound: "no body is read that is not the file",
    expect: /no-range/,
    onRequest(line) {
      line.write(headOf([`Content-Length: ${100 * 2 ** 30}`]))
      line.pour(block)
    },
  },
  {
    id: "web-seed-drip",
    does: "sends a byte a second",
    bound: "webSeed.leastBytesPerSecond",
    expect: /timeout|aborted/,
    timeoutSeconds: 50,
    onRequest(line, { range }, swarm) {
      if (range) line.write(partHead(range.first, range.last, swarm.payload.sizeBytes))
      line.drip("x", 1_000)
    },
  },
  {
    id: "web-seed-wrong-bytes",
    does: "sends other bytes, as long as they should be",
    bound: "hash of each piece",
    expect: /ok/,
    onRequest(line, { range }, swarm) {
      if (!range) return
      line.write(partHead(range.first, range.last, swarm.payload.sizeBytes))
      line.write(Buffer.alloc(range.last - range.first + 1, "?"))
      line.end()
    },
    verify({ samples }) {
      const codes = samples.map(({ verified, failure }) => (verified ? "verified" : failure?.code))
      if (!codes.includes("hash-mismatch") || codes.includes("verified"))
        throw new Error(`samples: ${codes.join(", ")}`)
    },
  },
  {
    id: "web-seed-other-part",
    does: "sends another part than was asked for",
    bound: "the part must be the one",
    expect: /bad-reply: another part/,
    onRequest(line, { range }, swarm) {
      const bytes = range ? range.last - range.first + 1 : 1
      line.write(partHead(7, 6 + bytes, swarm.payload.sizeBytes))
      line.pour(block)
    },
  },
  {
    id: "web-seed-range-nonsense",
    does: "writes a Content-Range of 40 digits",
    bound: "15 digits",
    expect: /bad-reply/,
    onRequest(line) {
      const digits = "9".repeat(40)
      line.write(headOf([`Content-Range: bytes 0-${digits}/${digits}`], "206 Partial Content"))
      line.pour(block)
    },
  },
  {
    id: "web-seed-gzip",
    does: "sends gzip that nobody asked for, without end",
    bound: "a body is taken as it is or not at all",
    expect: /bad-encoding/,
    onRequest(line, { range }, swarm) {
      line.write(
        headOf(
          [
            `Content-Range: bytes ${range?.first}-${range?.last}/${swarm.payload.sizeBytes + 1}`,
            "Content-Encoding: gzip",
          ],
          "206 Partial Content",
        ),
      )
      line.pour(block)
    },
  },
  {
    id: "web-seed-multipart",
    does: "answers one range with a thousand parts",
    bound: "one part a request",
    expect: /bad-reply: multipart/,
    onRequest(line) {
      line.write(headOf(["Content-Type: multipart/byteranges; boundary=x"], "206 Partial Content"))
      line.pour("--x\r\nContent-Range: bytes 0-0/1\r\n\r\nx\r\n")
    },
  },
  {
    id: "web-seed-other-length",
    does: "says the file is twice as long",
    bound: "the torrent's own length",
    expect: /wrong-length/,
    onRequest(line, { range }, swarm) {
      line.write(partHead(range?.first ?? 0, range?.last ?? 0, 2 * swarm.payload.sizeBytes))
      line.write("x")
    },
  },
  {
    id: "web-seed-retry-after",
    does: "is busy, and says to come back in 10⁹ s",
    bound: "webSeed.maxRetryMs",
    expect: /http-status: HTTP 503/,
    onRequest(line) {
      line.write(headOf(["Retry-After: 1000000000", "Content-Length: 0"], "503 Busy"))
      line.end()
    },
  },
  {
    id: "web-seed-busy-body",
    does: "is busy, and says so without end",
    bound: "32 bytes of it",
    expect: /http-status: HTTP 503/,
    onRequest(line) {
      line.write("HTTP/1.1 503 Busy\r\n\r\n")
      line.pour(block)
    },
  },
  {
    id: "web-seed-headers",
    does: "sends a million headers",
    bound: "webSeed.maxHeaderBytes",
    expect: /too-large: headers/,
    onRequest: (line) => pourHeaders(line, "206 Partial Content", 1_000),
  },
  {
    id: "web-seed-continue-flood",
    does: "sends 100 Continue for ever",
    bound: "webSeed.maxHeaderBytes",
    expect: /too-large/,
    onRequest: pourContinues,
  },
  {
    id: "web-seed-chunk-extensions",
    does: "sends a byte of body with 15 KB of chunk extension, again and again",
    bound: "http.frameFactor",
    expect: /too-large/,
    onRequest(line, { range }, swarm) {
      const head = partHead(range?.first ?? 0, range?.last ?? 0, swarm.payload.sizeBytes)
      line.write(head.replace(/Content-Length: \d+/, "Transfer-Encoding: chunked"))
      pourExtensions(line)
    },
  },
  {
    id: "web-seed-reset",
    does: "resets the connection in the middle of a piece",
    bound: "the piece counts as none",
    expect: /reset|closed/,
    onRequest(line, { range }, swarm) {
      line.write(partHead(range?.first ?? 0, range?.last ?? 0, swarm.payload.sizeBytes))
      line.write("half")
      setTimeout(() => line.reset(), 50)
    },
  },
  {
    id: "web-seed-garbage",
    does: "answers with garbage for ever",
    bound: "Node's HTTP parser",
    expect: /bad-reply/,
    onRequest: (line) => line.pour(block),
  },
  {
    id: "web-seed-names",
    does: "gives its name and tag in terminal escapes of 4 KB",
    bound: "webSeed.maxHeaderText",
    expect: /ok/,
    onRequest(line, { range }, swarm) {
      if (!range) return
      const escapes = "\u009b2J<script>".repeat(400)
      line.write(
        Buffer.from(
          partHead(range.first, range.last, swarm.payload.sizeBytes, [
            `Server: ${escapes}`,
            `ETag: ${escapes}`,
          ]),
          "latin1",
        ),
      )
      line.write(bytesOf(swarm, range.first, range.last))
      line.end()
    },
    verify({ server, etag }) {
      for (const text of [server, etag])
        if ((text?.length ?? Infinity) > limits.webSeed.maxHeaderText || /\p{Cc}/u.test(text ?? ""))
          throw new Error(`kept: ${JSON.stringify(text)}`)
    },
  },
]

export const webSeedServerCases: readonly HostileCase[] = servers.map(webSeedCase)
