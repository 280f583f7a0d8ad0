/** One web seed against servers of ours: honest ones, and those that break every rule. */
import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { failure } from "../../src/failure.ts"
import type { Handler } from "../discovery/hostile-http.ts"
import {
  brisk,
  bytesOf,
  files,
  honest,
  never,
  pieceBytes,
  pieceOf,
  saying,
  serving,
  sessionAt,
  torrent,
} from "./web-seed/fixture.ts"

describe("BEP 19", () => {
  test("every piece of several files, padding made up, one request per file and stretch", async () => {
    const server = await serving(honest)
    const { record, session } = sessionAt(`${server.url}/pub/`)
    expect(await session.fetch(0, torrent.pieceCount, never)).toBeNull()
    expect(record.samples.map(({ piece, verified, bytes }) => [piece, verified, bytes])).toEqual([
      [0, true, pieceBytes],
      [1, true, pieceBytes],
      [2, true, 70_000 - 2 * pieceBytes],
      [3, true, pieceBytes],
      [4, true, 61_000 - pieceBytes],
    ])
    expect(server.requests.map((url) => decodeURIComponent(url))).toEqual([
      "/pub/the folder/a b/ü#1.bin",
      "/pub/the folder/small.txt",
      "/pub/the folder/last.bin",
    ])
    expect(record).toMatchObject({
      ok: true,
      failure: null,
      rangeSupported: true,
      lengthsRight: true,
      server: "one of ours",
      etag: '"abc"',
      lastModified: "Sat, 14 Mar 2026 09:15:00 GMT",
      finalUrl: null,
      redirects: [],
    })
    expect(session.payloadBytes).toBe(131_000)
  })

  test("a piece in the middle asks for its part alone; a probe for one block", async () => {
    const ranges: (string | undefined)[] = []
    const server = await serving((request, response, path) => {
      ranges.push(request.headers.range)
      honest(request, response, path)
    })
    const { record, session } = sessionAt(`${server.url}/pub`)
    await session.probe(1, never)
    await session.fetch(1, 1, never)
    expect(ranges).toEqual(["bytes=32768-49151", "bytes=32768-65535"])
    expect(record.samples).toMatchObject([{ piece: 1, verified: true }])
    expect(record.attempts[0]).toMatchObject({
      path: "a b/ü#1.bin",
      piece: 1,
      offset: 32_768,
      wantedBytes: 16_384,
      receivedBytes: 16_384,
      status: 206,
      totalBytes: 70_000,
      ok: true,
    })
  })

  test("a file shorter than a piece may come whole", async () => {
    const server = await serving((_request, response, path) => {
      const body = files.get(decodeURIComponent(path).replace("/pub/the folder/", "")) ?? Buffer.alloc(0)
      response.writeHead(200).end(body)
    })
    const small = {
      ...torrent,
      files: [{ path: "last.bin", sizeBytes: 30_000, firstPiece: 0, lastPiece: 0, pad: false }],
    }
    const body = bytesOf("last.bin", 60_000).subarray(0, 30_000)
    files.set("short.bin", body)
    const one = { ...small, name: "short.bin", sizeBytes: 30_000, pieceCount: 1 }
    const sha1 = createHash("sha1").update(body).digest()
    const { record, session } = sessionAt(`${server.url}/pub/the folder/short.bin`, {
      torrent: { ...one, files: [{ ...one.files[0]!, path: "short.bin" }] },
      hashes: { v1: sha1, v2: null },
    })
    expect(await session.fetch(0, 1, never)).toBeNull()
    expect(record.samples).toMatchObject([{ verified: true, bytes: 30_000 }])
    // Asked for all of it, a server may well answer so: nothing is known of ranges.
    expect(record.rangeSupported).toBeNull()
  })

  test("wrong bytes are a sample that is wrong", async () => {
    const server = await serving((request, response, path) => {
      const end = response.end.bind(response)
      response.end = ((body: Buffer) => end(Buffer.from(body).fill(7, 0, 1))) as never
      honest(request, response, path)
    })
    const { record, session } = sessionAt(`${server.url}/pub/`)
    await session.fetch(0, 1, never)
    expect(record.samples).toMatchObject([{ verified: false, failure: { code: "hash-mismatch" } }])
  })

  const replying =
    (
      status: number,
      headers: Record<string, string | number>,
      body: string | Buffer = "x".repeat(pieceBytes),
    ): Handler =>
    (_, response) =>
      void response.writeHead(status, headers).end(body)
  const total = 70_000
  const right = { "content-range": `bytes 0-${pieceBytes - 1}/${total}` }

  test.each<[string, Handler, ReturnType<typeof failure>, object]>([
    ["404", replying(404, {}), failure("http-status", "HTTP 404"), { rangeSupported: null }],
    ["403", replying(403, {}), failure("http-status", "HTTP 403"), {}],
    ["500", replying(500, {}), failure("http-status", "HTTP 500"), {}],
    [
      "416 of a shorter file",
      replying(416, { "content-range": "bytes */9" }),
      failure("wrong-length", "9 bytes, not 70000"),
      { lengthsRight: false },
    ],
    ["416 that says nothing", replying(416, {}), failure("http-status", "HTTP 416"), { lengthsRight: null }],
    [
      "the whole file",
      replying(200, { "content-length": total }, Buffer.alloc(total)),
      failure("no-range", "all of it, not a part"),
      { rangeSupported: false, lengthsRight: true },
    ],
    [
      "the whole of something else",
      replying(200, { "content-length": 6 }, "<html>"),
      failure("no-range", "all of something of 6 bytes, not 70000"),
      { rangeSupported: false, lengthsRight: null },
    ],
    [
      "a longer file",
      replying(206, { "content-range": `bytes 0-${pieceBytes - 1}/70001` }),
      failure("wrong-length", "70001 bytes, not 70000"),
      { rangeSupported: true, lengthsRight: false },
    ],
    [
      "another part",
      replying(206, { "content-range": `bytes 1-${pieceBytes}/${total}` }),
      failure("bad-reply", "another part than was asked for"),
      {},
    ],
    [
      "a part that doesn't say which",
      replying(206, {}),
      failure("bad-reply", "a part, without saying which"),
      {},
    ],
    [
      "a nonsensical part",
      replying(206, { "content-range": "bytes 9-3/70000" }),
      failure("bad-reply", "a part, without saying which"),
      {},
    ],
    [
      "many parts",
      replying(206, { ...right, "content-type": "multipart/byteranges; boundary=x" }),
      failure("bad-reply", "multipart"),
      {},
    ],
    [
      "gzip, a bomb or not",
      replying(206, { "content-range": `bytes 0-${pieceBytes - 1}/60000`, "content-encoding": "gzip" }),
      failure("bad-encoding", "not as it is"),
      {},
    ],
    [
      "less than it says",
      replying(206, { ...right, "content-length": 10 }, "0123456789"),
      failure("bad-reply", "a part of another length than it says"),
      {},
    ],
    [
      "less, in chunks",
      replying(206, { ...right, "transfer-encoding": "chunked" }, "0123456789"),
      failure("wrong-length", `10 bytes, not ${pieceBytes}`),
      {},
    ],
  ])("%s", async (_, handler, expected, rest) => {
    const server = await serving(handler)
    const { record, session } = sessionAt(`${server.url}/pub/`)
    expect(await session.fetch(0, 1, never)).toEqual(expected)
    expect(record).toMatchObject({ ok: false, failure: expected, ...rest })
    expect(record.samples).toMatchObject([{ piece: 0, verified: null, failure: expected }])
    expect(server.requests).toHaveLength(1)
  })

  test("the file's own bytes, though called gzip as Apache does of a .gz", async () => {
    const server = await serving(replying(206, { ...right, "content-encoding": "x-gzip" }, pieceOf(0)))
    const { record, session } = sessionAt(`${server.url}/pub/`)
    expect(await session.fetch(0, 1, never)).toBeNull()
    expect(record.samples).toMatchObject([{ verified: true, bytes: pieceBytes }])
  })

  test("cut short where nothing tells the end: closed, and not of another length", async () => {
    const head = `HTTP/1.1 206 Partial Content\ncontent-range: bytes 0-${pieceBytes - 1}/${total}\n\n0123456789`
    const { record, session } = sessionAt(await saying(head, (socket) => void socket.end()))
    expect(await session.fetch(0, 1, never)).toMatchObject({ code: "closed" })
    expect(record.samples).toMatchObject([{ verified: null, bytes: 10, failure: { code: "closed" } }])
  })

  test("more than was asked for is cut off", async () => {
    const server = await serving(
      replying(206, { ...right, "transfer-encoding": "chunked" }, Buffer.concat([pieceOf(0), pieceOf(0)])),
    )
    const { record, session } = sessionAt(`${server.url}/pub/`)
    expect(await session.fetch(0, 1, never)).toBeNull()
    expect(record.samples).toMatchObject([{ verified: true, bytes: pieceBytes }])
  })

  test("no more requests than allowed", async () => {
    const server = await serving(honest)
    const { session, dropped } = sessionAt(`${server.url}/pub/`, { maxRequests: 1 })
    await session.probe(0, never)
    expect(await session.fetch(0, 1, never)).toEqual(failure("budget", "requests"))
    expect([server.requests.length, dropped.count]).toEqual([1, 1])
  })

  test("our own caps hold it back, and that is told", async () => {
    const server = await serving(honest)
    let reserved = 0
    const reserve = (bytes: number) => performance.now() + ((reserved += bytes) > 0 ? 20 : 0)
    const { record, session } = sessionAt(`${server.url}/pub/`, { lane: { reserve } })
    await session.fetch(0, 1, never)
    expect(record.samples).toMatchObject([{ verified: true, capped: true }])
    expect(reserved).toBe(pieceBytes)
  })

  test("called off: the piece stands as it stood", async () => {
    const url = await saying(
      `HTTP/1.1 206 Partial Content\ncontent-range: bytes 0-${pieceBytes - 1}/${total}\n\nabc`,
    )
    const stop = new AbortController()
    const reserve = () => {
      setImmediate(() => stop.abort())
      return 0
    }
    const { record, session } = sessionAt(url, { lane: { reserve }, timing: { ...brisk, graceMs: 60_000 } })
    expect(await session.fetch(0, 1, stop.signal)).toMatchObject({ code: "aborted" })
    expect(record.samples).toMatchObject([
      { piece: 0, bytes: 3, verified: null, failure: { code: "aborted" } },
    ])
  })
})

