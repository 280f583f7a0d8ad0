import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Evidence } from "../../src/evidence.ts"
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
    })),
  }) as unknown as Evidence

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
    expect(made.peers[0]?.sources[0]?.via).toBe(made.peers[0]?.address)
    expect(made.run.trials?.[0]?.peers).toEqual([made.peers[0]?.address])
    expect(made.peers[0]?.sources[1]?.via).toBe("http://tracker.example/announce")
    expect(JSON.stringify(made)).not.toContain("203.0.113.7")
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
