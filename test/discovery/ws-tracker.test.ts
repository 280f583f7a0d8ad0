import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { expect, test } from "vitest"
import { defaultTiming } from "../../src/discovery/tracker/run.ts"
import { loadClient } from "../../src/discovery/tracker/ws-client.ts"
import { wsChannel } from "../../src/discovery/tracker/ws-tracker.ts"
import type { AnnounceRequest, Channel } from "../../src/discovery/tracker/reply.ts"
import { realNetwork } from "../../src/network.ts"
import {
  binary,
  closing,
  frame,
  frameHeader,
  hostileWs,
  ping,
  switching,
  text,
  type Converse,
  type HostileWs,
  type WsOptions,
} from "./hostile-ws.ts"
import { ask, everywhere, hasIPv6, infoHash, memory, peerId, question, start, patience } from "./question.ts"
import { altIp, selfSigned } from "./self-signed.ts"
import { tracker as httpTracker } from "./tracker-server.ts"

// Here, so that no case's own time goes into it.
await loadClient()

const never = new AbortController().signal
const hash = Buffer.from(infoHash).toString("latin1")

const request: AnnounceRequest = {
  infoHash,
  peerId,
  port: 6881,
  leftBytes: 5,
  event: "started",
  numwant: 0,
  key: 3,
  trackerId: null,
}

function channelTo(url: string, totalMs = 10_000, network = realNetwork()): Channel {
  const host = url.includes("[::1]") ? "::1" : "127.0.0.1"
  return wsChannel({
    url: new URL(url),
    address: { host, family: host === "::1" ? "ipv6" : "ipv4" },
    userAgent: "torrent-audit/test",
    network,
    totalMs,
  })
}

const counts = { action: "announce", info_hash: hash, interval: 120, complete: 4, incomplete: 9 }

/** As bittorrent-tracker's server answers. */
const honest: Converse = ({ action }, line) =>
  line.say(
    action === "scrape"
      ? { action, files: { [hash]: { complete: 4, incomplete: 9, downloaded: 17 } } }
      : counts,
  )

const quietly = async (server: HostileWs, channel: Channel): Promise<void> => {
  channel.close()
  await expect.poll(() => server.open(), patience).toBe(0)
}

test("announce, scrape and stopped go over one connection, and ask for nobody", async () => {
  const server = await hostileWs(honest)
  const channel = channelTo(server.url)
  const announced = await channel.announce(request, never)
  expect(announced).toMatchObject({
    reply: { ok: true, value: { seeders: 4, leechers: 9, downloads: null, intervalMs: 120_000, peers: [] } },
    tries: 1,
    unread: false,
  })
  expect((await channel.scrape(infoHash, never)).reply).toEqual({
    ok: true,
    value: { seeders: 4, leechers: 9, downloads: 17 },
  })
  expect(server.open()).toBe(1)
  await channel.announce({ ...request, event: "stopped" }, never)
  expect(server.asked).toMatchObject([
    { action: "announce", event: "started", numwant: 0, left: 5, info_hash: hash, offers: [] },
    { action: "scrape", info_hash: hash },
    { action: "announce", event: "stopped", numwant: 0 },
  ])
  expect(server.asked[0]?.["peer_id"]).toBe(peerId.toString("latin1"))
  await quietly(server, channel)
})

test("who lost its connection has no registration to end", async () => {
  const server = await hostileWs((message, line) => {
    honest(message, line)
    line.stream.end()
  })
  const channel = channelTo(server.url)
  expect((await channel.announce(request, never)).reply.ok).toBe(true)
  const leave = () => channel.announce({ ...request, event: "stopped" }, never)
  // Until its end has reached us, we may still say it.
  await expect.poll(async () => (await leave()).tries, patience).toBe(0)
  const said = server.asked.length
  expect(await leave()).toMatchObject({ reply: { ok: false, failure: { code: "closed" } }, ms: null })
  expect(server.asked).toHaveLength(said)
  await expect.poll(() => server.open(), patience).toBe(0)
})

const saying =
  (message: unknown): Converse =>
  (_, line) =>
    line.say(message)
const writing =
  (...bytes: Uint8Array[]): Converse =>
  (_, line) =>
    bytes.forEach((each) => line.write(each))
const deep = (opening: string, levels: number) => opening.repeat(levels)

