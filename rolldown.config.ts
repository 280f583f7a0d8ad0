import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { defineConfig, type Plugin } from "rolldown"
import { configSchema } from "./src/commands/config/schema.ts"
import { jsonSchema } from "./src/commands/schema.ts"

const here = dirname(fileURLToPath(import.meta.url))

/** Every package whose code is in the bundle, with its licence text: what MIT and ISC ask for. */
const notices = (): Plugin => ({
  name: "notices",
  generateBundle(_, bundle) {
    const packages = new Set<string>()
    for (const output of Object.values(bundle)) {
      if (output.type !== "chunk") continue
      for (const id of output.moduleIds) {
        const match = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)
        if (match) packages.add(match[0])
      }
    }
    const texts = [...packages].toSorted().map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        name: string
        version: string
        license?: string
      }
      const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name))
      const text = file
        ? readFileSync(join(folder, file), "utf8").trim()
        : `Licence: ${manifest.license ?? "see its repository"}`
      return `${manifest.name} ${manifest.version} (${manifest.license ?? "?"})\n\n${text}\n`
    })
    this.emitFile({
      type: "asset",
      fileName: "THIRD_PARTY_LICENSES.txt",
      source: texts.join(`\n${"-".repeat(80)}\n\n`),
    })
  },
})

/** What programs that read snapshots, and editors of a configuration, go by; as `torrent-audit schema` prints it. */
const schemas = { "snapshot.schema.json": jsonSchema, "config.schema.json": configSchema }

const schema = (): Plugin => ({
  name: "schema",
  generateBundle() {
    for (const [fileName, made] of Object.entries(schemas))
      this.emitFile({ type: "asset", fileName, source: `${JSON.stringify(made(), null, 2)}\n` })
  },
})

/** Parts of packages that we never reach, or don't want reached. */
const stubs: Record<string, string> = {
  // graphile-worker would look for a configuration of its own, which may be a program, from the working directory upwards.
  cosmiconfig: "export const cosmiconfigSync = () => ({ search: () => null })",
  // Only a UDP server's log line uses it; its one published version has GHSA-2p57-rm9w-gvfp.
  ip: "export const toString = (bytes) => [...bytes].join('.'); export default { toString }",
  // A native module, which installers would have to have; we open no WebRTC connection.
  "webrtc-polyfill": [
    "const unavailable = class { constructor() { throw new Error('no WebRTC here') } }",
    "export { unavailable as RTCPeerConnection, unavailable as RTCSessionDescription, unavailable as RTCIceCandidate }",
  ].join("\n"),
}

const stub = (): Plugin => ({
  name: "stub",
  resolveId: (id) => (Object.hasOwn(stubs, id) ? `\0stub:${id}` : null),
  load: (id) => (id.startsWith("\0stub:") ? (stubs[id.slice(6)] ?? null) : null),
})

export default defineConfig({
  input: { cli: join(here, "src/cli.ts") },
  platform: "node",
  logLevel: "warn",
  external: ["bufferutil", "utf-8-validate"],
  resolve: { alias: { "string-width": join(here, "src/render/string-width.cjs") } },
  plugins: [stub(), notices(), schema()],
  output: {
    dir: join(here, "dist"),
    format: "esm",
    minify: true,
    cleanDir: true,
    chunkFileNames: "[name]-[hash].js",
  },
})
