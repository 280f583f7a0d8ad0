import { createHash } from "node:crypto"
import { once } from "node:events"
import http from "node:http"
import https from "node:https"
import net from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import { failure, InputError } from "../../src/failure.ts"
import { openProxied, realNetwork, type NetworkOptions } from "../../src/network.ts"
import { selfSigned } from "../discovery/self-signed.ts"
import { socksServer, type SocksScript } from "../support/socks-server.ts"

const never = new AbortController().signal
const host = "127.0.0.1"

async function proxied(script: SocksScript = {}, options: NetworkOptions = {}) {
  const server = await socksServer(script)
  const proxy = { host, port: server.port, login: script.login ?? null }
  const direct = realNetwork()
  return { server, direct, ...(await openProxied(proxy, direct, options, never)) }
}

async function listening(server: net.Server): Promise<number> {
  server.listen(0, host)
  await once(server, "listening")
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("no port")
  return address.port
}

/** What the other side of a connection wrote first. */
async function firstOf(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const chunk of stream) return String(chunk)
  return ""
}

const request = { headers: {}, maxBodyBytes: 1_000, maxHeaderBytes: 16_384, signal: never }

describe("a network through a proxy", () => {
  test("covers every member of a network: a new one must say how it gets through, or that it doesn't", async () => {
    const { network, direct } = await proxied()
    const local = ["localHosts", "now", "date", "randomBytes", "sleep", "after"]
    const remote = ["connect", "listen", "datagrams", "multicast", "resolve", "http", "webSocket"]
    expect(Object.keys(direct).toSorted()).toEqual([...local, ...remote].toSorted())
    expect(Object.keys(network).toSorted()).toEqual(Object.keys(direct).toSorted())
    const members = network as unknown as Record<string, unknown>
    const straight = direct as unknown as Record<string, unknown>
    expect(remote.filter((name) => members[name] === straight[name])).toEqual([])
  })

  test("connects by CONNECT; the peer's endpoint is its own", async () => {
    const { network, server } = await proxied()
    const port = await listening(net.createServer((socket) => socket.end("hello")))
    const opened = await network.connect({ host, port, signal: never, timeoutMs: 2_000 })
    if (!opened.ok) throw new Error(opened.failure.code)
    expect(opened.value.remote).toBe(`${host}:${port}`)
    expect(await firstOf(opened.value.stream)).toBe("hello")
    expect(server.asked.at(-1)).toEqual({ command: "connect", host, port })
  })

  test("IPv6 addresses are asked for as such", async () => {
    const { network, server } = await proxied({ answer: ({ command }) => (command === "connect" ? 4 : null) })
    await network.connect({ host: "2001:db8::5", port: 1, signal: never, timeoutMs: 2_000 })
    expect(server.asked.at(-1)).toEqual({ command: "connect", host: "2001:db8::5", port: 1 })
  })

  test("what comes in one segment with the proxy's reply is not lost", async () => {
    const { network } = await proxied({ glued: Buffer.from("early") })
    const port = await listening(net.createServer(() => {}))
    const opened = await network.connect({ host, port, signal: never, timeoutMs: 2_000 })
    if (!opened.ok) throw new Error(opened.failure.code)
    // Long after it arrived.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(await firstOf(opened.value.stream)).toBe("early")
  })

  test.each([
    [1, failure("proxy", "general failure")],
    [2, failure("proxy", "its rules forbid it")],
    [3, failure("unreachable", "network, says the proxy")],
    [4, failure("unreachable", "host, says the proxy")],
    [5, failure("refused")],
    [6, failure("timeout", "says the proxy")],
    [7, failure("unsupported", "by the proxy")],
    [8, failure("unreachable", "address type, says the proxy")],
    [99, failure("proxy", "an unknown reply")],
  ])("reply %i to CONNECT", async (code, why) => {
    const { network } = await proxied({ answer: ({ command }) => (command === "connect" ? code : null) })
    const outcome = await network.connect({ host, port: 1, signal: never, timeoutMs: 2_000 })
    expect(outcome).toEqual({ ok: false, failure: why })
  })

  test("a silent CONNECT times out; a proxy that is gone is no refusal of the peer's", async () => {
    const { network, server } = await proxied({
      answer: ({ command }) => (command === "connect" ? "silent" : null),
    })
    const to = { host, port: 1, signal: never, timeoutMs: 100 }
    expect(await network.connect(to)).toEqual({ ok: false, failure: failure("timeout") })
    server.stop()
    expect(await network.connect(to)).toEqual({ ok: false, failure: failure("proxy", "refused") })
  })

  test("an abort ends a CONNECT at once and leaves no socket", async () => {
    const { network, server } = await proxied({
      answer: ({ command }) => (command === "connect" ? "silent" : null),
    })
    const stop = new AbortController()
    const opening = network.connect({ host, port: 1, signal: stop.signal, timeoutMs: 60_000 })
    await expect.poll(() => server.asked.length).toBe(2)
    stop.abort()
    expect(await opening).toEqual({ ok: false, failure: failure("aborted") })
    await expect.poll(() => server.open).toBe(0)
  })

  test("names are left to the proxy: HTTP and redirects' hosts", async () => {
    const { network, server } = await proxied({ names: { "tracker.example.org": host } })
    const port = await listening(
      http.createServer((asked, reply) => reply.end(`${asked.headers.host} ${asked.url}`)),
    )
    const found = await network.resolve("tracker.example.org", never)
    if (!found.ok) throw new Error(found.failure.code)
    expect(found.value).toEqual([
      { host: "tracker.example.org", family: "ipv4", byProxy: true },
      { host: "tracker.example.org", family: "ipv6", byProxy: true },
    ])
    const url = new URL(`http://tracker.example.org:${port}/announce?x=1`)
    const reply = await network.http({ ...request, url, address: found.value[0]! })
    if (!reply.ok) throw new Error(reply.failure.code)
    expect(Buffer.from(reply.value.body).toString()).toBe(`tracker.example.org:${port} /announce?x=1`)
    expect(server.asked.at(-1)).toEqual({ command: "connect", host: "tracker.example.org", port })
  })

  test("a body taken piece by piece comes through too", async () => {
    const { network, server } = await proxied()
    const port = await listening(http.createServer((_, reply) => reply.end("whole file")))
    const pieces: string[] = []
    const onBody = async (chunk: Uint8Array) => {
      pieces.push(Buffer.from(chunk).toString())
      return true
    }
    const url = new URL(`http://${host}:${port}/`)
    const reply = await network.http({ ...request, onBody, url, address: { host, family: "ipv4" } })
    expect([reply.ok, pieces.join("")]).toEqual([true, "whole file"])
    expect(server.asked.at(-1)).toEqual({ command: "connect", host, port })
  })

  test("TLS is ours, inside the tunnel: a certificate that nobody knows is refused", async () => {
    const { network, server } = await proxied({ names: { "tracker.example.org": host } })
    const port = await listening(
      https.createServer(selfSigned("tracker.example.org", Buffer.alloc(0)), (_, reply) =>
        reply.end("secret"),
      ),
    )
    const address = { host: "tracker.example.org", family: "ipv4", byProxy: true } as const
    const reply = await network.http({
      ...request,
      url: new URL(`https://tracker.example.org:${port}/`),
      address,
    })
    expect(reply).toMatchObject({ ok: false, failure: { code: "tls" } })
    expect(server.asked.at(-1)).toMatchObject({ command: "connect", host: "tracker.example.org" })
  })

  test("WebSockets", async () => {
    const { network, server } = await proxied()
    const port = await listening(websocketServer())
    const heard = Promise.withResolvers<string>()
    const opened = await network.webSocket({
      ...request,
      url: new URL(`ws://${host}:${port}/`),
      address: { host, family: "ipv4" },
      maxMessageBytes: 1_000,
      maxBytes: 1_000,
      closeMs: 100,
      onMessage: (data) => heard.resolve(Buffer.from(data).toString()),
    })
    if (!opened.ok) throw new Error(opened.failure.code)
    expect(await heard.promise).toBe("hi")
    opened.value.close(failure("aborted"))
    expect(server.asked.at(-1)).toEqual({ command: "connect", host, port })
  })

  test("nobody can be waited for, and no group joined", async () => {
    const { network, off } = await proxied({ udp: true })
    const nothing = () => {}
    expect(await network.listen(0, nothing)).toMatchObject({ failure: { code: "unsupported" } })
    const group = { host: "239.192.152.143", port: 6771 }
    expect(await network.multicast("ipv4", group, nothing, nothing)).toMatchObject({
      failure: { code: "unsupported" },
    })
    expect(off).toEqual(["incoming connections", "LSD"])
  })

  test.each(["not a name", "a..b", "x".repeat(254), "[::1]", "naïve.example", ""])(
    "%s is no name to ask for",
    async (name) => {
      const { network } = await proxied()
      expect(await network.resolve(name, never)).toMatchObject({ ok: false, failure: { code: "dns" } })
    },
  )
})

