import type { ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { createServer, type AddressInfo } from "node:net"
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import { afterEach, expect, test } from "vitest"
import { httpChannel } from "../../src/discovery/tracker/http-tracker.ts"
import type { AnnounceRequest } from "../../src/discovery/tracker/reply.ts"
import { fail, succeed } from "../../src/failure.ts"
import { realNetwork, type HttpRequest, type Network } from "../../src/network.ts"
import type { AddressRules } from "../../src/torrent/endpoint.ts"
import { hostileHttp, query, type Handler, type HostileHttp } from "./hostile-http.ts"
import { everywhere, hasIPv6, infoHash, peerId } from "./question.ts"
import { altIp, selfSigned } from "./self-signed.ts"

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function server(handler: Handler): Promise<HostileHttp> {
  const started = await hostileHttp(handler)
  cleanups.push(started.close)
  return started
}

const request: AnnounceRequest = {
  infoHash,
  peerId,
  port: 6881,
  leftBytes: 5,
  event: "started",
  numwant: 200,
  key: 3,
  trackerId: null,
}
const never = new AbortController().signal

function announce(
  url: string,
  options: {
    network?: Network
    rules?: AddressRules
    totalMs?: number
    host?: string
    signal?: AbortSignal
  } = {},
) {
  const host = options.host ?? "127.0.0.1"
  const channel = httpChannel({
    url: new URL(url),
    address: { host, family: host.includes(":") ? "ipv6" : "ipv4" },
    rules: options.rules ?? everywhere,
    userAgent: "torrent-audit/test",
    network: options.network ?? realNetwork(),
    totalMs: options.totalMs ?? 10_000,
  })
  return channel.announce(request, options.signal ?? never)
}

const good = "d8:completei2e10:incompletei3e8:intervali1800e5:peers6:\x0a\x00\x00\x01\x1a\xe1e"
const goodBytes = Buffer.from(good, "latin1")
const failureOf = async (answering: ReturnType<typeof announce>) => {
  const { reply } = await answering
  return reply.ok ? "ok" : reply.failure.code
}

test("a plain reply, and what we ask for", async () => {
  let headers: NodeJS.Dict<string | string[]> = {}
  const tracker = await server((request, response) => {
    headers = request.headers
    response.end(goodBytes)
  })
  const answer = await announce(`${tracker.url}/announce?k=1`)
  expect(answer).toMatchObject({
    reply: { ok: true, value: { seeders: 2, peers: ["10.0.0.1:6881"] } },
    tries: 1,
  })
  expect(headers).toMatchObject({ host: `127.0.0.1:${tracker.port}`, "user-agent": "torrent-audit/test" })
  const asked = query(tracker.requests[0] ?? "")
  expect(asked.get("k")).toBe("1")
  expect(Buffer.from(unescape(asked.get("info_hash") ?? ""), "latin1")).toEqual(Buffer.from(infoHash))
})

test("the address is the one given, whatever the name says", async () => {
  const tracker = await server((_, response) => response.end(goodBytes))
  expect(await failureOf(announce(`http://tracker.invalid:${tracker.port}/announce`))).toBe("ok")
})

test.each([
  ["gzip", gzipSync(goodBytes)],
  ["x-gzip", gzipSync(goodBytes)],
  ["deflate", deflateSync(goodBytes)],
  ["deflate", deflateRawSync(goodBytes)],
  ["identity", goodBytes],
])("content encoding %s", async (encoding, body) => {
  const tracker = await server((_, response) => response.setHeader("content-encoding", encoding).end(body))
  expect(await failureOf(announce(`${tracker.url}/announce`))).toBe("ok")
})

const raw = (response: ServerResponse, text: string) => response.socket?.end(text)
/** Writes for ever, as fast as it is read. */
function endless(response: ServerResponse, chunk: Uint8Array): void {
  const write = () => {
    while (!response.destroyed && response.write(chunk));
    response.once("drain", write)
  }
  write()
}

const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024))
const cases: [string, string, Handler][] = [
  ["a refusal", "tracker-refused", (_, response) => response.end("d14:failure reason2:noe")],
  [
    "a refusal with an error status",
    "tracker-refused",
    (_, r) => r.writeHead(403).end("d14:failure reason2:noe"),
  ],
  ["an error status", "http-status", (_, response) => response.writeHead(503).end("busy")],
  ["a web page", "bad-bencode", (_, response) => response.end("<html>")],
  ["an empty body", "bad-bencode", (_, response) => response.end()],
  ["bencode cut short", "bad-bencode", (_, response) => response.end(goodBytes.subarray(0, 40))],
  ["bytes that hang a library", "bad-bencode", (_, response) => response.end("l-3:")],
  ["deep nesting", "bad-bencode", (_, response) => response.end("l".repeat(1_000_000))],
  ["a list", "bad-reply", (_, response) => response.end("le")],
  ["3 MiB at once", "too-large", (_, response) => response.end(Buffer.alloc(3 * 1024 * 1024, "0"))],
  ["an endless body", "too-large", (_, response) => endless(response, Buffer.alloc(65_536, "d"))],
  ["a gzip bomb", "bad-encoding", (_, r) => r.setHeader("content-encoding", "gzip").end(bomb)],
  [
    "a small gzip bomb, which stays below the limit of bodies",
    "bad-encoding",
    (_, r) => r.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(1024 * 1024))),
  ],
  ["gzip that is none", "bad-encoding", (_, r) => r.setHeader("content-encoding", "gzip").end(goodBytes)],
  [
    "gzip cut short",
    "bad-encoding",
    (_, r) => r.setHeader("content-encoding", "gzip").end(gzipSync(goodBytes).subarray(0, 20)),
  ],
  [
    "an unknown encoding",
    "bad-encoding",
    (_, r) => r.setHeader("content-encoding", "constructor").end(goodBytes),
  ],
  [
    "fewer bytes than announced",
    "closed",
    (_, r) => raw(r, "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nd8:"),
  ],
  ["a close without a word", "closed", (request) => request.socket.end()],
  ["a reset", "reset", (request) => request.socket.resetAndDestroy()],
  ["no HTTP at all", "bad-reply", (_, response) => raw(response, "220 ftp.example ready\r\n")],
  [
    "a bad chunk",
    "bad-reply",
    (_, r) => raw(r, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
  ],
  ["headers of 64 KiB", "too-large", (_, r) => raw(r, `HTTP/1.1 200 OK\r\nx: ${"y".repeat(65_536)}\r\n\r\n`)],
  [
    "an upgrade nobody asked for",
    "bad-reply",
    (_, r) => raw(r, "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
  ],
]
test.each(cases)("%s is %s", async (_, code, handler) => {
  const tracker = await server(handler)
  expect(await failureOf(announce(`${tracker.url}/announce`))).toBe(code)
})

const slow: [string, Handler][] = [
  ["silence", () => {}],
  ["headers without a body", (_, response) => response.writeHead(200).flushHeaders()],
  ["one byte and no more", (_, response) => void response.write("d")],
]
test.each(slow)("%s ends with the total deadline", async (_, handler) => {
  const tracker = await server(handler)
  expect(await failureOf(announce(`${tracker.url}/announce`, { totalMs: 300 }))).toBe("timeout")
})

test("an abort ends it", async () => {
  const controller = new AbortController()
  const tracker = await server(() => controller.abort())
  expect(await failureOf(announce(`${tracker.url}/announce`, { signal: controller.signal }))).toBe("aborted")
})

test("nobody listening is a refused connection", async () => {
  const free = createServer()
  await new Promise<void>((resolve) => free.listen({ host: "127.0.0.1", port: 0 }, resolve))
  const { port } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  expect(await failureOf(announce(`http://127.0.0.1:${port}/announce`))).toBe("refused")
})

const redirect =
  (to: (path: string) => string, status = 302): Handler =>
  (_, response, path) =>
    path === "/good" ? response.end(goodBytes) : response.writeHead(status, { location: to(path) }).end()

test.each([301, 302, 303, 307, 308])("a redirect with %i on the same host is followed", async (status) => {
  const tracker = await server(redirect(() => "/good", status))
  expect(await failureOf(announce(`${tracker.url}/announce`))).toBe("ok")
})

const step = (path: string) => Number(path.slice(1).replace("announce", "0")) + 1

test("five redirects are followed, the sixth is not", async () => {
  const five = await server(redirect((path) => (step(path) === 5 ? "/good" : `/${step(path)}`)))
  expect(await failureOf(announce(`${five.url}/announce`))).toBe("ok")
  expect(five.requests).toHaveLength(6)
  const six = await server(redirect((path) => (step(path) === 6 ? "/good" : `/${step(path)}`)))
  expect(await failureOf(announce(`${six.url}/announce`))).toBe("bad-redirect")
  expect(six.requests).toHaveLength(6)
})

test.each([
  ["a loop", () => "/a"],
  ["a file", () => "file:///etc/passwd"],
  ["another scheme", () => "gopher://127.0.0.1/"],
  ["nonsense", () => "http://["],
  ["another port of loopback", () => "http://127.0.0.1:1/good"],
  ["the metadata service", () => "http://169.254.169.254/latest"],
  ["an address in disguise", () => "http://[::ffff:169.254.169.254]/"],
  ["another family", () => "http://[::1]/good"],
])("a redirect to %s is refused", async (_, to) => {
  const tracker = await server(redirect(to))
  expect(await failureOf(announce(`${tracker.url}/announce`))).toBe("bad-redirect")
})

test("a redirect without a location is refused", async () => {
  const tracker = await server((_, response) => response.writeHead(302).end())
  expect(await failureOf(announce(`${tracker.url}/announce`))).toBe("bad-redirect")
})

/** Names and replies from a table, so that public addresses can be played. Counts what would have been dialled. */
function tableNetwork(names: Record<string, string>, redirects: Record<string, string>) {
  const dialled: string[] = []
  const network: Network = {
    ...realNetwork(),
    resolve: (name) => {
      const host = /^[\d.]+$/.test(name) ? name : names[name]
      return Promise.resolve(host ? succeed([{ host, family: "ipv4" as const }]) : fail("dns"))
    },
    http: ({ url, address }: HttpRequest) => {
      dialled.push(address.host)
      const location = redirects[url.hostname]
      return Promise.resolve(
        succeed(
          location
            ? { status: 302, headers: { location }, body: new Uint8Array() }
            : { status: 200, headers: {}, body: goodBytes },
        ),
      )
    },
  }
  return { network, dialled }
}

test.each([
  ["public to public", "http://b.example/x", everywhere, "ok"],
  [
    "public to private, although private ones are allowed",
    "http://inside.example/x",
    everywhere,
    "bad-redirect",
  ],
  ["public to loopback, although loopback is allowed", "http://home.example/x", everywhere, "bad-redirect"],
  ["public to a private literal", "http://192.168.0.1/x", everywhere, "bad-redirect"],
  [
    "public to public where those are refused",
    "http://b.example/x",
    { ...everywhere, refusePublic: true },
    "filtered",
  ],
  ["to a name that is none", "http://nowhere.example/x", everywhere, "dns"],
])("%s", async (_, location, rules, expected) => {
  const { network, dialled } = tableNetwork(
    { "b.example": "9.9.9.9", "inside.example": "10.0.0.1", "home.example": "127.0.0.1" },
    { "a.example": location },
  )
  expect(await failureOf(announce("http://a.example/announce", { network, rules, host: "8.8.8.8" }))).toBe(
    expected,
  )
  expect(dialled).toEqual(expected === "ok" ? ["8.8.8.8", "9.9.9.9"] : ["8.8.8.8"])
})

test("private to private needs the rule that allows private ones", async () => {
  const names = { "b.lan": "192.168.1.2" }
  for (const [allowLocal, expected] of [
    [true, "ok"],
    [false, "bad-redirect"],
  ] as const) {
    const { network } = tableNetwork(names, { "a.lan": "http://b.lan/x" })
    const rules = { ...everywhere, allowLocal }
    expect(await failureOf(announce("http://a.lan/announce", { network, rules, host: "192.168.1.1" }))).toBe(
      expected,
    )
  }
})

test("HTTPS: a certificate that nobody vouches for is refused, and so is plain HTTP on its port", async () => {
  let served = 0
  const secure = createTlsServer(selfSigned("127.0.0.1", altIp(127, 0, 0, 1)), (_, response) => {
    served++
    response.end(goodBytes)
  })
  await new Promise<void>((resolve) => secure.listen({ host: "127.0.0.1", port: 0 }, resolve))
  cleanups.push(() => new Promise((resolve) => secure.close(() => resolve())))
  const { port } = secure.address() as AddressInfo
  const answer = await announce(`https://127.0.0.1:${port}/announce`)
  expect(answer.reply).toMatchObject({ failure: { code: "tls", detail: "DEPTH_ZERO_SELF_SIGNED_CERT" } })
  expect(served).toBe(0)

  const plain = await server((_, response) => response.end(goodBytes))
  expect(await failureOf(announce(`https://127.0.0.1:${plain.port}/announce`))).toBe("tls")
})

test("over IPv6 where this machine has it", async () => {
  const answer = hasIPv6 ? await hostileHttp((_, response) => response.end(goodBytes), "::1") : null
  if (answer) cleanups.push(answer.close)
  const url = answer ? `${answer.url}/announce` : "http://[::1]:9/announce"
  const code = await failureOf(announce(url, { host: "::1" }))
  expect(hasIPv6 ? code === "ok" : code !== "ok").toBe(true)
})

test("scrape asks the scrape URL; a URL without one is never asked", async () => {
  const key = Buffer.from(infoHash).toString("latin1")
  const tracker = await server((_, response) =>
    response.end(
      Buffer.from(`d5:filesd20:${key}d8:completei2e10:downloadedi7e10:incompletei3eeee`, "latin1"),
    ),
  )
  const channel = (path: string) =>
    httpChannel({
      url: new URL(tracker.url + path),
      address: { host: "127.0.0.1", family: "ipv4" },
      rules: everywhere,
      userAgent: "x",
      network: realNetwork(),
      totalMs: 5_000,
    })
  const answer = await channel("/p/announce.php?k=1").scrape(infoHash, never)
  expect(answer.reply).toEqual({ ok: true, value: { seeders: 2, leechers: 3, downloads: 7 } })
  expect(tracker.requests[0]).toMatch(/^\/p\/scrape\.php\?k=1&info_hash=%/)
  const none = await channel("/x").scrape(infoHash, never)
  expect(none).toMatchObject({ reply: { failure: { code: "unsupported" } }, ms: null, tries: 0 })
  expect(tracker.requests).toHaveLength(1)
})
