import { expect, test } from "vitest"
import { failure } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { defaultTiming } from "../../src/discovery/tracker/run.ts"
import { udpChannel } from "../../src/discovery/tracker/udp-tracker.ts"
import type { AnnounceRequest } from "../../src/discovery/tracker/reply.ts"
import { trackerAddress, virtualNetwork } from "./virtual-network.ts"

const request: AnnounceRequest = {
  infoHash: Buffer.alloc(20, 1),
  peerId: Buffer.alloc(20, 2),
  port: 6881,
  leftBytes: 5,
  event: "started",
  numwant: 200,
  key: 3,
  trackerId: null,
}
const never = new AbortController().signal
const patient = { ...defaultTiming.udp, totalMs: 10 * 3_600_000 }

const action = (datagram: Buffer) => ["connect", "announce", "scrape"][datagram.readUInt32BE(8)]
const transaction = (datagram: Buffer) => datagram.subarray(12, 16)
const reply = (code: number, to: Buffer, ...rest: Uint8Array[]) =>
  Buffer.concat([Buffer.from([0, 0, 0, code]), transaction(to), ...rest])
const id = (n: number) => Buffer.alloc(8, n)
const announced = Buffer.from("000007080000000300000002", "hex")

const channelOn = (network: ReturnType<typeof virtualNetwork>["network"], timing = patient) =>
  udpChannel({
    address: { host: trackerAddress.host, family: "ipv4" },
    port: trackerAddress.port,
    pathAndQuery: "",
    network,
    timing,
  })

const schedule = (sent: { second: number; data: Buffer }[]) =>
  sent.map(({ second, data }) => `${second} ${action(data)}`)

test("connect requests of a silent tracker leave at BEP 15's times, and no more than nine apart", async () => {
  const { network, sent, until } = virtualNetwork(() => [])
  const answer = await until(channelOn(network).announce(request, never))
  expect(schedule(sent).slice(0, 9)).toEqual(
    [0, 15, 45, 105, 225, 465, 945, 1905, 3825].map((second) => `${second} connect`),
  )
  // n stays at 8: 3840 s.
  expect(sent.slice(9).map(({ second }, i) => second - (sent[8 + i]?.second ?? 0))).toEqual([
    3840, 3840, 3840, 3840, 3840, 3840, 3840, 3840,
  ])
  expect(answer.reply).toMatchObject({ failure: { code: "timeout" } })
})

test("our own limit ends it after three tries", async () => {
  const { network, sent, until } = virtualNetwork(() => [])
  const answer = await until(channelOn(network, defaultTiming.udp).announce(request, never))
  expect(schedule(sent)).toEqual(["0 connect", "15 connect", "45 connect"])
  expect(answer).toEqual({
    reply: { ok: false, failure: failure("timeout"), retryInMs: null },
    ms: limits.tracker.udpTotalMs,
    tries: 3,
    // Only connects left.
    unread: false,
  })
})

test("unanswered announces: the BEP's own example, with a new connect once the id has expired", async () => {
  let connects = 0
  const { network, sent, until } = virtualNetwork((data, atMs) => {
    if (action(data) !== "connect" || connects++ > 0) return []
    return [{ afterMs: atMs === 0 ? 2_000 : 0, data: reply(0, data, id(1)) }]
  })
  const answering = channelOn(network, { ...patient, totalMs: 400_000 }).announce(request, never)
  const answer = await until(answering)
  expect(schedule(sent)).toEqual([
    "0 connect",
    "2 announce",
    "17 announce",
    "47 announce",
    "107 connect",
    "227 connect",
  ])
  expect(answer.tries).toBe(5)
})

test("a retransmission is the same datagram, so a late reply to the first one counts", async () => {
  const { network, sent, until } = virtualNetwork((data, atMs) => {
    if (action(data) === "connect") return [{ afterMs: 1_000, data: reply(0, data, id(1)) }]
    return atMs < 5_000 ? [{ afterMs: 20_000, data: reply(1, data, announced) }] : []
  })
  const answer = await until(channelOn(network).announce(request, never))
  expect(schedule(sent)).toEqual(["0 connect", "1 announce", "16 announce"])
  expect(sent[2]?.data).toEqual(sent[1]?.data)
  expect(answer).toMatchObject({
    reply: { ok: true, value: { seeders: 2, leechers: 3 } },
    ms: 21_000,
    tries: 2,
  })
})

