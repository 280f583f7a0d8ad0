/** Against a tracker that none of us wrote: bittorrent-tracker's server, over HTTP, UDP and WebSockets. */
import { once } from "node:events"
import Server from "bittorrent-tracker/server"
import { afterEach, expect, test } from "vitest"
import type { AddressInfo } from "node:net"
import { ask, infoHash, question, start, patience } from "./question.ts"

let servers: Server[] = []
afterEach(async () => {
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
  servers = []
})

const host = "127.0.0.1"

async function serve(): Promise<{ http: string; udp: string; ws: string; server: Server }> {
  const server = new Server({ http: true, udp: true, ws: true, stats: false, interval: 600_000 })
  // It would bind its IPv6 socket to the IPv4 address, and throw.
  server.udp6?.close()
  server.udp6 = null
  servers.push(server)
  const listening = Promise.all([once(server.http, "listening"), once(server.udp4, "listening")])
  server.listen({ http: 0, udp: 0 }, host)
  await listening
  const { port } = server.http.address() as AddressInfo
  return {
    server,
    http: `http://${host}:${port}/announce`,
    ws: `ws://${host}:${port}/`,
    udp: `udp://${host}:${server.udp4.address().port}`,
  }
}

const counts = (server: Server) => {
  const swarm = server.torrents[Buffer.from(infoHash).toString("hex")] as unknown as {
    complete: number
    incomplete: number
  }
  return [swarm.complete, swarm.incomplete]
}

test.each(["http", "udp"] as const)("over %s: announce, scrape, stopped", async (protocol) => {
  const tracker = await serve()
  const seeder = start(question([[tracker.http]], { port: 5_001, leftBytes: 0 }))
  // One after the other: two first announces at once make it two swarms.
  await seeder.source.settled
  const leecher = start(question([[tracker.udp]], { port: 5_002 }))
  await leecher.source.settled

  const running = start(question([[tracker[protocol]]]))
  await running.source.settled
  expect(counts(tracker.server)).toEqual([1, 2])
  await running.leave()
  expect(counts(tracker.server)).toEqual([1, 1])

  const [record] = running.source.trackers
  expect(record?.announces).toMatchObject([
    { ok: true, event: "started", seeders: 1, leechers: 2, selfCount: 1, peerCount: 2, intervalMs: 600_000 },
    { ok: true, event: "stopped", leechers: 1, selfCount: 0 },
  ])
  expect(record?.scrape).toMatchObject({ ok: true, seeders: 1, leechers: 2, selfCount: 1, tries: 1 })
  expect(running.observations.flatMap(({ peers }) => peers).sort()).toEqual([
    "127.0.0.1:5001",
    "127.0.0.1:5002",
  ])
  await Promise.all([seeder.leave(), leecher.leave()])
  expect(counts(tracker.server)).toEqual([0, 0])
})

test("its own list names us, on loopback by our port, and we take ourselves out", async () => {
  const tracker = await serve()
  const running = await ask(question([[tracker.http], [tracker.udp]]))
  expect(running.observations.map(({ peers }) => peers)).toEqual([[], []])
  expect(running.source.trackers.map(({ announces }) => announces[0]?.peerCount)).toEqual([0, 0])
  // Both protocols lead to one swarm there, and one address is one peer: we count once.
  expect(running.source.trackers.map(({ scrape }) => scrape?.leechers)).toEqual([1, 1])
})

test("depth scrape joins nothing", async () => {
  const tracker = await serve()
  const running = await ask(question([[tracker.http, `${tracker.udp}/announce`]], { depth: "scrape" }))
  expect(
    running.source.trackers.map(({ scrape }) => [scrape?.ok, scrape?.seeders, scrape?.leechers]),
  ).toEqual([
    [true, 0, 0],
    [true, 0, 0],
  ])
  expect(tracker.server.torrents).toEqual({})
})

test("over WebSockets: counted among the WebRTC peers, then gone", async () => {
  const tracker = await serve()
  const seeder = start(question([[tracker.http]], { port: 5_001, leftBytes: 0 }))
  await seeder.source.settled
  const running = start(question([[tracker.ws]]))
  await running.source.settled
  // It counts us in a swarm that it shares with HTTP and UDP.
  const [record] = running.source.trackers
  await expect.poll(() => record?.announces.length, patience).toBe(2)
  expect(record?.announces).toMatchObject([
    {
      ok: true,
      event: "started",
      seeders: 1,
      leechers: 1,
      selfCount: 1,
      peerCount: null,
      intervalMs: 120_000,
    },
    { ok: true, event: "stopped", seeders: 1, leechers: 0, selfCount: 0 },
  ])
  expect(record?.scrape).toMatchObject({ ok: true, seeders: 1, leechers: 1, selfCount: 1, tries: 1 })
  expect(counts(tracker.server)).toEqual([1, 0])
  await running.leave()
  await seeder.leave()
})

test("over WebSockets: a refusal is one", async () => {
  const tracker = await serve()
  const refused = await ask(question([[tracker.ws]], { peerId: Buffer.from("short") }))
  expect(refused.source.trackers[0]?.announces).toMatchObject([
    { ok: false, failure: { code: "tracker-refused", detail: "invalid peer_id" } },
  ])
})

test.each(["http", "udp"] as const)(
  "over %s: an honest tracker knows nobody but us in a swarm of chance",
  async (protocol) => {
    const tracker = await serve()
    const running = start(question([[tracker[protocol]]], { canary: undefined }))
    await running.source.settled
    expect(running.source.trackers[0]?.canary).toMatchObject({
      ok: true,
      seeders: 0,
      leechers: 1,
      peerCount: 0,
    })
    const swarms = () =>
      Object.values(tracker.server.torrents).map(
        (swarm) => (swarm as unknown as { incomplete: number }).incomplete,
      )
    expect(swarms()).toEqual([1, 1])
    await running.leave()
    expect(swarms()).toEqual([0, 0])
  },
)
