import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { fileNodes } from "../../src/store/dht-nodes.ts"

const node = (n: number) => ({ host: `198.51.100.${n % 250}`, port: 6_881 + n, id: "0f".repeat(20) })

describe("DHT nodes between runs", () => {
  let directory = ""
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "torrent-audit-nodes-"))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it("gives back what was remembered, each family its own, for the owner alone", () => {
    const place = join(directory, "new")
    fileNodes(place).remember("ipv4", [node(1), node(2)])
    expect(fileNodes(place).recall("ipv4")).toEqual([node(1), node(2)])
    expect(fileNodes(place).recall("ipv6")).toEqual([])
    expect(readdirSync(place)).toEqual(["dht-nodes-ipv4.json"])
    expect(statSync(join(place, "dht-nodes-ipv4.json")).mode & 0o777).toBe(0o600)
  })

  it("keeps a bounded number", () => {
    fileNodes(directory).remember(
      "ipv4",
      Array.from({ length: 500 }, (_, n) => node(n)),
    )
    expect(fileNodes(directory).recall("ipv4")).toHaveLength(200)
  })

  it.each([
    ["no JSON", "{"],
    ["another shape", '{"nodes":[]}'],
    ["a port that is none", JSON.stringify([{ ...node(1), port: 0 }])],
    ["an id that is none", JSON.stringify([{ ...node(1), id: "xyz" }])],
    ["too large a file", " ".repeat(200_000)],
  ])("forgets %s", (_, text) => {
    writeFileSync(join(directory, "dht-nodes-ipv4.json"), text)
    expect(fileNodes(directory).recall("ipv4")).toEqual([])
  })

  it("does without a place to write", () => {
    writeFileSync(join(directory, "file"), "")
    fileNodes(join(directory, "file", "below")).remember("ipv4", [node(1)])
    mkdirSync(join(directory, "dht-nodes-ipv4.json"))
    fileNodes(directory).remember("ipv4", [node(1)])
    expect(fileNodes(directory).recall("ipv4")).toEqual([])
    expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([])
  })
})
