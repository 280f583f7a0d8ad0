/** What the user asked about → the bytes of a .torrent file. */
import { open } from "node:fs/promises"
import type { Evidence } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { identityOf, sourceUse, type GatherOptions, type Target } from "../gather.ts"
import { limits } from "../limits.ts"
import { refuseSpecialFile } from "../store/snapshot-file.ts"
import {
  looksLikeInfoHash,
  looksLikeMagnet,
  maskedMagnet,
  parseInfoHash,
  parseMagnet,
} from "../torrent/magnet.ts"
import { parseMetainfo } from "../torrent/metainfo.ts"
import { maskTrackerUrl } from "../torrent/tracker-url.ts"
import { looksLikeUrl, maskedUrl, type FetchUrl } from "./target/fetch.ts"
import type { StandardInput } from "./stdin.ts"
import { nearest } from "./values.ts"

export const commandNames = [
  "scrape",
  "peers",
  "watch",
  "report",
  "diff",
  "merge",
  "history",
  "schedule",
  "fleet",
  "completion",
  "inspect",
  "dht",
  "doctor",
  "demo",
  "schema",
  "help",
] as const

/** A file, standard input, a magnet link, an info hash or a URL. */
export async function readAuditTarget(
  target: string,
  stdin: StandardInput | null,
  fetchUrl: FetchUrl = refuseUrl,
): Promise<Target> {
  if (looksLikeMagnet(target)) return { magnet: parseMagnet(target) }
  if (looksLikeInfoHash(target) && !(await exists(target))) return { magnet: parseInfoHash(target) }
  const bytes = await readTarget(target, stdin, fetchUrl)
  return { metainfo: parseMetainfo(bytes, nameOf(target)) }
}

/** As messages, tables and logs call it: without what may be somebody's account. */
export function nameOf(target: string): string {
  if (target === "-") return "standard input"
  if (looksLikeMagnet(target)) return maskedMagnet(target)
  if (looksLikeUrl(target)) return maskedUrl(target)
  return /^[a-z][a-z\d+.-]*:\/\//i.test(target) ? maskTrackerUrl(target) : target
}

/** What can't find anybody, or would betray a private torrent, is refused before anything is sent. */
export function checkSources(
  target: Target,
  options: Pick<
    GatherOptions,
    | "depth"
    | "dht"
    | "dhtBootstrap"
    | "allowLocal"
    | "pex"
    | "lsd"
    | "off"
    | "trackers"
    | "peers"
    | "webSeeds"
  >,
): void {
  const identity = identityOf(target)
  const { tiers, peers } = identity
  const use = sourceUse(identity, options)
  const [dht, lsd] = [use.dht === "on", use.lsd === "on"]
  const trackers = [...tiers.flat(), ...options.trackers]
  const named = trackers.length + peers.length + options.peers.length
  if (named === 0 && !asksWebSeeds(target, options) && !dht && !lsd)
    throw noSources(identity.private, options)
  // Whoever has a passkey has it for private torrents, of which this may be one.
  const secret = trackers.find((url) => maskTrackerUrl(url) !== url)
  if ("magnet" in target && (dht || lsd) && secret !== undefined)
    throw new InputError(
      "private-magnet",
      tiers.flat().includes(secret)
        ? "magnet's tracker URL holds a passkey"
        : "--tracker holds a passkey: the magnet may be private",
      dht
        ? "Pass the .torrent; DHT could leak it. Or add --no-dht."
        : "Pass the .torrent; LSD could leak it. Or drop --lsd.",
    )
}

/** They alone can have every piece. A magnet's metadata comes from peers. */
const asksWebSeeds = (
  target: Target,
  { depth, webSeeds }: Pick<GatherOptions, "depth" | "webSeeds">,
): boolean =>
  webSeeds &&
  depth !== "scrape" &&
  depth !== "discover" &&
  "metainfo" in target &&
  target.metainfo.webSeeds.length > 0

