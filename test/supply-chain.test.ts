/** What the package is made of: the lock file, the licences, the bundle. SECURITY.md says the same in words. */
import { readdirSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build, type OutputChunk } from "rolldown"
import { beforeAll, describe, expect, inject, it } from "vitest"
import config from "../rolldown.config.ts"

const root = join(import.meta.dirname, "..")

interface Locked {
  version?: string
  license?: string
  integrity?: string
  resolved?: string
  link?: boolean
  hasInstallScript?: boolean
}
interface Manifest {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  devDependencies: Record<string, string>
  overrides: Record<string, string>
  allowScripts: Record<string, boolean>
  publishConfig?: Record<string, unknown>
}
const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), "utf8"))
const manifest = read("package.json") as Manifest
const lock = read("package-lock.json") as { packages: Record<string, Locked> }
const packages = Object.entries(lock.packages).filter(([path]) => path !== "")
const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)

/** What may be shipped; and, beyond that, what may help to build and test. `BSD` is compact2string's word for its MIT-like text. */
const shippedLicences = new Set(["MIT", "ISC", "Apache-2.0", "BSD", "BSD-3-Clause", "0BSD"])
const toolLicences = new Set([...shippedLicences, "MPL-2.0", "MPL 2.0", "Python-2.0"])

describe("package-lock.json", () => {
  it("has a hash for every package, and none from anywhere but the registry", () => {
    expect(packages.length).toBeGreaterThan(100)
    const odd = packages.filter(
      ([, { integrity, resolved, link }]) =>
        !/^sha512-[\w+/]{86}==$/.test(integrity ?? "") ||
        link === true ||
        // Not said: whichever registry is configured.
        (resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/")),
    )
    expect(odd.map(([path]) => path)).toEqual([])
  })

  it("has only licences that were looked at", () => {
    const odd = packages.filter(([, { license }]) => !toolLicences.has(license ?? ""))
    expect(odd.map(([path, { license }]) => `${path}: ${license}`)).toEqual([])
  })

  it("runs install scripts only of packages that package.json decides on", () => {
    const scripted = packages.flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [nameOf(path)] : [],
    )
    expect(scripted.toSorted()).toEqual(Object.keys(manifest.allowScripts).toSorted())
    const allowed = Object.entries(manifest.allowScripts).flatMap(([name, isAllowed]) =>
      isAllowed ? [name] : [],
    )
    expect(allowed).toEqual(["node"])
  })
})

describe("package.json", () => {
  it("needs nothing at run time, and pins what it is built with", () => {
    expect({ ...manifest.dependencies, ...manifest.optionalDependencies }).toEqual({})
    for (const [name, version] of Object.entries(manifest.devDependencies)) {
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/)
      expect(`${name} ${lock.packages[`node_modules/${name}`]?.version}`).toBe(`${name} ${version}`)
    }
  })

  it("is published with provenance", () => {
    expect(manifest.publishConfig).toEqual({ provenance: true })
  })
})

describe("the bundle", () => {
  const built = join(dirname(dirname(inject("cli"))), "dist")
  let again: Map<string, string>
  let modules: string[]
  let asked: string[]
  beforeAll(async () => {
    const [options] = [config].flat()
    const [settings] = [options?.output ?? []].flat()
    const { output } = await build({ ...options, output: { ...settings }, write: false })
    again = new Map(
      output.map((each) => [each.fileName, each.type === "chunk" ? each.code : String(each.source)]),
    )
    const chunks = output.filter((each): each is OutputChunk => each.type === "chunk")
    modules = chunks.flatMap(({ moduleIds }) => moduleIds)
    asked = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
  }, 60_000)

  const packagesIn = (ids: readonly string[]): string[] =>
    [...new Set(ids.flatMap((id) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []))].toSorted()
  const notices = readFileSync(join(built, "THIRD_PARTY_LICENSES.txt"), "utf8")
  const noticed = [...notices.matchAll(/^((?:@[^/ ]+\/)?[\w.-]+) \d+\.\d+\.\d+(?:-[\w.]+)? \(([^)]+)\)$/gm)]

  it("is the same, byte for byte, when it is built again", () => {
    expect([...again.keys()].toSorted()).toEqual(readdirSync(built).toSorted())
    const different = [...again].filter(
      ([name, source]) => Buffer.compare(Buffer.from(source), readFileSync(join(built, name))) !== 0,
    )
    expect(different.map(([name]) => name)).toEqual([])
  })

  it("names every package in it, each with its licence", () => {
    expect([...new Set(noticed.map(([, name = ""]) => name))].toSorted()).toEqual(packagesIn(modules))
    expect(noticed.filter(([, , licence]) => !shippedLicences.has(licence ?? ""))).toEqual([])
  })

  it("holds no module of this project's tests, and none that SECURITY.md says is left out", () => {
    const inside = packagesIn(modules)
    for (const name of [
      "ip",
      "webrtc-polyfill",
      "node-datachannel",
      "bittorrent-dht",
      "bufferutil",
      "cosmiconfig",
    ])
      expect(inside).not.toContain(name)
    const ours = modules.filter((id) => id.startsWith(root) && !id.includes("node_modules"))
    expect(ours.filter((id) => !/\/(src\/|package\.json$)/.test(id.slice(root.length)))).toEqual([])
    // A text of `ip` that minifying would keep.
    for (const source of again.values()) expect(source).not.toContain("family must be ipv4 or ipv6")
  })

  it("asks for nothing that isn't Node's or in it", () => {
    const known = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)])
    // ws tries them, and does without.
    for (const name of ["bufferutil", "utf-8-validate"]) known.add(name)
    for (const name of again.keys()) known.add(name)
    expect(asked.filter((name) => !known.has(name) && !name.startsWith("node:"))).toEqual([])
  })
})

describe("SECURITY.md", () => {
  const page = readFileSync(fileURLToPath(new URL("../SECURITY.md", import.meta.url)), "utf8")
  const rows = [...page.matchAll(/^\| `([^`]+)` (\d+\.\d+\.\d+) \| (.*) \| (yes|no) \|/gm)]

  it("names the versions of the lock file in its table of advisories", () => {
    expect(rows.length).toBeGreaterThan(10)
    const locked = new Set(packages.map(([path, { version }]) => `${nameOf(path)} ${version}`))
    const wrong = rows.filter(([, name, version]) => !locked.has(`${name} ${version}`))
    expect(wrong.map(([row]) => row)).toEqual([])
  })

  it("says of each whether it is shipped", () => {
    const shipped = new Set(
      [
        ...readFileSync(
          join(dirname(dirname(inject("cli"))), "dist", "THIRD_PARTY_LICENSES.txt"),
          "utf8",
        ).matchAll(/^(\S+) \d+\.\d+\.\d+ \(/gm),
      ].map(([, name]) => name),
    )
    const wrong = rows.filter(([, name, , , word]) => shipped.has(name) !== (word === "yes"))
    expect(wrong.map(([row]) => row)).toEqual([])
  })
})
