import { createSocket } from "node:dgram"
import { afterEach, expect, test } from "vitest"
import { defaultTiming } from "../../src/discovery/tracker/run.ts"
import { udpChannel } from "../../src/discovery/tracker/udp-tracker.ts"
import type { AnnounceRequest, Channel } from "../../src/discovery/tracker/reply.ts"
import { limits } from "../../src/limits.ts"
import { realNetwork } from "../../src/network.ts"
import {
  announceReply,
  connectionId,
  connectReply,
  hostileUdp,
  int32,
  type HostileUdp,
  type UdpRequest,
} from "./hostile-udp.ts"
import { hasIPv6, infoHash, peerId } from "./question.ts"

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

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

/** Answers connects properly, so that a test need only write the rest. */
async function tracker(
  onRequest: (request: UdpRequest, tracker: HostileUdp) => Uint8Array[],
  host?: string,
): Promise<HostileUdp> {
  const started = await hostileUdp((asked, self) => {
    const replies = asked.action === 0 ? [connectReply(asked)] : onRequest(asked, self)
    for (const reply of replies) self.send(reply, asked.from)
  }, host)
  cleanups.push(started.close)
  return started
}

function channelTo(port: number, options: { host?: string; path?: string; totalMs?: number } = {}): Channel {
  const host = options.host ?? "127.0.0.1"
  const channel = udpChannel({
    address: { host, family: host.includes(":") ? "ipv6" : "ipv4" },
    port,
    pathAndQuery: options.path ?? "/",
    network: realNetwork(),
    timing: { ...defaultTiming.udp, totalMs: options.totalMs ?? 10_000 },
  })
  cleanups.push(() => channel.close())
  return channel
}

test("strays without end end the request, a few don't", async () => {
  const flood = Array.from({ length: 2 * limits.tracker.udpMaxStrays }, () => Buffer.alloc(16, 9))
  const flooding = await tracker((asked) => [...flood, announceReply(asked)])
  const answer = await channelTo(flooding.port).announce(request, never)
  expect(answer.reply).toMatchObject({ ok: false, failure: { code: "too-large" } })
  const copying = await tracker((asked) => [...flood.slice(0, 20), announceReply(asked)])
  expect((await channelTo(copying.port).announce(request, never)).reply.ok).toBe(true)
})

test("announce, scrape and stopped share one connection id and one socket", async () => {
  const udp = await tracker((asked) => [
    asked.action === 1
      ? announceReply(asked)
      : Buffer.concat([int32(2), asked.transactionId, int32(2, 9, 3)]),
  ])
  const channel = channelTo(udp.port, { path: "/secret?a=b" })
  const announced = await channel.announce(request, never)
  expect(announced).toMatchObject({
    reply: { ok: true, value: { seeders: 2, leechers: 3, intervalMs: 1_800_000, peers: ["10.0.0.1:6881"] } },
    tries: 1,
  })
  const scraped = await channel.scrape(infoHash, never)
  expect(scraped.reply).toEqual({ ok: true, value: { seeders: 2, downloads: 9, leechers: 3 } })
  await channel.announce({ ...request, event: "stopped", numwant: 0 }, never)

  expect(udp.requests.map(({ action }) => action)).toEqual([0, 1, 2, 1])
  expect(new Set(udp.requests.map(({ from }) => from.port)).size).toBe(1)
  const [, first, scrape, last] = udp.requests.map(({ data }) => data)
  expect(first?.subarray(0, 8)).toEqual(connectionId)
  expect(first?.subarray(16, 56)).toEqual(Buffer.concat([infoHash, peerId]))
  expect(first?.subarray(98).toString("latin1")).toBe("\x02\x0b/secret?a=b")
  expect(scrape?.length).toBe(36)
  expect(last?.readUInt32BE(80)).toBe(3)
})

test.each<[string, string, (asked: UdpRequest) => Uint8Array[]]>([
  ["an error", "tracker-refused", (r) => [Buffer.concat([int32(3), r.transactionId, Buffer.from("no")])]],
  ["an error without words", "tracker-refused", (r) => [Buffer.concat([int32(3), r.transactionId])]],
  ["an empty announce reply", "tracker-refused", (r) => [Buffer.concat([int32(1), r.transactionId])]],
  ["a truncated reply", "bad-reply", (r) => [announceReply(r).subarray(0, 19)]],
  ["silence", "timeout", () => []],
  ["a datagram too short for a header", "timeout", (r) => [announceReply(r).subarray(0, 7)]],
  ["a wrong transaction id", "timeout", (r) => [announceReply({ ...r, transactionId: int32(1) })]],
  [
    "the reply to another action",
    "timeout",
    (r) => [Buffer.concat([int32(2), r.transactionId, int32(1, 2, 3)])],
  ],
  ["our own request sent back", "timeout", (r) => [r.data]],
])("%s is %s", async (_, code, reply) => {
  const udp = await tracker(reply)
  const answer = await channelTo(udp.port, { totalMs: 300 }).announce(request, never)
  expect(answer.reply).toMatchObject({ ok: false, failure: { code } })
})

