/** What the user may ask about, and what is refused before anything is sent. */
import { describe, expect, it } from "vitest"
import { checkSources, nameOf, noMetadata, readAuditTarget } from "../../src/commands/target.ts"
import type { Evidence } from "../../src/evidence.ts"
import { InputError } from "../../src/failure.ts"

const hash = "febb7bcebe4e8a3260537145ca527ade5dff6c6d"
const file = "fixtures/torrents/single-v1.torrent"
const privateFile = "fixtures/torrents/multi-v1-private.torrent"
type Options = Parameters<typeof checkSources>[1]
const usual: Options = {
  depth: "sample",
  webSeeds: true,
  dht: true,
  dhtBootstrap: [],
  allowLocal: false,
  pex: true,
  lsd: false,
  trackers: [],
  peers: [],
}

const refusal = async (target: string, options: Partial<Options> = {}) => {
  try {
    checkSources(await readAuditTarget(target, null), { ...usual, ...options })
    return null
  } catch (error) {
    if (error instanceof InputError) return [error.code, error.message, error.hint]
    throw error
  }
}

describe("targets", () => {
  it("a file, a magnet link, an info hash in either writing", async () => {
    expect(await readAuditTarget(file, null)).toMatchObject({ metainfo: { torrent: { infoHashV1: hash } } })
    expect(await readAuditTarget(`MAGNET:?xt=urn:btih:${hash}&dn=x`, null)).toMatchObject({
      magnet: { infoHashV1: hash, name: "x" },
    })
    expect(await readAuditTarget(hash.toUpperCase(), null)).toMatchObject({ magnet: { infoHashV1: hash } })
    const v2 = "ab".repeat(32)
    for (const text of [v2, v2.toUpperCase(), `magnet:?xt=urn:btmh:1220${v2}`])
      expect(await readAuditTarget(text, null)).toMatchObject({
        magnet: { infoHashV1: null, infoHashV2: v2 },
      })
    const base32 = "725XXTV6J2FDEYCTOFC4UUT23ZO763DN"
    expect(await readAuditTarget(base32, null)).toMatchObject({ magnet: { infoHashV1: hash } })
  })

  it.each([
    ["magnet:?dn=x", ["bad-magnet", "magnet has no btih/btmh", "Quote it: `&` ends shell commands."]],
    [hash.slice(1), ["bad-hash", "info-hash has 39 hex digits", "v1 needs 40, v2 64."]],
    ["ab".repeat(32).slice(1), ["bad-hash", "info-hash has 63 hex digits", "v1 needs 40, v2 64."]],
  ])("%s is refused", async (target, expected) => {
    expect(await refusal(target)).toEqual(expected)
  })
})

const key = "0123456789abcdef0123456789abcdef"

it.each([
  ["/srv/x.torrent", "/srv/x.torrent"],
  ["-", "standard input"],
  [
    `magnet:?dn=x&tr=https%3A%2F%2Ft.example%2F${key}%2Fannounce&x.pe=192.0.2.7:1&xt=urn:btih:${hash}`,
    `magnet:?xt=urn:btih:${hash}`,
  ],
  [`magnet:?tr=https://t.example/${key}`, "magnet:"],
  [`https://joe:secret@t.example/${key}/x.torrent?k=v`, "https://***@t.example/***/x.torrent?k=***"],
  ["ftp://joe:secret@t.example/x.torrent", "ftp://***@t.example/x.torrent"],
])("%s is called without what may be an account", (target, name) => {
  expect(nameOf(target)).toBe(name)
})