function noSources(isPrivate: boolean, { dht, depth }: Pick<GatherOptions, "dht" | "depth">): InputError {
  if (isPrivate)
    return new InputError("no-sources", "a private torrent without a tracker", "Add --tracker or --peer.")
  if (depth === "scrape")
    return new InputError(
      "no-sources",
      "no trackers, and a scrape asks nobody else",
      "Add --tracker, or ask the DHT: torrent-audit dht scrape.",
    )
  return dht
    ? new InputError(
        "no-sources",
        "no trackers, and --allow-local asks no public DHT node",
        "Add --dht-bootstrap, --tracker or --peer.",
      )
    : new InputError("no-sources", "no trackers, and DHT is off", "Drop --no-dht or add --tracker.")
}

export const metadataMissing = ({ run }: Evidence): boolean =>
  run.metadata?.from === null && (run.stopReason === "complete" || run.stopReason === "timeout")

export function noMetadata({ run, peers }: Evidence): InputError {
  const tries = run.metadata?.tries ?? []
  const asked = new Set(tries.map(({ address }) => address)).size
  return new InputError(
    "no-metadata",
    `magnet: no peer sent metadata in ${shortDuration(run.durationMs)} (${peers.length} named, ${asked} asked)`,
    "Try the .torrent or longer --timeout.",
  )
}

const shortDuration = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1_000)}s` : `${Math.round(ms / 60_000)}m`

/** The bytes of a .torrent: from a file, standard input or a URL. */
export async function readTarget(
  target: string,
  stdin: StandardInput | null,
  fetchUrl: FetchUrl = refuseUrl,
): Promise<Uint8Array> {
  if (target === "-") return readStdin(stdin)
  return looksLikeUrl(target) ? fetchUrl(target) : readFileBounded(target)
}

/** Of commands that ask no network, or another one. */
const refuseUrl: FetchUrl = () =>
  Promise.reject(
    new InputError("unsupported", "only an audit fetches a URL", "Download it yourself, pass the file."),
  )

export const exists = (path: string): Promise<boolean> =>
  open(path).then(
    (file) => file.close().then(() => true),
    () => false,
  )

async function readFileBounded(path: string): Promise<Uint8Array> {
  await refuseSpecialFile(path)
  const file = await open(path).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? error.code : null
    if (code === "EACCES")
      throw new InputError("no-file", `cannot read ${path}: permission denied`, "Check its permissions.")
    if (code === "EMFILE" || code === "ENFILE")
      throw new InputError(
        "no-file",
        `cannot read ${path}: too many open files`,
        "Raise the limit: ulimit -n",
      )
    throw noSuchFile(path)
  })
  try {
    const { size } = await file.stat()
    if (size > limits.metainfo.maxBytes)
      throw new InputError(
        "not-bencode",
        `${path} is too large for a torrent`,
        "Pass the .torrent file, not its payload.",
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function noSuchFile(path: string): InputError {
  const command = nearest(path, commandNames)
  return new InputError(
    "no-file",
    `no such file: ${nameOf(path)}`,
    command === null
      ? "Check the path; quote it when it holds spaces."
      : `Did you mean command \`${command}\`?`,
  )
}

/** `histroy x.torrent`: whoever misspelled a command wants no audit of what follows it. */
export async function refuseMisspelled([first, ...more]: readonly string[]): Promise<void> {
  if (first === undefined || more.length === 0 || nearest(first, commandNames) === null) return
  if (!(await exists(first))) throw noSuchFile(first)
}

async function readStdin(stdin: StandardInput | null): Promise<Uint8Array> {
  if (stdin === null)
    throw new InputError("stdin-tty", "`-` expects piped data", "cat x.torrent | torrent-audit -")
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stdin()) {
    size += chunk.length
    if (size > limits.metainfo.maxBytes)
      throw new InputError(
        "not-bencode",
        "standard input is too large for a torrent",
        "Pipe the .torrent file.",
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
