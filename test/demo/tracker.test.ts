import { describe, expect, test } from "vitest"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { startTracker, type DemoTracker } from "../../src/demo/tracker.ts"
import { decode, type BencodeDictionary } from "../../src/torrent/bencode.ts"
import { decodeCompactPeers } from "../../src/torrent/compact-peers.ts"
import { trackerFor } from "../support/swarm.ts"

const network = loopbackNetwork()
const infoHash = Buffer.alloc(20, 0xab)
const escaped = "%ab".repeat(20)
const address = { host: "127.0.0.1", family: "ipv4" as const }

const register = (tracker: DemoTracker, port: number, leftBytes: number) =>
  tracker.register({ infoHash, peerId: Buffer.alloc(20, `peer ${port}`), port, leftBytes })

async function get(url: string, query: string): Promise<BencodeDictionary> {
  const reply = await network.http({
    url: new URL(`${url}?${query}`),
    address,
    headers: {},
    maxBodyBytes: 100_000,
    maxHeaderBytes: 16_384,
    signal: new AbortController().signal,
  })
  if (!reply.ok) throw new Error(reply.failure.code)
  const body = decode(reply.value.body)
  if (!body.ok || !(body.value instanceof Map)) throw new Error("not a dictionary")
  return body.value
}

/** We are registered as a leecher by asking. */
const announce = (tracker: DemoTracker, numwant = 50) =>
  get(
    tracker.httpUrl,
    `info_hash=${escaped}&peer_id=${"me".repeat(10)}&port=9&left=1&compact=1&numwant=${numwant}`,
  )

const scrape = async (tracker: DemoTracker) => {
  const files = (await get(tracker.httpUrl.replace("announce", "scrape"), `info_hash=${escaped}`)).get(
    "files",
  )
  const file = files instanceof Map ? files.get(infoHash.toString("latin1")) : null
  return file instanceof Map ? [file.get("complete"), file.get("incomplete")] : null
}

const peersIn = (reply: BencodeDictionary): string[] => {
  const peers = reply.get("peers")
  return peers instanceof Uint8Array ? decodeCompactPeers(peers, "ipv4").peers.toSorted() : []
}

/** BEP 15: connect, then announce as a leecher; [interval, leechers, seeders]. */
async function announceUdp(tracker: DemoTracker): Promise<number[]> {
  const { port } = new URL(tracker.udpUrl.replace("udp:", "http:"))
  const replies: ((data: Buffer) => void)[] = []
  const opened = await network.datagrams(
    "ipv4",
    (data) => replies.shift()?.(Buffer.from(data)),
    () => {},
  )
  if (!opened.ok) throw new Error(opened.failure.code)
  const ask = (message: Buffer) =>
    new Promise<Buffer>((resolve) => {
      replies.push(resolve)
      void opened.value.send(message, { host: "127.0.0.1", port: Number(port) })
    })
  // connect: <protocol id:8><action=0><transaction id>
  const connected = await ask(Buffer.from("00000417271019800000000000000001", "hex"))
  const request = Buffer.alloc(98)
  connected.copy(request, 0, 8, 16)
  request.writeUInt32BE(1, 8)
  request.writeUInt32BE(2, 12)
  infoHash.copy(request, 16)
  request.write("me".repeat(10), 36)
  request.writeUInt32BE(1, 68)
  request.writeInt32BE(-1, 92)
  request.writeUInt16BE(9, 96)
  const reply = await ask(request)
  opened.value.close()
  return [8, 12, 16].map((offset) => reply.readUInt32BE(offset))
}

describe("the demo tracker", () => {
  test("honest: counts and peers are those that announced, over HTTP and UDP", async () => {
    const tracker = await trackerFor({ intervalMs: 30_000, minIntervalMs: 5_000 })
    await register(tracker, 1_001, 0)
    await register(tracker, 1_002, 0)
    await register(tracker, 1_003, 77)
    const reply = await announce(tracker)
    expect(["complete", "incomplete", "interval", "min interval"].map((key) => reply.get(key))).toEqual([
      2, 2, 30, 5,
    ])
    expect(peersIn(reply)).toEqual(["127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003", "127.0.0.1:9"])
    expect(await scrape(tracker)).toEqual([2, 2])
    expect(await announceUdp(tracker)).toEqual([30, 2, 2])
  })

  test("inflated: ten times that, in announces and scrapes; the peers stay the same", async () => {
    const tracker = await trackerFor({ lies: [{ kind: "scaled", factor: 10 }] })
    await register(tracker, 1_001, 0)
    const reply = await announce(tracker)
    expect([reply.get("complete"), reply.get("incomplete")]).toEqual([10, 10])
    expect(peersIn(reply)).toEqual(["127.0.0.1:1001", "127.0.0.1:9"])
    expect(await scrape(tracker)).toEqual([10, 10])
    expect((await announceUdp(tracker)).slice(1)).toEqual([10, 10])
  })

  test("names at most as many peers as it was told to, or more than its library would", async () => {
    const few = await trackerFor({ peersPerReply: 2 })
    const many = await trackerFor({ peersPerReply: 200 })
    const ports = Array.from({ length: 120 }, (_, i) => 2_000 + i)
    await Promise.all(ports.flatMap((port) => [register(few, port, 0), register(many, port, 0)]))
    expect(peersIn(await announce(few, 50))).toHaveLength(2)
    expect(peersIn(await announce(many, 50))).toHaveLength(121)
    expect(await scrape(many)).toEqual([120, 1])
  })

  test("first announces at the same time join one swarm", async () => {
    const tracker = await trackerFor()
    await Promise.all([1, 2, 3, 4].map((port) => register(tracker, port, 0)))
    expect(await scrape(tracker)).toEqual([4, 0])
  })

  test("listens on loopback only, and stops", async () => {
    const tracker = await startTracker(network)
    expect([tracker.httpUrl, tracker.udpUrl].map((url) => new URL(url).hostname)).toEqual([
      "127.0.0.1",
      "127.0.0.1",
    ])
    await tracker.stop()
    await expect(scrape(tracker)).rejects.toThrow("refused")
  })
})
