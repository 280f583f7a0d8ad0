import { expect, test } from "vitest"
import { defaultTiming } from "../../src/discovery/tracker/run.ts"
import type { TrackerQuestion } from "../../src/discovery/tracker.ts"
import { query, type Handler } from "./hostile-http.ts"
import { announceReply, connectReply, hostileUdp, int32, type UdpRequest } from "./hostile-udp.ts"
import { hostileWs } from "./hostile-ws.ts"
import { ask, hurry, infoHash, memory, ownPort, peerId, question, start, patience } from "./question.ts"
import { announceOf, endWithTest, listing, tracker } from "./tracker-server.ts"

const curious = (tiers: string[][], more: Partial<TrackerQuestion> = {}) =>
  question(tiers, { canary: undefined, ...more })

const bytesOf = (text: string | undefined) => Buffer.from(unescape(text ?? ""), "latin1")
const isReal = (url: string) => bytesOf(query(url).get("info_hash")).equals(infoHash)
const announces = (requests: readonly string[]) => requests.filter((url) => url.startsWith("/announce"))
const canaries = (requests: readonly string[]) => announces(requests).filter((url) => !isReal(url))

/** `real` for our own info hash, `other` for any. */
const knowing =
  (real: Uint8Array, other: Uint8Array | Handler): Handler =>
  (request, response, path) => {
    if (isReal(request.url ?? "")) response.end(real)
    else if (other instanceof Uint8Array) response.end(other)
    else other(request, response, path)
  }

const swarm = listing(["10.0.0.1:6881", "10.0.0.2:6881"])
const counting = (seeders: number, leechers: number, peers: readonly string[] = []): Buffer =>
  Buffer.concat([
    Buffer.from(
      `d8:completei${seeders}e10:incompletei${leechers}e8:intervali1800e5:peers${peers.length * 6}:`,
    ),
    Buffer.concat(
      peers.map((peer) => {
        const [host = "", port = ""] = peer.split(":")
        return Buffer.from([...host.split(".").map(Number), Number(port) >> 8, Number(port) & 255])
      }),
    ),
    Buffer.from("e"),
  ])

test("after a good answer, another info hash is announced once, by another peer, and left at the end", async () => {
  const server = await tracker(knowing(swarm, counting(0, 1, [`198.18.0.1:${ownPort}`])))
  const running = await ask(curious([[announceOf(server)]]))
  expect(running.source.trackers[0]?.canary).toMatchObject({
    ok: true,
    failure: null,
    seeders: 0,
    leechers: 1,
    peerCount: 0,
  })
  const [started, stopped, ...more] = canaries(server.requests).map(query)
  expect(more).toEqual([])
  expect([started?.get("event"), stopped?.get("event")]).toEqual(["started", "stopped"])
  expect([started?.get("numwant"), started?.get("port")]).toEqual(["200", String(ownPort)])

  const [real] = announces(server.requests).filter(isReal).map(query)
  const id = bytesOf(started?.get("peer_id"))
  expect(id).toHaveLength(20)
  expect(id.subarray(0, 8)).toEqual(peerId.subarray(0, 8))
  expect(id.equals(peerId)).toBe(false)
  expect(bytesOf(started?.get("info_hash"))).toHaveLength(20)
  expect(started?.get("key")).not.toBe(real?.get("key"))
  for (const same of ["info_hash", "peer_id", "key"]) expect(stopped?.get(same)).toBe(started?.get(same))
  // It came last of the first questions: the real counts don't have it.
  expect(server.requests.findIndex((url) => !isReal(url))).toBeGreaterThan(0)
})

test("whom a lying tracker names there is counted and never given to anybody", async () => {
  const invented = ["10.9.9.1:6881", "10.9.9.2:6881", `10.9.9.3:${ownPort}`, `10.9.9.4:${ownPort}`]
  const server = await tracker(knowing(swarm, counting(900, 80, [...invented, `127.0.0.1:${ownPort}`])))
  const { source, observations } = await ask(curious([[announceOf(server)]]))
  expect(source.trackers[0]?.canary).toMatchObject({ ok: true, seeders: 900, leechers: 80, peerCount: 4 })
  expect(observations.flatMap(({ peers }) => peers)).toEqual(["10.0.0.1:6881", "10.0.0.2:6881"])
  expect(source.trackers[0]?.announces).toMatchObject([{ seeders: 2, leechers: 3, peerCount: 2 }, {}])
  expect(source.self).toEqual([])
})

