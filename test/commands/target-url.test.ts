/** A target by its URL, from real servers on loopback. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { describe, expect, it, onTestFinished } from "vitest"
import { fetchTorrent, maskedUrl, type FetchContext } from "../../src/commands/target/fetch.ts"
import { readAuditTarget } from "../../src/commands/target.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { InputError } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"

const torrent = readFileSync("fixtures/torrents/single-v1.torrent")
const hint = "Download it yourself, pass the file."

async function serve(answer: RequestListener): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const fetched = (url: string, overrides: Partial<FetchContext> = {}) =>
  fetchTorrent(url, {
    network: loopbackNetwork(),
    families: ["ipv4"],
    refusePublic: false,
    proxied: false,
    userAgent: "torrent-audit/0",
    stop: new AbortController().signal,
    ...overrides,
  })

const refusal = (url: string, overrides: Partial<FetchContext> = {}) =>
  fetched(url, overrides).then(
    () => null,
    (error: unknown) => {
      if (error instanceof InputError) return [error.code, error.message, error.hint]
      throw error
    },
  )

const redirectTo =
  (to: (request: IncomingMessage) => string): RequestListener =>
  (request, response) =>
    response.writeHead(302, { location: to(request) }).end()

describe("a URL", () => {
  it("is fetched as who we are, its host being the user's own word", async () => {
    const { url, requests } = await serve((_, response) => response.end(torrent))
    expect(Buffer.from(await fetched(`${url}/x.torrent?a=b#part`))).toEqual(torrent)
    expect(requests).toMatchObject([
      { method: "GET", url: "/x.torrent?a=b", headers: { "user-agent": "torrent-audit/0" } },
    ])
    expect(requests[0]?.headers).not.toHaveProperty("authorization")
  })

  it("may be gzip on the way, and a redirect within its own host is followed", async () => {
    const { url } = await serve((request, response) => {
      if (request.url === "/old") response.writeHead(301, { location: "/new" }).end()
      else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(torrent))
    })
    expect(Buffer.from(await fetched(`${url}/old`))).toEqual(torrent)
  })

  it("takes its user and password along, and no further than its own host", async () => {
    const { url, requests } = await serve((_, response) => response.end(torrent))
    await fetched(url.replace("//", "//me:p%40ss%@"))
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("me:p@ss%").toString("base64")}`)
  })

  it("is a target like any other", async () => {
    const { url } = await serve((_, response) => response.end(torrent))
    expect(await readAuditTarget(`${url}/x.torrent`, null, (each) => fetched(each))).toMatchObject({
      metainfo: { torrent: { infoHashV1: "febb7bcebe4e8a3260537145ca527ade5dff6c6d" } },
    })
    await expect(readAuditTarget(`${url}/x.torrent`, null)).rejects.toMatchObject({ code: "unsupported" })
  })

  it("9: answers something else than a torrent", async () => {
    const { url } = await serve((_, response) => response.writeHead(403).end("no"))
    expect(await refusal(`${url}/x.torrent?passkey=0123456789abcdef0123456789abcdef`)).toEqual([
      "fetch-failed",
      `${url}/x.torrent?passkey=*** answered 403`,
      hint,
    ])
  })

  it("2: a login page", async () => {
    const { url } = await serve((_, response) => response.end("\n<!DOCTYPE html><title>Log in</title>"))
    await expect(readAuditTarget(`${url}/x.torrent`, null, (each) => fetched(each))).rejects.toMatchObject({
      code: "is-html",
      message: `${url}/x.torrent is a web page`,
    })
  })

  it.each([
    ["another place on this machine", () => "http://127.0.0.1:1/x", "to an address that we refuse"],
    ["one's own network", () => "http://10.0.0.1/x", "to an address that we refuse"],
    ["cloud metadata", () => "http://169.254.169.254/latest", "to an address that we refuse"],
    ["a file", () => "file:///etc/passwd", "to another scheme"],
    ["itself", ({ url = "" }: IncomingMessage) => url, "in a loop"],
    ["ever further", ({ url = "" }: IncomingMessage) => `${url}a`, "too many"],
    ["nowhere", () => "http://", "to no usable place"],
  ])("is not followed to %s", async (_, to, why) => {
    const { url } = await serve(redirectTo(to))
    expect(await refusal(`${url}/x`)).toEqual([
      "fetch-failed",
      `${url}/x could not be fetched: bad-redirect, ${why}`,
      hint,
    ])
  })

  it("says where a magnet link is behind it", async () => {
    const { url } = await serve(redirectTo(() => `magnet:?xt=urn:btih:${"a".repeat(40)}`))
    expect((await refusal(`${url}/x`))?.slice(1)).toEqual([
      `${url}/x leads to a magnet link`,
      "Pass that link itself, in quotes.",
    ])
  })

  it("is never longer than a torrent may be, before or after decoding", async () => {
    const zeros = gzipSync(Buffer.alloc(limits.metainfo.maxBytes + 1))
    const bomb = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(zeros),
    )
    expect((await refusal(`${bomb.url}/x`))?.[1]).toContain("bad-encoding")
    const endless = await serve((_, response) => {
      const block = Buffer.alloc(4 * 2 ** 20)
      const more = () => {
        while (!response.destroyed && response.write(block));
        response.once("drain", more)
      }
      more()
    })
    expect((await refusal(`${endless.url}/x`))?.[1]).toBe(`${endless.url}/x is too large for a torrent`)
  })

  it.each([
    ["http://127.0.0.1:1/x", "has a host where nobody listens"],
    ["http://169.254.169.254/x", "could not be fetched: filtered, our rules forbid its address"],
    ["http://[::1]:1/x", "could not be fetched: filtered, our rules forbid its address"],
  ])("%s %s", async (url, what) => {
    expect(await refusal(url)).toEqual(["fetch-failed", `${url} ${what}`, hint])
  })

  it("among ourselves (pace lab) leads to no public address", async () => {
    expect((await refusal("http://8.8.8.8/x", { refusePublic: true }))?.[1]).toContain("our rules forbid")
  })

  it("ends at the first signal, and in time", async () => {
    const { url } = await serve(() => {})
    const stop = new AbortController()
    const waiting = refusal(`${url}/x`, { stop: stop.signal })
    stop.abort("interrupted")
    expect((await waiting)?.[0]).toBe("interrupted")
    const network = { ...loopbackNetwork(), sleep: () => Promise.resolve() }
    expect((await refusal(`${url}/x`, { network }))?.[1]).toBe(`${url}/x did not come within 30s`)
  })
})

it.each([
  [
    "https://t.example/dl/0123456789abcdef0123456789abcdef/My.Long.Name.2019-proper.torrent",
    "https://t.example/dl/***/My.Long.Name.2019-proper.torrent",
  ],
  [
    "https://me:secret@t.example/a.torrent?torrent_pass=0123456789abcdef#x",
    "https://***@t.example/a.torrent?torrent_pass=***",
  ],
  [
    "https://t.example/download.php?id=7&key=0123456789abcdef",
    "https://t.example/download.php?id=***&key=***",
  ],
])("%s is shown without what may be an account", (url, shown) => {
  expect(maskedUrl(url)).toBe(shown)
})
