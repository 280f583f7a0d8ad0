/**
 * What WebSocket trackers say: JSON, with info hashes as texts of 20 characters below U+0100. No BEP describes it.
 *
 *   announce  ← { action: "announce", info_hash, interval, complete, incomplete, … }
 *   scrape    ← { action: "scrape", files: { <info hash>: { complete, incomplete, downloaded } } }
 *   refusal   ← { "failure reason", action?, info_hash? }
 *   others'   ← { action: "announce", info_hash, offer | answer, peer_id, … }: another peer's WebRTC offer, passed on
 */
import { limits } from "../../limits.ts"
import { accept, refuse, toCount, toIntervalMs, toReason, type Counts, type Reply } from "./reply.ts"

/** Nothing of the tracker's own is left in it but checked numbers. */
export interface SaidAnnounce extends Counts {
  action: "announce"
  intervalMs: number | null
  minIntervalMs: number | null
  warning: string | null
}

export interface SaidScrape extends Counts {
  action: "scrape"
}

/** Null: not for us. */
export function parseMessage(
  data: Uint8Array,
  infoHash: Uint8Array,
): Reply<SaidAnnounce | SaidScrape> | null {
  if (nested(data) > limits.tracker.wsMaxNested) return refuse("bad-reply", "too many objects")
  const message = parseJson(data)
  if (!isRecord(message)) return refuse("bad-reply", "not a JSON object")
  const reason = own(message, "failure reason")
  if (reason !== undefined) return refuse("tracker-refused", textOf(reason) ?? "no readable reason")
  switch (own(message, "action")) {
    case "announce":
      return parseAnnounce(message, binary(infoHash))
    case "scrape":
      return parseScrape(message, binary(infoHash))
    default:
      return refuse("bad-reply", "no known action")
  }
}

/** How this protocol writes bytes in JSON. */
export const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

/** At most: a bracket within a text counts too. */
const nested = (data: Uint8Array): number =>
  data.reduce((count, byte) => (byte === 0x5b || byte === 0x7b ? count + 1 : count), 0)

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data))
  } catch {
    return null
  }
}

function parseAnnounce(message: Record<string, unknown>, infoHash: string): Reply<SaidAnnounce> | null {
  if (own(message, "offer") !== undefined || own(message, "answer") !== undefined) return null
  const about = own(message, "info_hash")
  if (typeof about !== "string") return refuse("bad-reply", "no info hash")
  if (about !== infoHash) return null
  const value: SaidAnnounce = {
    action: "announce",
    ...countsIn(message),
    intervalMs: toIntervalMs(own(message, "interval")),
    minIntervalMs: toIntervalMs(own(message, "min interval")),
    warning: textOf(own(message, "warning message")),
  }
  const usable = value.seeders !== null || value.leechers !== null || value.intervalMs !== null
  return usable ? accept(value) : refuse("bad-reply", "no interval or counts")
}

function parseScrape(message: Record<string, unknown>, infoHash: string): Reply<SaidScrape> {
  const files = own(message, "files")
  if (!isRecord(files)) return refuse("bad-reply", "no files")
  const entry = own(files, infoHash)
  // As over HTTP: no entry where nobody is.
  if (entry === undefined) return accept({ action: "scrape", seeders: null, leechers: null, downloads: null })
  if (!isRecord(entry)) return refuse("bad-reply", "entry is no object")
  const counts = countsIn(entry)
  const usable = counts.seeders !== null || counts.leechers !== null || counts.downloads !== null
  return usable ? accept({ action: "scrape", ...counts }) : refuse("bad-reply", "no counts")
}

const countsIn = (from: Record<string, unknown>): Counts => ({
  seeders: toCount(own(from, "complete")),
  leechers: toCount(own(from, "incomplete")),
  downloads: toCount(own(from, "downloaded")),
})

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const own = (from: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(from, name) ? from[name] : undefined

const textOf = (value: unknown): string | null =>
  typeof value === "string" ? toReason(Buffer.from(value.slice(0, 1_000))) || null : null