test.each<[string, Handler, string]>([
  ["refuses", (_, response) => response.end("d14:failure reason8:not minee"), "tracker-refused"],
  ["answers nonsense", (_, response) => response.end("hello"), "bad-bencode"],
  ["hangs", () => {}, "timeout"],
  ["hangs up", (request) => request.socket.destroy(), "closed"],
])("one that %s is recorded, and its real answer stands", async (_name, other, code) => {
  const server = await tracker(knowing(swarm, other))
  const timing = { ...defaultTiming, canaryMs: code === "timeout" ? 200 : 5_000, stoppedMs: 200 }
  const { source } = await ask(curious([[announceOf(server)]], { timing }))
  const [record] = source.trackers
  expect(record?.canary).toMatchObject({ ok: false, failure: { code }, seeders: null, peerCount: null })
  expect(record?.announces[0]).toMatchObject({ ok: true, peerCount: 2 })
  // Tried once; who may have counted us hears that we left.
  const heard = code === "timeout" || code === "closed" ? ["started", "stopped"] : ["started"]
  expect(canaries(server.requests).map((url) => query(url).get("event"))).toEqual(
    code === "bad-bencode" ? ["started", "stopped"] : heard,
  )
})

test("of a magnet link, once it is known to be public", async () => {
  const server = await tracker(knowing(swarm, counting(0, 1)))
  const known = Promise.withResolvers<boolean>()
  const running = start(curious([[announceOf(server)]], { canary: known.promise }))
  await running.source.settled
  expect(canaries(server.requests)).toEqual([])
  known.resolve(true)
  await expect
    .poll(() => running.source.trackers[0]?.canary, patience)
    .toMatchObject({ ok: true, leechers: 1 })
  await running.leave()
  expect(canaries(server.requests)).toHaveLength(2)
})

test("each tracker gets a hash of its own", async () => {
  const servers = await Promise.all([1, 2, 3].map(() => tracker(knowing(swarm, counting(0, 1)))))
  await ask(curious([servers.map(announceOf)]))
  const hashes = servers.flatMap(({ requests }) =>
    canaries(requests).map((url) => query(url).get("info_hash")),
  )
  expect(hashes).toHaveLength(6)
  expect(new Set(hashes).size).toBe(3)
})

test.each<[string, Partial<TrackerQuestion>, string]>([
  ["of a private torrent", { private: true }, "/announce"],
  ["that may be a private one's, and is", { canary: Promise.resolve(false) }, "/announce"],
  ["at depth scrape", { depth: "scrape" }, "/announce"],
  ["with a passkey in its path", {}, "/0123456789abcdef0123456789abcdef/announce"],
  ["with a short key in its path", {}, "/a1/announce"],
  ["with a passkey in its query", {}, "/announce?passkey=7"],
])("none for a tracker %s", async (_name, more, path) => {
  const server = await tracker((request, response) =>
    response.end(request.url?.startsWith("/scrape") ? "d5:filesdee" : swarm),
  )
  const { source } = await ask(curious([[server.url + path]], more))
  expect(source.trackers[0]?.canary).toBe(null)
  expect(server.requests.length).toBeGreaterThan(0)
  const hashes = server.requests.map((url) => query(url).get("info_hash"))
  expect(hashes.map((hash) => bytesOf(hash).equals(infoHash))).toEqual(hashes.map(() => true))
})

test("none over WebSockets", async () => {
  const hash = Buffer.from(infoHash).toString("latin1")
  const server = await hostileWs(({ action }, line) =>
    line.say({ action, info_hash: hash, complete: 1, incomplete: 1, files: {} }),
  )
  const { source } = await ask(curious([[server.url]]))
  expect(source.trackers[0]).toMatchObject({ canary: null, announces: [{ ok: true }, { ok: true }] })
  expect(server.asked.map((message) => message["info_hash"])).toEqual([hash, hash, hash])
})

