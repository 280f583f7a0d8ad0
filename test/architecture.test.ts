/** Who may import whom: every import line of src is held against the table. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const source = join(dirname(fileURLToPath(import.meta.url)), "..", "src")

/** Part → parts whose files it may import, itself aside. A part is a folder or a top-level file; gather.ts and gather/ are one, network.ts and network/ too. */
const mayImport: Record<string, readonly string[]> = {
  failure: [],
  limits: [],
  evidence: ["failure", "limits"],
  report: ["failure", "limits", "evidence"],
  network: ["failure", "limits", "evidence"],
  torrent: ["evidence", "failure", "limits"],
  measure: ["evidence", "torrent/bitfield", "torrent/piece-length"],
  audits: ["evidence", "report", "measure"],
  discovery: ["torrent", "measure", "network", "limits", "failure", "evidence"],
  wire: ["torrent", "measure", "network", "limits", "failure", "evidence"],
  gather: ["discovery", "wire", "torrent", "measure", "network", "limits", "failure", "evidence"],
  audit: ["audits", "measure", "report", "evidence"],
  merge: ["audit", "measure", "report", "evidence"],
  render: ["report", "evidence", "diff"],
  store: ["report", "evidence", "failure", "limits", "torrent", "discovery/answers"],
  fleet: ["store", "report", "evidence", "failure", "limits"],
  demo: ["torrent", "network", "limits", "failure", "evidence"],
  diff: ["report", "evidence", "measure/statistics/fisher"],
  commands: [
    "audit",
    "audits",
    "demo",
    "diff",
    "discovery",
    "evidence",
    "failure",
    "fleet",
    "gather",
    "limits",
    "merge",
    "network",
    "render",
    "report",
    "store",
    "torrent",
  ],
  cli: ["commands", "failure", "render"],
}

/** Foreign packages and Node parts that only some files may touch. */
const onlyIn: Record<string, RegExp> = {
  "node:net": /^network(\.ts|\/)/,
  "node:dgram": /^network(\.ts|\/)/,
  "node:dns": /^network(\.ts|\/)/,
  "node:dns/promises": /^network(\.ts|\/)/,
  "node:http": /^network(\.ts|\/)/,
  "node:https": /^network(\.ts|\/)/,
  "node:tls": /^network(\.ts|\/)/,
  "node:fs": /^(store|commands)\//,
  "node:fs/promises": /^(store|commands)\//,
  bencode: /^torrent\/bencode\.ts$/,
  "bittorrent-protocol": /^(wire|demo)\//,
  "bittorrent-tracker": /^(discovery|demo)\//,
  "bittorrent-tracker/server": /^demo\//,
  "bittorrent-tracker/client": /^discovery\//,
  "bittorrent-tracker/websocket-tracker": /^discovery\//,
  ws: /^network\//,
  socks: /^network\//,
  "cli-table3": /^render\/terminal\.ts$/,
  kysely: /^store\//,
  "node:sqlite": /^store\//,
  pg: /^store\/database\//,
  "graphile-worker": /^store\/database\//,
  croner: /^(commands|store)\//,
  "d3-scale": /^render\//,
  "d3-shape": /^render\//,
  "mmdb-lib": /^store\//,
  "mmdb-lib/lib/decoder.js": /^store\//,
  "node:child_process": /^store\//,
  yargs: /^(cli\.ts|commands\/)/,
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !file.endsWith(".d.ts"),
)

const partOf = (file: string) => file.split("/")[0]!.replace(/\.ts$/, "")

interface Import {
  file: string
  to: string
  typeOnly: boolean
  dynamic: boolean
}

const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(join(source, file), "utf8")
  const found = [
    ...text.matchAll(
      /^\s*(?:import|export)\s+(type\s)?[^"';]*?\bfrom\s+"([^"]+)"|\bimport\("([^"]+)"\)|^import\s+"([^"]+)"/gm,
    ),
  ]
  return found.map((match) => ({
    file,
    to: match[2] ?? match[3] ?? match[4] ?? "",
    typeOnly: match[1] !== undefined,
    dynamic: match[3] !== undefined,
  }))
})

const resolved = ({ file, to }: Import) => relative(source, join(source, dirname(file), to))

describe("architecture", () => {
  it("sees every file, and every part has a row", () => {
    expect(files.length).toBeGreaterThan(40)
    expect(imports.length).toBeGreaterThan(files.length)
    expect(new Set(files.map(partOf))).toEqual(new Set(Object.keys(mayImport)))
  })

  it("imports inside src follow the table", () => {
    const broken = imports
      .filter(({ to }) => to.startsWith("."))
      .filter((each) => {
        const target = resolved(each)
        if (target === "../package.json") return each.file !== "commands/version.ts"
        const [from, to] = [partOf(each.file), partOf(target)]
        if (from === to) return from === "audits" && each.file !== "audits/index.ts"
        if (to === "network" && target !== "network.ts") return true
        const allowed = mayImport[from] ?? []
        return !allowed.includes(to) && !allowed.includes(target.replace(/\.ts$/, ""))
      })
      .map(({ file, to }) => `${file} imports ${to}`)
    expect(broken).toEqual([])
  })

  it("foreign packages end at their adapters", () => {
    const broken = imports
      .filter(({ file, to, typeOnly }) => !typeOnly && Object.hasOwn(onlyIn, to) && !onlyIn[to]!.test(file))
      .map(({ file, to }) => `${file} imports ${to}`)
    expect(broken).toEqual([])
  })

  it("help loads no validator: that alone would take it past 100 ms", () => {
    const loaded = new Set(["cli.ts", "commands/help.ts"])
    for (const file of loaded)
      for (const each of imports)
        // A page is loaded when it is asked for.
        if (each.file === file && !each.typeOnly && !each.dynamic)
          loaded.add(each.to.startsWith(".") ? resolved(each) : each.to)
    expect([...loaded].filter((name) => name === "zod" || name === "yargs")).toEqual([])
    expect(loaded).toContain("commands/options.ts")
  })

  it("pure parts have no clock, no chance and no sockets", () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b|\bprocess\./
    const broken = files
      .filter((file) => /^(audits|measure|merge|torrent)\//.test(file) || /^(audit|merge)\.ts$/.test(file))
      .filter((file) => impure.test(readFileSync(join(source, file), "utf8")))
    expect(broken).toEqual([])
  })
})