describe("BEP 17", () => {
  const seed: Handler = (request, response) => {
    const query = new URLSearchParams(request.url?.split("?")[1])
    const range = /^(\d+)-(\d+)$/.exec(query.get("ranges") ?? "")
    const piece = pieceOf(Number(query.get("piece")))
    response.end(range ? piece.subarray(Number(range[1]), Number(range[2]) + 1) : piece)
  }

  test("piece by piece", async () => {
    const server = await serving(seed)
    const { record, session } = sessionAt(`${server.url}/seed.php?who=1`, { bep: 17 })
    expect(await session.probe(4, never)).toBeNull()
    expect(await session.fetch(3, 2, never)).toBeNull()
    const hash = "%01%23%45%67%89%ab%cd%ef%01%23%45%67%89%ab%cd%ef%01%23%45%67"
    expect(server.requests).toEqual([
      `/seed.php?who=1&info_hash=${hash}&piece=4&ranges=0-16383`,
      `/seed.php?who=1&info_hash=${hash}&piece=3`,
      `/seed.php?who=1&info_hash=${hash}&piece=4`,
    ])
    expect(record.samples).toMatchObject([
      { piece: 3, verified: true },
      { piece: 4, verified: true },
    ])
    expect(record).toMatchObject({ bep: 17, rangeSupported: null, lengthsRight: null, ok: true })
  })

  test("busy: how long it asks us to wait, in the body", async () => {
    const server = await serving((_, response) => void response.writeHead(503).end(" 7 \n"))
    const { record, session } = sessionAt(`${server.url}/`, { bep: 17 })
    expect(await session.fetch(0, 1, never)).toEqual(failure("http-status", "HTTP 503"))
    expect([session.retryMs, record.attempts[0]?.status]).toEqual([7_000, 503])
  })

  test.each([
    ["shorter", pieceBytes - 1],
    ["longer", pieceBytes + 1],
  ])("a %s piece", async (_, length) => {
    const body = Buffer.alloc(length)
    const chunked = await serving((__, response) => {
      response.write(body.subarray(0, 1))
      response.end(body.subarray(1))
    })
    const { session } = sessionAt(`${chunked.url}/`, { bep: 17 })
    expect(await session.fetch(0, 1, never)).toMatchObject({ code: "wrong-length" })
    const plain = await serving((__, response) => void response.end(body))
    const { session: other } = sessionAt(`${plain.url}/`, { bep: 17 })
    expect(await other.fetch(0, 1, never)).toEqual(
      failure("wrong-length", `${length} bytes, not ${pieceBytes}`),
    )
  })

  test("has no word for a torrent that is v2 only", async () => {
    const { session } = sessionAt("http://127.0.0.1:9/", { bep: 17, infoHash: null })
    expect(await session.probe(0, never)).toMatchObject({ code: "unsupported" })
  })
})

