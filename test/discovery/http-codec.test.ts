import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect, test } from "vitest"
import {
  announceUrl,
  parseAnnounceReply,
  parseScrapeReply,
  scrapeUrl,
} from "../../src/discovery/tracker/http-codec.ts"
import type { AnnounceRequest } from "../../src/discovery/tracker/reply.ts"
import { infoHash, peerId } from "./question.ts"

const bytes = (text: string) => Buffer.from(text, "latin1")
const request: AnnounceRequest = {
  infoHash: bytes("\x00\x12\x34\x56\x78\x9a\xbc\xde\xf1\x23\x45\x67\x89\xab\xcd\xef\x12\x34\x56~"),
  peerId,
  port: 6881,
  leftBytes: 2 ** 33,
  event: "started",
  numwant: 200,
  key: 0xab,
  trackerId: null,
}
const urlFor = (tracker: string, overrides: Partial<AnnounceRequest> = {}) =>
  announceUrl(new URL(tracker), { ...request, ...overrides }).href

test("an announce URL holds every parameter of BEP 3, 7 and 23", () => {
  expect(urlFor("http://t.example/announce")).toBe(
    "http://t.example/announce?info_hash=%00%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124V~&peer_id=-TA0100-abcdefghijkl" +
      "&port=6881&uploaded=0&downloaded=0&left=8589934592&compact=1&numwant=200&key=000000ab&event=started",
  )
})

test("the tracker's own query stays as it is, and a fragment stays here", () => {
  expect(urlFor("http://t.example/a%20b/announce?pass=x%2Fy+z#frag")).toMatch(
    /^http:\/\/t\.example\/a%20b\/announce\?pass=x%2Fy\+z&info_hash=%00/,
  )
})

test("a regular announce has no event; a tracker id is given back", () => {
  const url = urlFor("http://t.example/", { event: "update", trackerId: bytes("a&b=\xff") })
  expect(url).not.toContain("event=")
  expect(url).toContain("&trackerid=a%26b%3D%FF")
})

test.each([
  ["http://e.com/announce", "http://e.com/scrape?info_hash=XX"],
  ["http://e.com/x/announce", "http://e.com/x/scrape?info_hash=XX"],
  ["http://e.com/announce.php", "http://e.com/scrape.php?info_hash=XX"],
  ["http://e.com/announce?x2%0644", "http://e.com/scrape?x2%0644&info_hash=XX"],
  ["http://e.com/announce/k?a=/b", null],
  ["http://e.com/a", null],
  ["http://e.com/announce?x=2/4", "http://e.com/scrape?x=2/4&info_hash=XX"],
  ["http://e.com/x%064announce", null],
  ["http://e.com/announced/", null],
])("BEP 48's scrape URL of %s", (tracker, expected) => {
  expect(scrapeUrl(new URL(tracker), bytes("XX"))?.href ?? null).toBe(expected)
})

const read = (text: string) => parseAnnounceReply(bytes(text), peerId)
const value = (text: string) => {
  const reply = read(text)
  if (!reply.ok) throw new Error(JSON.stringify(reply.failure))
  return reply.value
}
const code = (text: string) => {
  const reply = read(text)
  return reply.ok ? "ok" : reply.failure.code
}

test("a full compact reply, IPv6 and our own address included", () => {
  const peers6 = `${"\x20\x01\x48\x60".padEnd(15, "\0")}\x01\x1a\xe1`
  expect(
    value(
      "d8:completei5e10:downloadedi9e11:external ip4:\x01\x02\x03\x0410:incompletei7e8:intervali1800e12:min intervali900e" +
        `5:peers12:\x01\x01\x01\x01\x1a\xe1\x02\x02\x02\x02\x1a\xe26:peers618:${peers6}10:tracker id3:abc15:warning message4:slowe`,
    ),
  ).toEqual({
    seeders: 5,
    leechers: 7,
    downloads: 9,
    intervalMs: 1_800_000,
    minIntervalMs: 900_000,
    peers: ["1.1.1.1:6881", "2.2.2.2:6882", "[2001:4860::1]:6881"],
    droppedPeers: 0,
    ownPeers: [],
    externalHost: "1.2.3.4",
    warning: "slow",
    trackerId: Uint8Array.from(bytes("abc")),
  })
})

test("an uncompacted list: addresses of both families, no names, and us by our peer id", () => {
  const entry = (ip: string, port: string, id = "x".repeat(20)) =>
    `d2:ip${ip.length}:${ip}7:peer id20:${id}4:porti${port}ee`
  const reply = value(
    `d5:peersl${entry("1.1.1.1", "6881")}${entry("2001:4860::1", "6882")}${entry("host.example", "1")}${entry("1.1.1.2", "0")}` +
      `${entry("1.1.1.3", "99999")}${entry("1.1.1.4", "-5")}${entry("9.9.9.9", "7", peerId.toString())}i5eleee`,
  )
  expect(reply.peers).toEqual(["1.1.1.1:6881", "[2001:4860::1]:6882", "9.9.9.9:7"])
  expect(reply.ownPeers).toEqual(["9.9.9.9:7"])
})

test("the same peer twice counts once, and what is no whole entry not at all", () => {
  expect(value("d5:peers14:\x01\x01\x01\x01\x1a\xe1\x01\x01\x01\x01\x1a\xe1\x05\x05e").peers).toEqual([
    "1.1.1.1:6881",
  ])
})

