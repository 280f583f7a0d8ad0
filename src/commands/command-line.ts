/** How it was called, for a report that others may read: without passkeys, addresses, and paths of this machine. */
import { basename } from "node:path"
import { looksLikeMagnet, maskedMagnet } from "../torrent/magnet.ts"
import { maskTrackerUrl } from "../torrent/tracker-url.ts"
import type { Context } from "./context.ts"
import type { OptionName } from "./options.ts"

/** Their values are somebody's key, address or directory. */
const secret: ReadonlySet<string> = new Set<OptionName>([
  "tracker",
  "peer",
  "dht-bootstrap",
  "proxy",
  "bind",
  "ping",
  "mailto",
  "store",
  "key",
])
const paths: ReadonlySet<string> = new Set<OptionName>(["reference", "announce-log", "out", "config", "mmdb"])

export function shownCommandLine({
  targets,
  flags,
  said,
}: Pick<Context, "targets" | "flags" | "said">): string {
  const given = Object.entries(said?.flags ?? flags).flatMap(([name, values]) => {
    const dashed = name.length === 1 ? `-${name}` : `--${name}`
    if (values === true) return [dashed]
    return (values ?? []).flatMap((value) => [dashed, shownValue(name, value)])
  })
  return ["torrent-audit", ...targets.map(shownTarget), ...given].map(quoted).join(" ")
}

function shownValue(name: string, value: string): string {
  if (secret.has(name)) return "***"
  return paths.has(name) ? basename(value) : value
}

function shownTarget(target: string): string {
  if (looksLikeMagnet(target)) return maskedMagnet(target)
  if (/^[a-z]+:\/\//i.test(target)) return maskTrackerUrl(target)
  return target.startsWith("@") ? `@${basename(target.slice(1))}` : basename(target)
}

const quoted = (word: string): string =>
  /^[\w@%+=:,.*/-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