test.each(["ftp://127.0.0.1/pub/", "file:///etc/passwd", "nonsense", "http://"])(
  "%s is not asked",
  async (url) => {
    const { record, session } = sessionAt(url)
    expect(await session.probe(0, never)).toMatchObject({ code: "unsupported" })
    expect(record.attempts).toEqual([])
  },
)

describe("hostile servers end within their bounds", () => {
  const head = `HTTP/1.1 206 Partial Content\ncontent-range: bytes 0-${pieceBytes - 1}/70000\n`

  test.each<[string, () => Promise<string>, string]>([
    ["silence", () => saying(""), "timeout"],
    ["headers that drip", () => saying("HTTP/1.1 206 Par", drip), "timeout"],
    ["a body that never begins", () => saying(`${head}\n`), "timeout"],
    ["a body that drips", () => saying(`${head}\n`, drip), "timeout"],
    ["a body that stalls", () => saying(`${head}\n${"x".repeat(20_000)}`), "timeout"],
    ["huge headers", () => saying(`HTTP/1.1 206 P\nx: ${"y".repeat(20_000)}\n\n`), "too-large"],
    ["chunked nonsense", () => saying(`${head}transfer-encoding: chunked\n\nzz\nabc\n`), "bad-reply"],
    ["no HTTP", () => saying("220 mail.example ESMTP\n"), "bad-reply"],
    [
      "an early end",
      () => saying(`${head}content-length: ${pieceBytes}\n\nabc`, (socket) => void socket.end()),
      "closed",
    ],
    [
      "an upgrade",
      () => saying("HTTP/1.1 101 Switching Protocols\nupgrade: x\nconnection: upgrade\n\n"),
      "bad-reply",
    ],
    ["endless 100 Continue", () => saying("", continuing), "timeout"],
  ])("%s", async (_, url, code) => {
    const { session, record } = sessionAt(await url())
    expect(await session.fetch(0, 1, never)).toMatchObject({ code })
    expect(record.samples).toMatchObject([{ verified: null }])
  })

  function drip(socket: import("node:net").Socket): void {
    const timer = setInterval(() => socket.write("x"), 20)
    socket.once("close", () => clearInterval(timer))
  }

  function continuing(socket: import("node:net").Socket): void {
    const timer = setInterval(() => socket.write("HTTP/1.1 100 Continue\r\n\r\n"), 5)
    socket.once("close", () => clearInterval(timer))
  }

  test("an endless body where the whole file was not wanted is not read", async () => {
    let written = 0
    const url = await saying("HTTP/1.1 200 OK\n\n", (socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) written += 65_536
      }
      socket.on("drain", more)
      more()
    })
    const { session } = sessionAt(url)
    expect(await session.fetch(0, 1, never)).toMatchObject({ code: "no-range" })
    expect(session.payloadBytes).toBe(0)
    expect(written).toBeLessThan(32 * 1_048_576)
  })

  test("an endless part ends where it should", async () => {
    const url = await saying(`${head}\n`, (socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) continue
      }
      socket.on("drain", more)
      more()
    })
    const { session, record } = sessionAt(url)
    await session.fetch(0, 1, never)
    expect(session.payloadBytes).toBe(pieceBytes)
    expect(record.samples).toMatchObject([{ verified: false, bytes: pieceBytes }])
  })

  test("single bytes without end cost no more than so many chunks", async () => {
    const url = await saying(
      `${head.replace("32767/70000", "69999/70000")}transfer-encoding: chunked\n\n`,
      (socket) => {
        socket.write("1\r\nx\r\n".repeat(70_000))
      },
    )
    const { session } = sessionAt(url, { torrent: { ...torrent, pieceBytes: 131_072 } })
    expect(await session.fetch(0, 1, never)).toMatchObject({ code: "bad-reply" })
  })
})