describe("a proxy that is of no use", () => {
  const refusal = async (script: SocksScript, login: { user: string; password: string } | null = null) => {
    const { port } = await socksServer(script)
    return openProxied({ host, port, login }, realNetwork(), {}, never).then(
      () => null,
      (error: unknown) => error,
    )
  }
  const wanted = { user: "joe", password: "s3cret" }

  test.each<[string, SocksScript, typeof wanted | null, RegExp, RegExp]>([
    ["demands a login", { login: wanted }, null, /demands a login/, /user:password/],
    ["refuses ours", { login: wanted }, { user: "joe", password: "wr0ng" }, /refused/, /Check user/],
    [
      "speaks HTTP",
      { hello: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n") },
      null,
      /SOCKS5/,
      /listens there/,
    ],
    ["closes", { hello: Buffer.from([5, 255]) }, null, /demands a login/, /user:password/],
  ])("%s", async (_, script, login, message, hint) => {
    const thrown = await refusal(script, login)
    if (!(thrown instanceof InputError)) throw new TypeError("accepted")
    expect(thrown.code).toBe("proxy")
    expect(thrown.message).toMatch(message)
    expect(thrown.hint).toMatch(hint)
    expect(`${thrown.message} ${thrown.hint} ${String(thrown.stack)}`).not.toContain("wr0ng")
  })

  test("is not there", async () => {
    const server = await socksServer()
    server.stop()
    const opening = openProxied({ host, port: server.port, login: null }, realNetwork(), {}, never)
    await expect(opening).rejects.toMatchObject({
      code: "proxy",
      message: `proxy ${host}:${server.port}: refused`,
    })
  })

  test("says nothing: an abort ends the wait", async () => {
    const server = await socksServer({ hello: "silent" })
    const stop = new AbortController()
    const opening = openProxied({ host, port: server.port, login: null }, realNetwork(), {}, stop.signal)
    await expect.poll(() => server.open).toBe(1)
    stop.abort()
    await expect(opening).rejects.toMatchObject({ code: "proxy" })
    await expect.poll(() => server.open).toBe(0)
  })

  test("a login that fits lets us in", async () => {
    const { network } = await proxied({ login: wanted })
    const port = await listening(net.createServer((socket) => socket.end("hello")))
    expect(await network.connect({ host, port, signal: never, timeoutMs: 2_000 })).toMatchObject({ ok: true })
  })
})

describe("datagrams through a proxy", () => {
  type Message = [text: string, host: string, port: number]
  async function associated(script: SocksScript, remote?: { host: string; port: number }) {
    const through = await proxied({ udp: true, ...script })
    const got: Message[] = []
    const errors: string[] = []
    const opened = await through.network.datagrams(
      "ipv4",
      (data, from) => got.push([Buffer.from(data).toString(), from.host, from.port]),
      ({ code }) => errors.push(code),
      remote ? { remote } : {},
    )
    if (!opened.ok) throw new Error(opened.failure.code)
    onTestFinished(() => opened.value.close())
    return { ...through, got, errors, socket: opened.value }
  }
  const send = async (
    socket: { send: (data: Uint8Array, to: { host: string; port: number }) => Promise<unknown> },
    to: string,
    port = 7,
  ) => expect(await socket.send(Buffer.from("ping"), { host: to, port })).toMatchObject({ ok: true })

  test("without UDP ASSOCIATE there are none, and that is said", async () => {
    const { network, off } = await proxied()
    expect(
      await network.datagrams(
        "ipv4",
        () => {},
        () => {},
      ),
    ).toEqual({
      ok: false,
      failure: failure("unsupported", "no UDP through a proxy"),
    })
    expect(off).toEqual(["incoming connections", "LSD", "DHT", "UDP trackers", "uTP"])
  })

  test("go in frames to the relay, and answers come from whom was asked", async () => {
    const { socket, server, got } = await associated({})
    await send(socket, "192.0.2.7")
    await expect.poll(() => server.carried).toEqual(["192.0.2.7:7"])
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.from("pong"))
    await expect.poll(() => got).toEqual([["pong", "192.0.2.7", 7]])
  })

  test("a name's answer counts as the name's, until its address is asked too", async () => {
    const { socket, server, got } = await associated({})
    await send(socket, "dht.example.org")
    await expect.poll(() => server.carried).toEqual(["dht.example.org:7"])
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.from("a"))
    server.inject({ host: "192.0.2.8", port: 8 }, Buffer.from("b"))
    await expect
      .poll(() => got)
      .toEqual([
        ["a", "dht.example.org", 7],
        ["b", "192.0.2.8", 8],
      ])
    await send(socket, "192.0.2.7")
    await expect.poll(() => server.carried.length).toBe(2)
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.from("c"))
    await expect
      .poll(() => got.slice(2))
      .toEqual([
        ["c", "192.0.2.7", 7],
        ["c", "dht.example.org", 7],
      ])
  })

  test("for one partner alone: others are not heard", async () => {
    const { socket, server, got } = await associated({}, { host: "192.0.2.7", port: 7 })
    await send(socket, "192.0.2.7")
    await expect.poll(() => server.carried.length).toBe(1)
    server.inject({ host: "192.0.2.8", port: 7 }, Buffer.from("stranger"))
    server.inject({ host: "192.0.2.7", port: 8 }, Buffer.from("other port"))
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.from("pong"))
    await expect.poll(() => got).toEqual([["pong", "192.0.2.7", 7]])
  })

  test("fragments, the other family and garbage are dropped", async () => {
    const { socket, server, got } = await associated({})
    await send(socket, "192.0.2.7")
    await expect.poll(() => server.carried.length).toBe(1)
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.from("fragment"), [0, 0, 1])
    server.inject({ host: "2001:db8::7", port: 7 }, Buffer.from("six"))
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.from("reserved"), [9, 9, 0])
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.alloc(0), [0, 0, 0])
    server.inject({ host: "192.0.2.7", port: 7 }, Buffer.from("last"))
    await expect.poll(() => got.map(([text]) => text)).toEqual(["", "last"])
  })

  test("a relay that is said to be elsewhere is still the proxy: nothing leaves to another address", async () => {
    const { socket, server } = await associated({ relayHost: "127.9.9.9" })
    await send(socket, "192.0.2.7")
    await expect.poll(() => server.carried).toEqual(["192.0.2.7:7"])
  })

  test("end with the association, and closing ends it", async () => {
    const one = await associated({})
    one.socket.close()
    await expect.poll(() => one.server.open).toBe(0)
    expect(one.errors).toEqual([])
    const other = await associated({})
    other.server.stop()
    await expect.poll(() => other.errors).toEqual(["proxy"])
    expect(await other.socket.send(Buffer.from("x"), { host: "192.0.2.7", port: 7 })).toMatchObject({
      ok: false,
    })
  })
})

/** Says "hi" to whoever upgrades (RFC 6455). */
function websocketServer(): net.Server {
  const server = http.createServer()
  server.on("upgrade", ({ headers }, socket) => {
    const key = `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash("sha1").update(key).digest("base64")
    const head = ["HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "connection: upgrade"]
    socket.write(`${[...head, `sec-websocket-accept: ${accept}`].join("\r\n")}\r\n\r\n`)
    socket.write(Buffer.from([0x81, 2, ...Buffer.from("hi")]))
  })
  return server
}
