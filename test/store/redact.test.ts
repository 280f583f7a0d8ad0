import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Evidence } from "../../src/evidence.ts"
import { joinedFilters } from "../../src/measure/dht/scrape.ts"
import { redact } from "../../src/store/redact.ts"
import { redactionKey, stateDirectory } from "../../src/store/state.ts"

const key = new Uint8Array(32).fill(7)

const evidence = (addresses: string[]): Evidence =>
  ({
    run: { vantage: { self: ["198.51.100.1:7000"] }, trials: [{ peers: addresses }] },
    peers: addresses.map((address) => ({
      address,
      alsoAt: [],
      sources: [
        { kind: "pex", via: addresses[0] ?? null, at: "" },
        { kind: "tracker", via: "http://tracker.example/announce", at: "" },
      ],
      attempts: [{ ok: false }, { ok: true, relay: addresses[0] }],
    })),
  }) as unknown as Evidence

/** BEP 33: two bits a host, of its SHA-1. */
function filterOf(hosts: readonly Uint8Array[]): Uint8Array {
  const filter = new Uint8Array(256)
  for (const host of hosts) {
    const hash = createHash("sha1").update(host).digest()
    for (const bit of [hash.readUInt16LE(0) % 2_048, hash.readUInt16LE(2) % 2_048])
      filter[bit >> 3] = filter[bit >> 3]! | (1 << (bit & 7))
  }
  return filter
}

const renamed = (addresses: string[], how: "prefix" | "full") =>
  redact(evidence(addresses), how, key).peers.map(({ address }) => address)