test("an error to a connect is a refusal; a truncated connect reply is a bad one", async () => {
  for (const [reply, code] of [
    [(r: UdpRequest) => Buffer.concat([int32(3), r.transactionId, Buffer.from("closed")]), "tracker-refused"],
    [(r: UdpRequest) => connectReply(r).subarray(0, 12), "bad-reply"],
  ] as const) {
    const udp = await hostileUdp((asked, self) => self.send(reply(asked), asked.from))
    cleanups.push(udp.close)
    const answer = await channelTo(udp.port).announce(request, never)
    expect(answer.reply).toMatchObject({ failure: { code } })
  }
})

test("garbage and duplicates before the reply don't matter", async () => {
  const udp = await tracker((asked) => [
    Buffer.from("garbage"),
    connectReply(asked),
    connectReply({ ...asked, transactionId: int32(5) }, Buffer.alloc(8, 9)),
    announceReply({ ...asked, transactionId: int32(7) }, [1, 99, 99]),
    announceReply(asked),
    announceReply(asked, [1, 50, 50]),
  ])
  const channel = channelTo(udp.port)
  for (let i = 0; i < 3; i++) {
    const answer = await channel.announce(request, never)
    expect(answer.reply).toMatchObject({ ok: true, value: { seeders: 2, leechers: 3 } })
  }
})

test("a reply from another port is nobody's", async () => {
  const forger = createSocket("udp4")
  await new Promise<void>((resolve) => forger.bind({ address: "127.0.0.1", port: 0 }, resolve))
  cleanups.push(() => void forger.close())
  const udp = await tracker((asked, self) => {
    // The true reply follows only once the forged one is on its way.
    forger.send(announceReply(asked, [1, 77, 77]), asked.from.port, "127.0.0.1", () =>
      self.send(announceReply(asked), asked.from),
    )
    return []
  })
  const answer = await channelTo(udp.port).announce(request, never)
  expect(answer.reply).toMatchObject({ ok: true, value: { seeders: 2 } })
})

test("10,000 peers in one datagram are cut to the cap", async () => {
  const peers = Buffer.alloc(6 * 10_000)
  for (let i = 0; i < 10_000; i++) peers.set([1, 2, i >> 8, i & 255, 1, 1], i * 6)
  const udp = await tracker((asked) => [announceReply(asked, [1800, 1, 1], peers)])
  const answer = await channelTo(udp.port).announce(request, never)
  expect(answer.reply.ok && [answer.reply.value.peers.length, answer.reply.value.droppedPeers]).toEqual([
    5_000, 5_000,
  ])
})

test("nobody listening: the system says so, and we need not wait", async () => {
  const free = createSocket("udp4")
  await new Promise<void>((resolve) => free.bind({ address: "127.0.0.1", port: 0 }, resolve))
  const { port } = free.address()
  await new Promise<void>((resolve) => free.close(() => resolve()))
  const answer = await channelTo(port).announce(request, never)
  expect(answer).toMatchObject({ reply: { failure: { code: "refused" } }, tries: 1 })
})

test("an abort ends the wait", async () => {
  const controller = new AbortController()
  const udp = await tracker(() => {
    controller.abort()
    return []
  })
  const answer = await channelTo(udp.port).announce(request, controller.signal)
  expect(answer.reply).toMatchObject({ failure: { code: "aborted" } })
})

test("a closed channel starts over when asked again, and closing twice is closing once", async () => {
  const udp = await tracker((asked) => [announceReply(asked)])
  const channel = channelTo(udp.port)
  expect((await channel.announce(request, never)).reply.ok).toBe(true)
  channel.close()
  channel.close()
  expect((await channel.announce(request, never)).reply.ok).toBe(true)
  expect(udp.requests.map(({ action }) => action)).toEqual([0, 1, 0, 1])
})

test("over IPv6, peers have 18 bytes; where this machine has none, it is a failure and no crash", async () => {
  const peers = Buffer.from(`20014860${"00".repeat(11)}011ae1`, "hex")
  const udp = hasIPv6 ? await tracker((asked) => [announceReply(asked, [1800, 3, 2], peers)], "::1") : null
  const answer = await channelTo(udp?.port ?? 9, { host: "::1" }).announce(request, never)
  expect(answer.reply).toMatchObject(
    hasIPv6 ? { ok: true, value: { peers: ["[2001:4860::1]:6881"] } } : { ok: false },
  )
})