test("after a remembered answer it comes with the next fresh one", async () => {
  const answers = memory()
  const brief = Buffer.from("d8:completei2e10:incompletei1e8:intervali30e12:min intervali30e5:peers0:e")
  const server = await tracker(knowing(brief, counting(0, 1)))
  const { network, timing } = hurry(100)
  const first = await ask(curious([[announceOf(server)]], { answers, network, timing }))
  expect(first.source.trackers[0]?.canary).toMatchObject({ ok: true })
  const again = start(curious([[announceOf(server)]], { answers, network, timing }))
  await expect.poll(() => again.source.trackers[0]?.canary, patience).toMatchObject({ ok: true, leechers: 1 })
  await again.leave()
  expect(again.source.trackers[0]?.announces[0]).toMatchObject({ reused: true })
})

test("none after an answer that was remembered, nor after a refusal", async () => {
  const answers = memory()
  const server = await tracker(knowing(swarm, counting(0, 1)))
  await ask(curious([[announceOf(server)]], { answers }))
  expect(canaries(server.requests)).toHaveLength(2)
  const again = await ask(curious([[announceOf(server)]], { answers }))
  expect(again.source.trackers[0]).toMatchObject({ canary: null, announces: [{ reused: true }] })
  expect(canaries(server.requests)).toHaveLength(2)

  const refusing = await tracker((_, response) => response.end("d14:failure reason2:noe"))
  const refused = await ask(curious([[announceOf(refusing)]]))
  expect(refused.source.trackers[0]?.canary).toBe(null)
  expect(canaries(refusing.requests)).toEqual([])
})

test("asked once, however often the tracker is asked again", async () => {
  const quick = "d8:completei2e10:incompletei3e8:intervali1e12:min intervali1e5:peers0:e"
  const server = await tracker(knowing(Buffer.from(quick), counting(0, 1)))
  const running = start(curious([[announceOf(server)]]))
  await expect.poll(() => announces(server.requests).filter(isReal).length, patience).toBe(3)
  await running.leave()
  expect(canaries(server.requests)).toHaveLength(2)
})

test("an end of the run while it is asked ends it", async () => {
  const server = await tracker(knowing(swarm, () => void running.stop()))
  const running = start(curious([[announceOf(server)]]))
  await running.source.settled
  await running.leave()
  expect(running.source.trackers[0]?.canary).toMatchObject({ ok: false, failure: { code: "aborted" } })
})

test("over UDP: the real registration's socket, another peer", async () => {
  const hashOf = ({ data }: UdpRequest) => data.subarray(16, 36)
  const udp = endWithTest(
    await hostileUdp((asked, self) => {
      const isOurs = hashOf(asked).equals(infoHash)
      const stranger = Buffer.from("0a0000091ae1", "hex")
      const reply =
        asked.action === 0
          ? connectReply(asked)
          : asked.action === 2
            ? Buffer.concat([int32(2), asked.transactionId, int32(2, 9, 3)])
            : announceReply(asked, isOurs ? [1800, 3, 2] : [1800, 1, 7], isOurs ? undefined : stranger)
      self.send(reply, asked.from)
    }),
  )
  const { source } = await ask(curious([[`${udp.url}/announce`]]))
  expect(source.trackers[0]?.canary).toMatchObject({ ok: true, seeders: 7, leechers: 1, peerCount: 1 })
  const sent = udp.requests.filter(({ action }) => action === 1)
  const real = sent.filter((asked) => hashOf(asked).equals(infoHash))
  const other = sent.filter((asked) => !hashOf(asked).equals(infoHash))
  expect([real, other].map((of) => of.map(({ data }) => data.readUInt32BE(80)))).toEqual([
    [2, 3],
    [2, 3],
  ])
  expect(other[0]?.data.subarray(36, 56).equals(peerId)).toBe(false)
  expect(other[0]?.data.readUInt32BE(88)).not.toBe(real[0]?.data.readUInt32BE(88))
  expect(new Set(udp.requests.map(({ from }) => from.port)).size).toBe(1)
})