describe("redaction", () => {
  it("keeps the prefix, or only the port, and a token", () => {
    expect(renamed(["203.0.113.7:51413", "[2001:db8:1:2::7]:6881", "[2001::7]:1"], "prefix")).toEqual([
      expect.stringMatching(/^203\.0\.113\.0\/24~[0-9a-f]{6}:51413$/),
      expect.stringMatching(/^2001:db8:1::\/48~[0-9a-f]{6}:6881$/),
      expect.stringMatching(/^2001:0:0::\/48~[0-9a-f]{6}:1$/),
    ])
    expect(renamed(["203.0.113.7:51413"], "full")).toEqual([expect.stringMatching(/^~[0-9a-f]{6}:51413$/)])
  })

  it("renames the same host alike everywhere, and differently under another key", () => {
    const [a, b] = renamed(["203.0.113.7:1", "203.0.113.7:2"], "full")
    expect(a?.split(":")[0]).toBe(b?.split(":")[0])
    const other = redact(evidence(["203.0.113.7:1"]), "full", new Uint8Array(32)).peers[0]?.address
    expect(other).not.toBe(a)
  })

  it("leaves no address in who told us and who we are, and keeps tracker URLs", () => {
    const made = redact(evidence(["203.0.113.7:1"]), "prefix", key)
    expect(made.run.vantage.self[0]).toMatch(/^198\.51\.100\.0\/24~/)
    expect(made.peers[0]?.attempts).toEqual([{ ok: false }, { ok: true, relay: made.peers[0]?.address }])
    expect(made.peers[0]?.sources[0]?.via).toBe(made.peers[0]?.address)
    expect(made.run.trials?.[0]?.peers).toEqual([made.peers[0]?.address])
    expect(made.peers[0]?.sources[1]?.via).toBe("http://tracker.example/announce")
    expect(JSON.stringify(made)).not.toContain("203.0.113.7")
  })

  it("keeps of a DHT node who shares its network, and nothing that leads from its id to an address", () => {
    const address = "203.0.113.7:6881"
    const neighbour = "203.0.113.9:6881"
    const whole = {
      ...evidence([address]),
      dht: {
        bootstrap: [{ name: "router.example:6881" }, { name: address }],
        nodes: [{ address, id: "ab" }, { address: neighbour, id: "cd" }, { address: "198.51.100.7:6881" }],
        lookups: [{ closest: [{ address, id: "ab" }] }],
      },
    } as unknown as Evidence
    whole.peers[0]?.sources.push({ kind: "dht", via: address, at: "" })
    for (const how of ["prefix", "full"] as const) {
      const made = redact(whole, how, key)
      const [one, two, three] = made.dht?.nodes.map((node) => node.address) ?? []
      const network = (name = "") => name.slice(0, name.lastIndexOf("~"))
      expect(one).toMatch(/^~[0-9a-f]{12}~[0-9a-f]{12}$/)
      expect(network(two)).toBe(network(one))
      expect(network(three)).not.toBe(network(one))
      expect(new Set([one, two, three]).size).toBe(3)
      expect(made.dht?.lookups[0]?.closest[0]).toEqual({ address: one, id: "ab" })
      expect(made.peers[0]?.sources.at(-1)?.via).toBe(one)
      expect(made.dht?.bootstrap.map(({ name }) => name)).toEqual(["router.example:6881", one])
      const token = /~([0-9a-f]+):/.exec(made.peers[0]?.address ?? "")?.[1] ?? "none"
      expect(JSON.stringify(made.dht)).not.toContain(token)
      expect(redact(made, how, key)).toEqual(made)
    }
  })

  it("keeps how many a BEP 33 filter holds and how two overlap, but not whom", () => {
    const hosts = (from: number) => Array.from({ length: 40 }, (_, i) => Uint8Array.of(203, 0, 113, from + i))
    const filters = [hosts(0), hosts(20)].map((each) => filterOf(each))
    const nodes = filters.map((filter, i) => ({
      address: `198.51.100.${i + 1}:6881`,
      seederFilter: Buffer.from(filter).toString("base64"),
      leecherFilter: null,
    }))
    const whole = {
      ...evidence([]),
      dht: { bootstrap: [], nodes, lookups: [] },
    } as unknown as Evidence
    const made = redact(whole, "prefix", key)
    const shuffled = made.dht!.nodes.map(({ seederFilter }) => Buffer.from(seederFilter!, "base64"))
    const voices = (all: readonly Uint8Array[]) =>
      all.map((filter, i) => ({ voice: `${i}`, family: "ipv4" as const, filter }))
    expect(joinedFilters(voices(shuffled))).toEqual(joinedFilters(voices(filters)))
    const found = hosts(0).filter((host) =>
      filterOf([host]).every((byte, i) => (byte & shuffled[0]![i]!) === byte),
    )
    expect(found.length).toBeLessThan(5)
    expect(made.dht!.nodes[0]!.leecherFilter).toBeNull()
    expect(redact(made, "prefix", key)).toEqual(made)
  })

  it("leaves no address in who was asked for metadata", () => {
    const whole = evidence(["203.0.113.7:1"])
    const address = "203.0.113.7:1"
    whole.run.metadata = {
      from: address,
      ms: 1,
      tries: [{ address, atMs: 0, ms: 1, ok: true, bytes: 1, failure: null }],
    }
    const made = redact(whole, "prefix", key)
    expect(made.run.metadata?.from).toBe(made.peers[0]?.address)
    expect(JSON.stringify(made)).not.toContain("203.0.113.7")
  })

  it("names no host, once and for all", () => {
    for (const how of ["prefix", "full"] as const) {
      const [once = ""] = renamed(["home.example.org:6881"], how)
      expect(once).toMatch(/^~[\da-f]{6,}:6881$/)
      expect(renamed([once], how)).toEqual([once])
    }
  })

  it("is injective", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })), { maxLength: 50 }),
        (hosts) => {
          const addresses = [...new Set(hosts.map(([host, port]) => `${host}:${port}`))]
          expect(new Set(renamed(addresses, "full")).size).toBe(addresses.length)
        },
      ),
    )
  })
})

describe("the redaction key", () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "torrent-audit-"))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it("is made once, for the owner alone", () => {
    const folder = join(directory, "deep", "state")
    const made = redactionKey(folder)
    expect(made).toHaveLength(32)
    expect(Buffer.from(redactionKey(folder)).equals(made)).toBe(true)
    expect(statSync(join(folder, "redaction.key")).mode & 0o777).toBe(0o600)
  })

  it("is made anew where a full disk left only the beginning of one", () => {
    writeFileSync(join(directory, "redaction.key"), "")
    const made = redactionKey(directory)
    expect(Buffer.from(redactionKey(directory)).equals(made)).toBe(true)
    expect(readdirSync(directory)).toEqual(["redaction.key"])
    expect(statSync(join(directory, "redaction.key")).mode & 0o777).toBe(0o600)
  })

  it("lives for one run where it can't be kept", () => {
    const file = join(directory, "file")
    writeFileSync(file, "x")
    expect(redactionKey(file)).toHaveLength(32)
    expect(readFileSync(file, "utf8")).toBe("x")
  })

  it("follows XDG_STATE_HOME when that is absolute", () => {
    expect(stateDirectory({ XDG_STATE_HOME: "/var/state" })).toBe("/var/state/torrent-audit")
    expect(stateDirectory({ XDG_STATE_HOME: "relative" })).toMatch(/\.local\/state\/torrent-audit$/)
  })
})