describe("sources", () => {
  it.each([
    ["an info hash has the DHT", hash, {}, null],
    [
      "17: nobody to ask",
      hash,
      { dht: false },
      ["no-sources", "no trackers, and DHT is off", "Drop --no-dht or add --tracker."],
    ],
    ["a tracker of the user's", hash, { dht: false, trackers: ["udp://tracker.example:1"] }, null],
    ["a peer of the user's", hash, { dht: false, peers: ["203.0.113.7:1"] }, null],
    ["a peer in the link", `magnet:?xt=urn:btih:${hash}&x.pe=203.0.113.7:1`, { dht: false }, null],
    ["the local network", hash, { dht: false, lsd: true }, null],
    [
      "17: --allow-local asks no public node",
      hash,
      { allowLocal: true },
      ["no-sources", expect.stringContaining("--allow-local"), expect.stringContaining("--dht-bootstrap")],
    ],
    ["a node of one's own", hash, { allowLocal: true, dhtBootstrap: ["10.0.0.1:6881"] }, null],
    [
      "18: a passkey in a magnet",
      `magnet:?xt=urn:btih:${hash}&tr=https://t.example/0123456789abcdef0123456789abcdef/announce`,
      {},
      [
        "private-magnet",
        "magnet's tracker URL holds a passkey",
        expect.stringMatching(/^Pass the \.torrent; DHT could leak it\./),
      ],
    ],
    [
      "a passkey, and no DHT",
      `magnet:?xt=urn:btih:${hash}&tr=https://t.example/0123456789abcdef0123456789abcdef/announce`,
      { dht: false },
      null,
    ],
    [
      "18: a passkey of the user's tracker",
      hash,
      { trackers: ["https://t.example/0123456789abcdef0123456789abcdef/announce"] },
      [
        "private-magnet",
        "--tracker holds a passkey: the magnet may be private",
        expect.stringContaining("add --no-dht"),
      ],
    ],
    [
      "a passkey, and the local network alone",
      `magnet:?xt=urn:btih:${hash}&tr=https://t.example/0123456789abcdef0123456789abcdef/announce`,
      { dht: false, lsd: true },
      ["private-magnet", "magnet's tracker URL holds a passkey", expect.stringContaining("drop --lsd")],
    ],
    ["a private torrent and its tracker", privateFile, {}, null],
  ])("%s", async (_, target, options, expected) => {
    expect(await refusal(target, options)).toEqual(expected)
  })
})

it("web seeds alone will do, where they are asked", async () => {
  const target = await readAuditTarget(file, null)
  if (!("metainfo" in target)) throw new TypeError("a magnet")
  const webSeeds = [{ url: "https://files.example/", bep: 19 as const }]
  const seeded = { metainfo: { ...target.metainfo, tiers: [], webSeeds } }
  const check = (more: Partial<Options>) => () => checkSources(seeded, { ...usual, dht: false, ...more })
  expect(check({})).not.toThrow()
  for (const more of [{ webSeeds: false }, { depth: "discover" }] as const)
    expect(check(more)).toThrow("no trackers, and DHT is off")
  for (const more of [{}, { dht: true, lsd: true }])
    expect(check({ depth: "scrape", ...more })).toThrow("no trackers, and a scrape asks nobody else")
})

it("a private torrent is never sent to the DHT by a hint", async () => {
  const target = await readAuditTarget(privateFile, null)
  if (!("metainfo" in target)) throw new TypeError("a magnet")
  const untracked = { metainfo: { ...target.metainfo, tiers: [] } }
  for (const depth of ["scrape", "sample"] as const)
    expect(() => checkSources(untracked, { ...usual, webSeeds: false, depth })).toThrow(
      "a private torrent without a tracker",
    )
})

it("16 says how many were named and asked", () => {
  const address = "203.0.113.7:1"
  const one = { address, atMs: 0, ms: 1, ok: false, bytes: 0, failure: null }
  const { code, message, hint } = noMetadata({
    run: { durationMs: 180_123, metadata: { from: null, ms: null, tries: [one, one] } },
    peers: [{ address }, { address: "203.0.113.8:1" }],
  } as unknown as Evidence)
  expect([code, message, hint]).toEqual([
    "no-metadata",
    "magnet: no peer sent metadata in 3m (2 named, 1 asked)",
    "Try the .torrent or longer --timeout.",
  ])
})