test("a list beyond the cap is cut, and says by how much", () => {
  const entries = Buffer.alloc(6 * 30_000)
  for (let i = 0; i < 30_000; i++) entries.set([1, 2, i >> 8, i & 255, 1, 1], i * 6)
  const body = Buffer.concat([bytes(`d5:peers${entries.length}:`), entries, bytes("e")])
  const reply = parseAnnounceReply(body, peerId)
  expect(reply.ok && [reply.value.peers.length, reply.value.droppedPeers]).toEqual([5_000, 25_000])
})

test.each([
  ["negative", "i-1e"],
  ["absurd", "i4294967296e"],
  ["beyond exact integers", "i9223372036854775807e"],
  ["text", "1:5"],
  ["a list", "le"],
])("a count that is %s is no count, and the rest still stands", (_, count) => {
  expect(value(`d8:complete${count}10:incompletei3e8:intervali60ee`)).toMatchObject({
    seeders: null,
    leechers: 3,
  })
})

test.each([
  ["0", null],
  ["-5", null],
  ["1", 1_000],
  ["1800", 1_800_000],
  ["999999999", 86_400_000],
  ["9223372036854775807", 86_400_000],
])("an interval of %s seconds becomes %s ms", (seconds, expected) => {
  expect(value(`d8:completei1e8:intervali${seconds}ee`).intervalMs).toBe(expected)
})

test.each([
  ["nothing at all", "", "bad-bencode"],
  ["a web page", "<!DOCTYPE html>", "bad-bencode"],
  ["a truncated reply", "d8:completei5e5:peers600:\x01\x01", "bad-bencode"],
  ["the four bytes that hang a library", "l-3:", "bad-bencode"],
  ["a list", "le", "bad-reply"],
  ["an empty dictionary", "de", "bad-reply"],
  ["only unusable values", "d8:complete1:x8:intervali-3e5:peersi4ee", "bad-reply"],
  ["an empty peer list", "d5:peers0:e", "ok"],
  ["a newline after it", "d5:peers0:e\r\n", "ok"],
])("%s is %s", (_, text, expected) => {
  expect(code(text)).toBe(expected)
})

test.each([
  ["d14:failure reason4:away8:retry ini3ee", 180_000],
  ["d14:failure reason4:away8:retry in5:nevere", Infinity],
  ["d14:failure reason4:awaye", null],
  ["d14:failure reason4:away8:retry ini-3ee", null],
])("BEP 31: %s", (text, retryInMs) => {
  expect(read(text)).toMatchObject({ failure: { code: "tracker-refused", detail: "away" }, retryInMs })
})

test("a failure reason counts even if it is no text, and whatever else is there", () => {
  expect(read("d14:failure reasoni5e5:peers0:e")).toMatchObject({
    failure: { code: "tracker-refused", detail: "no readable reason" },
  })
})

const key = Buffer.from(infoHash).toString("latin1")
const scrape = (text: string) => parseScrapeReply(bytes(text), infoHash)

test("a scrape reply", () => {
  expect(scrape(`d5:filesd20:${key}d8:completei5e10:downloadedi50e10:incompletei10eeee`)).toEqual({
    ok: true,
    value: { seeders: 5, leechers: 10, downloads: 50 },
  })
})

test.each([
  [
    "another torrent only",
    `d5:filesd20:${"x".repeat(20)}d8:completei5eeee`,
    { ok: true, value: { seeders: null } },
  ],
  ["an entry without counts", `d5:filesd20:${key}deee`, { ok: false, failure: { code: "bad-reply" } }],
  ["an entry that is a number", `d5:filesd20:${key}i5eee`, { ok: false, failure: { code: "bad-reply" } }],
  ["no files", "de", { ok: false, failure: { code: "bad-reply" } }],
  ["a refusal", "d14:failure reason2:noe", { ok: false, failure: { code: "tracker-refused", detail: "no" } }],
])("a scrape reply with %s", (_, text, expected) => {
  expect(scrape(text)).toMatchObject(expected)
})

test("a scrape reply with every torrent of a tracker, ours the last of 25,000", () => {
  const name = (i: number) => String(i).padStart(20, "0")
  const others = Array.from(
    { length: 25_000 },
    (_, i) => `20:${name(i)}d8:completei12e10:downloadedi345e10:incompletei6ee`,
  )
  expect(scrape(`d5:filesd${others.join("")}20:${key}d8:completei5e10:incompletei1eeee`)).toEqual({
    ok: true,
    value: { seeders: 5, leechers: 1, downloads: null },
  })
})

test("a scrape reply that hides a list where a count or a torrent should be costs nothing", () => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  // Decoded whole, the first reply takes 33 MiB. What others left behind on a busy machine is no cost of ours: the least of five.
  const grown = Array.from({ length: 5 }, () => {
    collect()
    const before = process.memoryUsage().heapUsed
    const reply = scrape(`d5:filesd20:${key}d8:completel${"1:x".repeat(290_000)}e10:incompletei1eeee`)
    expect(scrape(`d5:filesl${"1:x".repeat(290_000)}ee`)).toMatchObject({ ok: false })
    const bytes = process.memoryUsage().heapUsed - before
    expect(reply).toMatchObject({ ok: true, value: { seeders: null, leechers: 1 } })
    return bytes
  })
  expect(Math.min(...grown)).toBeLessThan(16 * 2 ** 20)
})
