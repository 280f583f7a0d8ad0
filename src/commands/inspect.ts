/** `torrent-audit inspect <file, magnet or info hash>`: what the torrent says, offline. */
import { InputError } from "../failure.ts"
import { looksLikeInfoHash, looksLikeMagnet, parseInfoHash, parseMagnet } from "../torrent/magnet.ts"
import { parseMetainfo } from "../torrent/metainfo.ts"
import { maskTrackerUrl, maskWebSeedUrl } from "../torrent/tracker-url.ts"
import type { Command } from "./context.ts"
import { renderInspection, type Inspection, type InspectLook } from "./inspect/text.ts"
import { outputOptions } from "./request.ts"
import { readTarget } from "./target.ts"

export interface InspectOptions extends InspectLook {
  json: boolean
}

/** `target` is a magnet link, an info hash, or whatever `read` can give the bytes of. */
export async function run(
  target: string,
  options: InspectOptions,
  read: (target: string) => Promise<Uint8Array>,
): Promise<string> {
  const inspection = await inspectionOf(target, read)
  return options.json ? `${asciiJson(inspection)}\n` : renderInspection(inspection, options)
}

/** Passkeys are masked here, so that no way of printing can forget it. */
async function inspectionOf(
  target: string,
  read: (target: string) => Promise<Uint8Array>,
): Promise<Inspection> {
  if (looksLikeMagnet(target) || looksLikeInfoHash(target)) {
    const magnet = looksLikeMagnet(target) ? parseMagnet(target) : parseInfoHash(target)
    return {
      kind: "magnet",
      ...magnet,
      trackers: magnet.trackers.map(maskTrackerUrl),
      webSeeds: magnet.webSeeds.map(maskWebSeedUrl),
    }
  }
  const { torrent, tiers, webSeeds, nodes, comment, createdBy, createdAt, defects } = parseMetainfo(
    await read(target),
    target === "-" ? "standard input" : target,
  )
  return {
    kind: "torrent",
    torrent,
    tiers: tiers.map((tier) => tier.map(maskTrackerUrl)),
    webSeeds: webSeeds.map(({ url, bep }) => ({ url: maskWebSeedUrl(url), bep })),
    nodes,
    comment,
    createdBy,
    createdAt,
    defects,
  }
}

/** Names in a torrent may hold what a terminal obeys; JSON has a harmless way to write it. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

export const inspect: Command = async ({ targets, flags, terminal, stdin }) => {
  const [target, ...more] = targets
  if (target === undefined || more.length > 0)
    throw new InputError("usage", "inspect takes one target", "torrent-audit inspect x.torrent")
  const json = outputOptions(flags).format === "json"
  const { color, ascii, columns } = terminal
  terminal.out(await run(target, { json, color, ascii, columns }, (path) => readTarget(path, stdin)))
  return 0
}