/** Until the other side has gone; each `write` waits for the last one, so that memory is not what ends it. */
const endlessly =
  (bytes: Uint8Array): Converse =>
  (_, { stream }) => {
    const more = (): void => {
      if (stream.destroyed) return
      if (stream.write(bytes)) setImmediate(more)
      else stream.once("drain", more)
    }
    more()
  }

/** What each one says to the first announce, and what comes of it. The first seven end bittorrent-tracker's own client, unguarded, and its process. */
const cast: Record<string, [Converse, string]> = {
  "JSON null": [saying(null), "bad-reply"],
  "no info hash": [saying({ action: "announce", complete: 1, incomplete: 1 }), "bad-reply"],
  "a number as info hash": [saying({ ...counts, info_hash: 7 }), "bad-reply"],
  "null as info hash": [saying({ ...counts, info_hash: null }), "bad-reply"],
  "a null scrape entry": [saying({ action: "scrape", files: { [hash]: null } }), "bad-reply"],
  "an answer without an offer id": [saying({ ...counts, answer: {}, peer_id: 7 }), "timeout"],
  "an offer that is none": [saying({ ...counts, offer: 1, peer_id: 1, offer_id: null }), "timeout"],
  "an object as info hash": [saying({ ...counts, info_hash: { length: 20 } }), "bad-reply"],
  "a scrape with numbers for files": [saying({ action: "scrape", files: 7 }), "bad-reply"],
  "a number": [saying(7), "bad-reply"],
  "an array": [saying([counts]), "bad-reply"],
  "a text": [saying("announce"), "bad-reply"],
  "no JSON": [writing(frame(text, "d8:completei1ee")), "bad-reply"],
  "an empty message": [writing(frame(text, "")), "bad-reply"],
  "half a JSON": [writing(frame(text, '{"action":"announce"')), "bad-reply"],
  "100,000 open brackets": [writing(frame(text, deep("[", 100_000))), "bad-reply"],
  "100,000 open objects": [writing(frame(text, deep('{"a":', 20_000))), "bad-reply"],
  "300 objects": [saying({ ...counts, more: Array.from({ length: 300 }, () => []) }), "bad-reply"],
  "an unknown action": [saying({ action: "dance" }), "bad-reply"],
  "an object as action": [saying({ action: {}, info_hash: hash }), "bad-reply"],
  "__proto__ for all": [
    writing(frame(text, `{"__proto__":{"action":"announce","complete":1,"incomplete":1}}`)),
    "bad-reply",
  ],
  "no counts and no interval": [saying({ action: "announce", info_hash: hash }), "bad-reply"],
  "texts as counts": [saying({ ...counts, complete: "4", incomplete: {}, interval: "1e9" }), "bad-reply"],
  "another swarm's reply": [saying({ ...counts, info_hash: "x".repeat(20) }), "timeout"],
  "a refusal": [saying({ action: "announce", info_hash: hash, "failure reason": "no" }), "tracker-refused"],
  "a refusal without an action": [saying({ "failure reason": "invalid info_hash" }), "tracker-refused"],
  "a refusal that is a number": [saying({ "failure reason": 7 }), "tracker-refused"],
  "a refusal that is null": [saying({ "failure reason": null }), "tracker-refused"],
  "no UTF-8": [writing(frame(text, Buffer.from([0xff, 0xfe]))), "bad-reply"],
  "binary noise": [writing(frame(binary, Buffer.from([0, 1, 2, 0xff]))), "bad-reply"],
  "a message of 2⁶³ bytes": [
    writing(Buffer.from([0x81, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
    "too-large",
  ],
  "a message of 64 MiB": [writing(frameHeader(text, 64 * 2 ** 20)), "too-large"],
  "a message that adds up to too much": [
    writing(frame(text, "x".repeat(100_000), 0), frame(0, "x".repeat(100_000), 0)),
    "too-large",
  ],
  "compression that nobody asked for": [writing(frame(text, "{}", 0xc0)), "bad-reply"],
  "a masked frame": [writing(Buffer.from([0x81, 0x80, 0, 0, 0, 0])), "bad-reply"],
  "a reserved opcode": [writing(frame(3, "x")), "bad-reply"],
  "a continuation of nothing": [writing(frame(0, "x")), "bad-reply"],
  "a long ping": [writing(frame(ping, "x".repeat(126))), "bad-reply"],
  "a close with a code": [writing(frame(closing, Buffer.from([3, 240]))), "closed"],
  "a close without one": [writing(frame(closing, "")), "closed"],
  "a close with a forbidden code": [writing(frame(closing, Buffer.from([0, 1]))), "bad-reply"],
  "a close with half a code": [writing(frame(closing, "x")), "bad-reply"],
  "the end of the connection": [(_, { stream }) => stream.end(), "closed"],
  "a destroyed connection": [(_, { stream }) => stream.destroy(), "closed"],
  silence: [() => {}, "timeout"],
  "half a frame": [writing(frame(text, JSON.stringify(counts)).subarray(0, 20)), "timeout"],
  "one byte now and then": [
    (_, { stream }) => {
      const bytes = frame(text, JSON.stringify(counts))
      let at = 0
      const timer = setInterval(() => stream.write(bytes.subarray(at, ++at)), 50)
      stream.on("close", () => clearInterval(timer))
    },
    "timeout",
  ],
  "messages without end": [endlessly(frame(text, JSON.stringify({ ...counts, info_hash: "" }))), "too-large"],
  "offers without end": [
    endlessly(frame(text, JSON.stringify({ ...counts, offer: { sdp: "x".repeat(9_000) } }))),
    "too-large",
  ],
  "pings without end": [endlessly(frame(ping, "x".repeat(100))), "too-large"],
  "empty fragments without end": [
    (message, line) => {
      line.write(frame(text, "{", 0))
      endlessly(Buffer.alloc(65_536, frame(0, "", 0)))(message, line)
    },
    "too-large",
  ],
}

test.each(Object.entries(cast))("%s", async (_name, [converse, code]) => {
  const server = await hostileWs((message, line) => {
    // One bad answer, and the good one right after it, which must not count where the bad one decided.
    if (server.asked.length === 1) converse(message, line)
  })
  const channel = channelTo(server.url, code === "timeout" ? 400 : 10_000)
  const { reply, tries } = await channel.announce(request, never)
  expect([reply.ok ? "ok" : reply.failure.code, tries]).toEqual([code, 1])
  await quietly(server, channel)
})

test("a reply is found among what is not for us", async () => {
  const server = await hostileWs((_, line) => {
    line.say({ ...counts, info_hash: "x".repeat(20), complete: 1 })
    line.say({ ...counts, offer: { type: "offer" }, peer_id: "y".repeat(20), complete: 2 })
    line.say({ action: "scrape", files: { [hash]: { complete: 3 } } })
    line.write(frame(ping, "are you there"))
    const bytes = Buffer.from(JSON.stringify({ ...counts, "warning message": "slow down" }))
    line.write(frame(binary, bytes.subarray(0, 9), 0))
    line.write(frame(0, bytes.subarray(9)))
  })
  const channel = channelTo(server.url)
  const { reply } = await channel.announce(request, never)
  expect(reply).toMatchObject({ ok: true, value: { seeders: 4, warning: "slow down" } })
  await quietly(server, channel)
})

test("numbers that are none count as unknown, and no interval of theirs makes us ask again", async () => {
  const odd = { complete: -1, incomplete: 2 ** 40, interval: 2_147_484, "min interval": -3, downloaded: 8 }
  const server = await hostileWs((message, line) =>
    message["action"] === "scrape" ? honest(message, line) : line.say({ ...counts, ...odd }),
  )
  const channel = channelTo(server.url)
  const { reply } = await channel.announce(request, never)
  expect(reply).toMatchObject({
    ok: true,
    value: { seeders: null, leechers: null, downloads: 8, intervalMs: 86_400_000, minIntervalMs: null },
  })
  // bittorrent-tracker's own timer would overflow and ask hundreds of times a second, also between these.
  for (let i = 0; i < 20; i++) await channel.scrape(infoHash, never)
  expect(server.asked.map(({ action }) => action)).toEqual(["announce", ...Array(20).fill("scrape")])
  await quietly(server, channel)
})

const refusing = (answer: string): WsOptions => ({ handshake: (_, stream) => void stream.end(answer) })

const handshakes: Record<string, [WsOptions, string]> = {
  "an error status": [refusing("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "http-status"],
  "a page in place of a switch": [
    refusing("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    "http-status",
  ],
  "a redirect": [
    refusing("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    "bad-redirect",
  ],
  "a wrong accept": [
    { handshake: (_, stream) => void stream.write(switching("bm90IHlvdXJzIGF0IGFsbCE=")) },
    "bad-reply",
  ],
  "an extension that nobody asked for": [
    {
      handshake: (_, stream, accept) =>
        void stream.write(switching(accept, "Sec-WebSocket-Extensions: permessage-deflate\r\n")),
    },
    "bad-reply",
  ],
  "a protocol that nobody asked for": [
    {
      handshake: (_, stream, accept) => void stream.write(switching(accept, "Sec-WebSocket-Protocol: x\r\n")),
    },
    "bad-reply",
  ],
  "another upgrade": [
    refusing("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    "bad-reply",
  ],
  "no HTTP": [refusing("d14:failure reason2:noe"), "bad-reply"],
  "headers without end": [
    {
      handshake: (_, stream) => void stream.write(`HTTP/1.1 101 Switching\r\n${"X: y\r\n".repeat(10_000)}`),
    },
    "too-large",
  ],
  "100 Continue without end": [
    { handshake: (_, stream) => void stream.write("HTTP/1.1 100 Continue\r\n\r\n".repeat(20_000)) },
    "too-large",
  ],
  "a hang-up": [{ handshake: (_, stream) => void stream.destroy() }, "closed"],
  "no answer": [{ handshake: () => {} }, "timeout"],
}

test.each(Object.entries(handshakes))("handshake: %s", async (_name, [options, code]) => {
  const server = await hostileWs(honest, options)
  const channel = channelTo(server.url, code === "timeout" ? 400 : 10_000)
  const { reply } = await channel.announce(request, never)
  expect(reply.ok ? "ok" : reply.failure.code).toBe(code)
  await quietly(server, channel)
})

test("a certificate that nobody vouches for", async () => {
  const server = await hostileWs(honest, { tls: selfSigned("localhost", altIp(127, 0, 0, 1)) })
  const { reply } = await channelTo(server.url).announce(request, never)
  expect(reply).toMatchObject({ ok: false, failure: { code: "tls", detail: "DEPTH_ZERO_SELF_SIGNED_CERT" } })
  expect(server.asked).toEqual([])
})

test("over TLS, to a certificate's own address", async () => {
  const tls = selfSigned("localhost", altIp(127, 0, 0, 1))
  const known = getCACertificates()
  setDefaultCACertificates([...known, tls.cert])
  try {
    const server = await hostileWs(honest, { tls })
    const channel = channelTo(server.url)
    expect((await channel.announce(request, never)).reply).toMatchObject({ ok: true, value: { seeders: 4 } })
    await quietly(server, channel)
    // The same place by a name that the certificate doesn't have.
    const named = channelTo(server.url.replace("127.0.0.1", "tracker.example"))
    expect((await named.announce(request, never)).reply).toMatchObject({
      failure: { code: "tls", detail: "ERR_TLS_CERT_ALTNAME_INVALID" },
    })
  } finally {
    setDefaultCACertificates(known)
  }
})

test("what answers without TLS is no wss tracker", async () => {
  const server = await hostileWs(honest)
  const { reply } = await channelTo(server.url.replace("ws:", "wss:")).announce(request, never)
  expect(reply).toMatchObject({ ok: false, failure: { code: "tls" } })
})

test("nobody listens", async () => {
  const server = await hostileWs(honest)
  await server.close()
  const { reply, tries } = await channelTo(server.url).announce(request, never)
  expect([reply, tries]).toMatchObject([{ ok: false, failure: { code: "refused" } }, 1])
})

test.skipIf(!hasIPv6)("over IPv6", async () => {
  const server = await hostileWs(honest, { host: "::1" })
  const channel = channelTo(server.url)
  expect((await channel.announce(request, never)).reply.ok).toBe(true)
  await quietly(server, channel)
})

test("an end of the run ends the request and its connection", async () => {
  const run = new AbortController()
  const server = await hostileWs(() => run.abort())
  const { reply } = await channelTo(server.url).announce(request, run.signal)
  expect(reply).toMatchObject({ ok: false, failure: { code: "aborted" } })
  await expect.poll(() => server.open(), patience).toBe(0)
})

test("a failed request leaves the next one a new connection", async () => {
  const server = await hostileWs((message, line) =>
    server.asked.length === 1 ? line.say(null) : honest(message, line),
  )
  const channel = channelTo(server.url)
  expect((await channel.announce(request, never)).reply.ok).toBe(false)
  expect((await channel.announce(request, never)).reply.ok).toBe(true)
  await quietly(server, channel)
})

test("as a source: counted, scraped and left at once, with nobody to dial", async () => {
  const server = await hostileWs(honest)
  const answers = memory()
  const { source, observations } = await ask(question([[server.url]], { answers }))
  expect(source.trackers).toMatchObject([
    {
      protocol: "ws",
      families: ["ipv4"],
      announces: [
        { ok: true, event: "started", seeders: 4, leechers: 9, selfCount: 1, numwant: 0, peerCount: null },
        { ok: true, event: "stopped", selfCount: 0 },
      ],
      scrape: { ok: true, downloads: 17, selfCount: 1 },
      canary: null,
    },
  ])
  expect(observations.flatMap(({ peers }) => peers)).toEqual([])
  expect(server.asked.map(({ event, action }) => event ?? action)).toEqual(["started", "scrape", "stopped"])
  await expect.poll(() => server.open(), patience).toBe(0)

  const again = await ask(question([[server.url]], { answers }))
  expect(again.source.trackers[0]?.announces).toMatchObject([{ reused: true, seeders: 4, peerCount: null }])
  expect(server.asked).toHaveLength(3)
})

test("at depth scrape it is scraped alone", async () => {
  const server = await hostileWs(honest)
  const { source } = await ask(question([[server.url]], { depth: "scrape" }))
  expect(source.trackers[0]).toMatchObject({ announces: [], scrape: { ok: true, seeders: 4, downloads: 17 } })
  expect(server.asked).toHaveLength(1)
})

test("one that has no answer to a scrape costs a moment, not a run", async () => {
  const server = await hostileWs((message, line) => {
    if (message["action"] === "announce") honest(message, line)
  })
  const timing = { ...defaultTiming, wsScrapeMs: 200, stoppedMs: 200 }
  const { source } = await ask(question([[server.url]], { timing }))
  expect(source.trackers[0]).toMatchObject({
    announces: [{ ok: true }, { ok: false, event: "stopped", failure: { code: "closed" } }],
    scrape: { ok: false, failure: { code: "timeout" } },
  })
})

test.skipIf(!hasIPv6)(
  "one name, two families: asked over the first that answers, as two would be two of us",
  async () => {
    const server = await hostileWs(honest)
    const network = {
      ...realNetwork(),
      resolve: () =>
        Promise.resolve({
          ok: true as const,
          value: [
            { host: "::1", family: "ipv6" as const },
            { host: "127.0.0.1", family: "ipv4" as const },
          ],
        }),
    }
    const url = `ws://tracker.example:${server.port}/announce`
    const { source } = await ask(question([[url]], { network }))
    expect(source.trackers[0]).toMatchObject({
      families: ["ipv4", "ipv6"],
      announces: [
        { family: "ipv4", ok: true },
        { event: "stopped", ok: true },
      ],
    })
    expect(server.asked).toHaveLength(3)
  },
)

test("only an admitted address is connected to, whatever the name means elsewhere", async () => {
  const server = await hostileWs(honest)
  const hosts: string[] = []
  const real = realNetwork()
  const network = {
    ...real,
    resolve: () =>
      Promise.resolve({
        ok: true as const,
        value: [
          { host: "10.0.0.1", family: "ipv4" as const },
          { host: "127.0.0.1", family: "ipv4" as const },
        ],
      }),
    webSocket: (asked: Parameters<typeof real.webSocket>[0]) => {
      hosts.push(asked.address.host)
      return real.webSocket(asked)
    },
  }
  const url = `ws://localhost.example:${server.port}/`
  const loopbackOnly = { ...everywhere, allowLocal: false }
  const { source } = await ask(question([[url]], { network, rulesFor: () => loopbackOnly }))
  expect(source.trackers[0]?.announces[0]?.ok).toBe(true)
  expect(new Set(hosts)).toEqual(new Set(["127.0.0.1"]))

  const refused = await ask(
    question([[url]], { network, rulesFor: () => ({ ...loopbackOnly, allowLoopback: false }) }),
  )
  expect(refused.source.trackers[0]?.announces).toMatchObject([{ failure: { code: "filtered" }, tries: 0 }])
  expect(server.asked).toHaveLength(3)
})

test("of a private torrent's trackers, those over WebSockets come last", async () => {
  const server = await hostileWs(honest)
  const body = "d8:completei2e10:incompletei3e8:intervali1800e5:peers6:\x0a\x00\x00\x01\x1a\xe1e"
  const http = await httpTracker((_, response) => response.end(Buffer.from(body, "latin1")))
  const running = start(
    question([[server.url], [`${http.url}/announce`]], { private: true, timing: { ...defaultTiming } }),
  )
  await running.source.settled
  await running.leave()
  expect(server.asked).toEqual([])
  expect(running.observations.flatMap(({ peers }) => peers)).toEqual(["10.0.0.1:6881"])
})