test("within a minute the connection id is used again; after it, renewed", async () => {
  let connects = 0
  const { network, sent, until, pass } = virtualNetwork((data) =>
    action(data) === "connect"
      ? [{ afterMs: 0, data: reply(0, data, id(++connects)) }]
      : [{ afterMs: 0, data: reply(1, data, announced) }],
  )
  const channel = channelOn(network)
  await until(channel.announce(request, never))
  pass(59_000)
  await until(channel.announce(request, never))
  pass(2_000)
  await until(channel.announce(request, never))
  expect(schedule(sent)).toEqual(["0 connect", "0 announce", "59 announce", "61 connect", "61 announce"])
  expect(sent.map(({ data }) => data[0])).toEqual([0, 1, 1, 0, 2])
  const transactions = sent.map(({ data }) => transaction(data).toString("hex"))
  expect(new Set(transactions).size).toBe(5)
})

test("a tracker that forgot our id of an earlier exchange is asked for a new one; a fresh refusal stands", async () => {
  let connects = 0
  const { network, sent, until } = virtualNetwork((data) => {
    if (action(data) === "connect") return [{ afterMs: 0, data: reply(0, data, id(++connects)) }]
    const refused = sent.length > 2 && data[0] === 1
    return [{ afterMs: 0, data: refused ? reply(3, data, Buffer.from("bad id")) : reply(1, data, announced) }]
  })
  const channel = channelOn(network)
  await until(channel.announce(request, never))
  expect((await until(channel.announce(request, never))).reply.ok).toBe(true)
  expect(schedule(sent)).toEqual(["0 connect", "0 announce", "0 announce", "0 connect", "0 announce"])

  const refusing = virtualNetwork((data) => [
    {
      afterMs: 0,
      data: action(data) === "connect" ? reply(0, data, id(1)) : reply(3, data, Buffer.from("no")),
    },
  ])
  const answer = await refusing.until(channelOn(refusing.network).announce(request, never))
  expect(answer).toMatchObject({ reply: { failure: { code: "tracker-refused", detail: "no" } }, tries: 1 })
})

test("strays, duplicates, forged sources and wrong transactions change nothing", async () => {
  const { network, sent, until } = virtualNetwork((data) => {
    const right = action(data) === "connect" ? reply(0, data, id(1)) : reply(1, data, announced)
    const wrong = Buffer.from(right)
    wrong[7] = (wrong[7] ?? 0) ^ 0xff
    const otherAction = reply(2, data, announced)
    const forged = action(data) === "connect" ? reply(0, data, id(9)) : reply(3, data, Buffer.from("forged"))
    return [
      { afterMs: 1, data: new Uint8Array() },
      { afterMs: 1, data: right.subarray(0, 7) },
      { afterMs: 2, data: wrong },
      { afterMs: 3, data: otherAction },
      { afterMs: 4, data: forged, from: { ...trackerAddress, port: 1 } },
      { afterMs: 4, data: forged, from: { ...trackerAddress, host: "192.0.2.2" } },
      { afterMs: 5, data: right },
      { afterMs: 5, data: right },
    ]
  })
  const answer = await until(channelOn(network).announce(request, never))
  expect(answer).toMatchObject({ reply: { ok: true }, ms: 10, tries: 1 })
  expect(sent.map(({ data }) => data[0])).toEqual([0, 1])
})

test("a socket error ends the wait at once", async () => {
  const virtual = virtualNetwork(() => [])
  const answering = channelOn(virtual.network).announce(request, never)
  await new Promise((resolve) => setImmediate(resolve))
  virtual.fail(failure("refused"))
  expect(await virtual.until(answering)).toMatchObject({
    reply: { failure: { code: "refused" } },
    ms: 0,
    tries: 1,
  })
})

test("an abort ends the wait at once", async () => {
  const { network, until } = virtualNetwork(() => [])
  const controller = new AbortController()
  const answering = channelOn(network).announce(request, controller.signal)
  await new Promise((resolve) => setImmediate(resolve))
  controller.abort()
  expect(await until(answering)).toMatchObject({ reply: { failure: { code: "aborted" } }, ms: 0 })
})
