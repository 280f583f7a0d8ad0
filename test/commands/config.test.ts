/** Command line, environment, files and defaults: who wins, and which command takes what. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { configurations, type Given } from "../support/configurations.ts"

const json = JSON.stringify
const { folder, configure, end } = configurations()
afterAll(end)

describe("precedence", () => {
  const layers: Required<Given> = {
    line: "x --max-peers 1",
    environment: { TORRENT_AUDIT_MAX_PEERS: "2" },
    named: { maxPeers: 3 },
    user: { maxPeers: 4 },
    system: { maxPeers: 5 },
  }

  it.each([
    ["the command line", [], "1", "command line"],
    ["the environment", ["line"], "2", "TORRENT_AUDIT_MAX_PEERS"],
    ["--config", ["line", "environment"], "3", "named.json"],
    ["the user's own", ["line", "environment", "named"], "4", "config.json"],
    ["the machine's", ["line", "environment", "named", "user"], "5", "etc.json"],
  ] as const)("%s", async (_, without, value, origin) => {
    const given: Given = { ...layers }
    for (const layer of without) delete given[layer]
    const { flags, origins } = await configure(given)
    expect(flags["max-peers"]).toEqual([value])
    expect(origins.get("max-peers")).toMatch(new RegExp(`${origin}$`))
  })

  it("nothing at all is nothing", async () => {
    expect((await configure({})).flags).toEqual({})
  })

  it("TORRENT_AUDIT_CONFIG names a file as --config does, which comes first", async () => {
    const other = join(folder, "other.json")
    writeFileSync(other, json({ top: 9, seed: "s" }))
    const environment = { TORRENT_AUDIT_CONFIG: other }
    expect((await configure({ environment })).flags).toEqual({ top: ["9"], seed: ["s"] })
    expect((await configure({ environment, named: { top: 1 } })).flags).toMatchObject({ top: ["1"] })
  })

  it("a stronger list replaces a weaker one", async () => {
    const { flags } = await configure({
      line: "x --tracker http://c.example/",
      user: { tracker: ["http://a.example/", "http://b.example/"] },
    })
    expect(flags.tracker).toEqual(["http://c.example/"])
  })

  it("a list in the environment is separated by spaces; an empty variable is none", async () => {
    const environment = { TORRENT_AUDIT_PEER: " 192.0.2.1:1  192.0.2.2:2 ", TORRENT_AUDIT_TOP: "" }
    expect((await configure({ environment })).flags).toEqual({ peer: ["192.0.2.1:1", "192.0.2.2:2"] })
  })
})

describe("flags", () => {
  it.each([
    ["x --dht", {}],
    ["x --no-dht=false", {}],
    ["x --no-dht=0", {}],
    ["x", { "no-dht": true }],
    ["x --no-lsd", { "no-dht": true }],
  ])("noDht in a file, and %s", async (line, flags) => {
    expect((await configure({ line, user: { noDht: true } })).flags).toEqual(flags)
  })

  it.each([
    ["1", { lsd: true }],
    ["true", { lsd: true }],
    ["0", {}],
    ["false", {}],
  ])("TORRENT_AUDIT_LSD=%s over a file's lsd", async (text, flags) => {
    const given = { environment: { TORRENT_AUDIT_LSD: text }, user: { lsd: true } }
    expect((await configure(given)).flags).toEqual(flags)
  })

  it("--format over a file's json, -6 over its 4: what belongs together comes from one place", async () => {
    const { flags } = await configure({ line: "x --format text -6", user: { json: true, 4: true } })
    expect(flags).toEqual({ format: ["text"], "6": true })
  })
})

describe("commands", () => {
  const config = {
    every: "1h",
    confirm: 2,
    depth: "scrape",
    color: "never",
    timeout: "2m",
    tracker: "http://a.example/",
  }

  it.each([
    ["x", ["color", "confirm", "depth", "timeout", "tracker"]],
    ["scrape x", ["color", "confirm", "timeout", "tracker"]],
    ["watch x", ["color", "confirm", "depth", "every", "timeout", "tracker"]],
    ["report x", ["color"]],
    ["demo", ["color"]],
    ["doctor", ["color", "timeout"]],
    ["schedule install x", ["color", "every"]],
  ])("%s takes what it has a use for", async (line, names) => {
    expect(Object.keys((await configure({ line, user: config })).flags).toSorted()).toEqual(names)
  })
})

it("what is written for audits breaks no other command", async () => {
  const user = { out: ["/var/lib/x.prom"], format: "nagios" }
  expect((await configure({ line: "x", user })).flags).toEqual({
    out: ["/var/lib/x.prom"],
    format: ["nagios"],
  })
  for (const line of ["history", "diff a b", "doctor", "demo", "inspect x"])
    expect((await configure({ line, user })).flags).toEqual({})
  expect((await configure({ line: "diff a b", user: { format: "json" } })).flags).toEqual({
    format: ["json"],
  })
})
