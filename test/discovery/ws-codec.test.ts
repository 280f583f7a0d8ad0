import * as fc from "fast-check"
import { expect, test } from "vitest"
import { loadClient } from "../../src/discovery/tracker/ws-client.ts"
import { parseMessage } from "../../src/discovery/tracker/ws-codec.ts"
import type { AnnounceEvent } from "../../src/discovery/tracker/reply.ts"
import { infoHash, peerId } from "./question.ts"

const hash = Buffer.from(infoHash).toString("latin1")
const bytes = (message: unknown) => Buffer.from(JSON.stringify(message))
const announce = { action: "announce", info_hash: hash }

const loaded = await loadClient()
if (!loaded.ok) throw new Error(loaded.failure.detail ?? loaded.failure.code)
const make = loaded.value

const clientFor = (event: AnnounceEvent | null) => {
  const made = make({ infoHash, peerId, announce: event && { event, leftBytes: 7 } })
  if (!made.ok) throw new Error(made.failure.detail ?? made.failure.code)
  return made.value
}

test.each<[string, unknown, unknown]>([
  [
    "counts alone",
    { ...announce, complete: 1, incomplete: 2 },
    { seeders: 1, leechers: 2, intervalMs: null },
  ],
  ["leechers alone", { ...announce, incomplete: 2 }, { seeders: null, leechers: 2 }],
  ["an interval alone", { ...announce, interval: 60 }, { seeders: null, intervalMs: 60_000 }],
  [
    "both intervals",
    { ...announce, interval: 60, "min interval": 30 },
    { intervalMs: 60_000, minIntervalMs: 30_000 },
  ],
  [
    "a warning with somebody's address",
    { ...announce, interval: 60, "warning message": "hello\n10.1.2.3" },
    { warning: "hello <address>" },
  ],
  [
    "a scrape of several",
    { action: "scrape", files: { [hash]: { complete: 3, downloaded: 9 }, x: null } },
    { action: "scrape", seeders: 3, leechers: null, downloads: 9 },
  ],
  [
    "a scrape without us",
    { action: "scrape", files: {} },
    { action: "scrape", seeders: null, leechers: null, downloads: null },
  ],
])("%s", (_name, message, value) =>
  expect(parseMessage(bytes(message), infoHash)).toMatchObject({ ok: true, value }),
)

test("a refusal's words, made fit to be kept", () =>
  expect(parseMessage(bytes({ "failure reason": "banned: [2001:db8::1]" }), infoHash)).toMatchObject({
    failure: { code: "tracker-refused", detail: "banned: <address>" },
  }))

/** Values where this protocol has any, each in its place or anywhere. */
const value = fc.oneof(
  fc.constantFrom<unknown>(null, hash, "announce", "scrape", 0, -1, 1.5, 2 ** 53, "__proto__"),
  fc.jsonValue({ maxDepth: 2 }),
  fc.record({ [hash]: fc.jsonValue({ maxDepth: 1 }) }),
)
const names = [
  "action",
  "info_hash",
  "complete",
  "incomplete",
  "downloaded",
  "interval",
  "min interval",
  "files",
  "failure reason",
  "warning message",
  "tracker id",
  "peer_id",
  "offer",
  "answer",
  "offer_id",
  "__proto__",
  "constructor",
]
const good = { ...announce, complete: 1, incomplete: 2 }
const message = fc
  .tuple(
    fc.constantFrom<object>({}, good, good, { action: "scrape", files: { [hash]: { complete: 1 } } }),
    fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 }),
  )
  .map(([base, more]) => ({ ...base, ...more }))

test("whatever a tracker says, the contained client takes it as we do, and neither throws", () => {
  let taken = 0
  fc.assert(
    fc.property(fc.oneof(message, fc.jsonValue()), (said) => {
      const parsed = parseMessage(bytes(said), infoHash)
      if (!parsed?.ok) return
      taken++
      const client = clientFor(parsed.value.action === "announce" ? "started" : null)
      expect(client.ask().ok).toBe(true)
      const { seeders, leechers, downloads } = parsed.value
      expect(client.hear(parsed.value)).toMatchObject({ ok: true, value: { seeders, leechers, downloads } })
      client.destroy()
    }),
    { numRuns: 2_000 },
  )
  expect(taken).toBeGreaterThan(200)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void parseMessage(noise, infoHash)))
})

test.each<[AnnounceEvent | null, object]>([
  ["started", { action: "announce", event: "started", numwant: 0, offers: [], left: 7 }],
  ["update", { action: "announce", numwant: 0, offers: [], left: 7 }],
  ["stopped", { action: "announce", event: "stopped", numwant: 0, left: 7 }],
  [null, { action: "scrape", info_hash: hash }],
])("what it says of %s, once, and nothing of it stays behind", async (event, expected) => {
  const client = clientFor(event)
  const asked = client.ask()
  expect(asked.ok && JSON.parse(asked.value)).toMatchObject(expected)
  client.destroy()
  client.destroy()
  const { default: WebSocketTracker } = await import("bittorrent-tracker/websocket-tracker")
  // oxlint-disable-next-line no-underscore-dangle -- the library's own name
  expect(Object.keys(WebSocketTracker._socketPool)).toEqual([])
})
