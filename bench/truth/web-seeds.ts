/** Web seeds of a scenario, one nginx for all: right ones, and each wrong in its own way. */
import { truncateSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { encode } from "../../test/clients/bencode.ts"
import type { Lab } from "../../test/clients/netns.ts"
import { startNginx } from "../../test/clients/nginx.ts"
import type { Payload } from "../../test/clients/payload.ts"
import type { TrackerTruth } from "./truth.ts"

/** The audit that must name it; null: nothing is wrong. */
const kinds = {
  good: null,
  /** «503»: honest, though it gives nothing now. */
  busy: null,
  zeros: "stale-webseed",
  shorter: "stale-webseed",
  rangeless: "rangeless-webseed",
  gone: "moved-webseed",
  redirects: "moved-webseed",
} as const

export type WebSeedKind = keyof typeof kinds

const firstPort = 8001

export async function startWebSeeds(
  lab: Lab,
  payload: Payload,
  wanted: readonly WebSeedKind[],
): Promise<TrackerTruth[]> {
  if (wanted.length === 0) return []
  const host = await lab.addHost("web", { isolated: false })
  const folder = (name: string) => join(host.directory, name)
  payload.writeTo(folder("whole"), "all")
  payload.writeTo(folder("zeros"), [])
  payload.writeTo(folder("shorter"), "all")
  const disc = join(folder("shorter"), payload.name, "disc.img")
  truncateSync(disc, statSync(disc).size - 1)
  const urlOf = (at: number) => `http://${host.ipv4}:${firstPort + at}/`
  const elsewhere = `http://${host.ipv4}:${firstPort + wanted.length}`
  const root = (name: string) => `root ${folder(name)};`
  const lines: Record<WebSeedKind, string[]> = {
    good: [root("whole")],
    busy: ["return 503;"],
    zeros: [root("zeros")],
    shorter: [root("shorter")],
    rangeless: [root("whole"), "max_ranges 0;"],
    gone: ["return 404;"],
    redirects: [`return 301 ${elsewhere}$request_uri;`],
  }
  await startNginx(lab, host, [
    ...wanted.map((kind, at) => ({ port: firstPort + at, lines: lines[kind] })),
    { port: firstPort + wanted.length, lines: lines.good },
  ])
  return wanted.map((kind, at) => {
    const accusedBy = kinds[kind]
    return { url: urlOf(at), honest: accusedBy === null, accusedBy, ...(accusedBy ? { lie: kind } : {}) }
  })
}

/** What the auditor gets: the same info, more trackers, and web seeds (BEP 19). Members know nothing of those. */
export function auditorsTorrent(
  payload: Payload,
  directory: string,
  { tiers, webSeeds }: { tiers: readonly (readonly string[])[]; webSeeds: readonly string[] },
): string {
  const file = join(directory, `${payload.name}-auditor.torrent`)
  const parts = [
    Buffer.from("d8:announce"),
    encode(tiers[0]?.[0] ?? ""),
    Buffer.from("13:announce-list"),
    encode(tiers.map((tier) => [...tier])),
    Buffer.from("4:info"),
    payload.infoBytes,
    ...(webSeeds.length > 0 ? [Buffer.from("8:url-list"), encode([...webSeeds])] : []),
    Buffer.from("e"),
  ]
  writeFileSync(file, Buffer.concat(parts))
  return file
}
