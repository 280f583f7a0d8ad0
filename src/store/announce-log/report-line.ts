/**
 * One announce as a line of JSON, the log's own format:
 *
 *   {"at":"2026-03-14T09:15:00.000Z","infoHash":"9f86d0…","ip":"192.0.2.7","port":6881,"peerId":"2d5452…",
 *    "event":"started","uploaded":0,"downloaded":0,"left":4194304}
 *
 * `at` is ISO 8601 or the seconds or milliseconds since 1970; `infoHash` and `peerId` are hex (40 digits; a v2 hash may have its 64)
 * or percent-encoded bytes; the address is the one that the announce came from; bytes are numbers, or absent where not told. `event` is
 * BEP 3's, absent or empty for a regular announce. Other fields are ignored.
 */
import type { AnnounceReport } from "../../evidence.ts"
import { formatEndpoint, parseEndpoint } from "../../torrent/endpoint.ts"

/** What a line says, and of which torrent: hex, 40 or 64 digits. */
export interface LoggedAnnounce {
  infoHash: string
  report: AnnounceReport
}

/** Of the torrents that are asked about. */
export type Wanted = (infoHash: string) => boolean

/** Null: no announce. Of a torrent that isn't wanted the rest is not looked at. */
export function readReportLine(
  line: string,
  isWanted: Wanted = () => true,
): LoggedAnnounce | "unwanted" | null {
  const value = parsed(line)
  if (value === null) return null
  const infoHash = hashOf(value["infoHash"], [40, 64])
  if (infoHash === null) return null
  if (!isWanted(infoHash)) return "unwanted"
  const at = timeOf(value["at"])
  const address = addressOf(value["ip"], value["port"])
  if (at === null || address === null) return null
  return {
    infoHash,
    report: {
      at,
      address,
      peerId: hashOf(value["peerId"], [40]),
      event: eventOf(value["event"]),
      uploadedBytes: bytesOf(value["uploaded"]),
      downloadedBytes: bytesOf(value["downloaded"]),
      leftBytes: bytesOf(value["left"]),
    },
  }
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Lowercase hex. */
function hashOf(value: unknown, lengths: readonly number[]): string | null {
  if (typeof value !== "string" || value.length > 256) return null
  const hex = /^[0-9a-f]+$/i.test(value) ? value.toLowerCase() : percentToHex(value)
  return hex !== null && lengths.includes(hex.length) ? hex : null
}

/** Percent-encoded bytes; what isn't encoded stands for itself. Null for a broken escape. */
export function percentToHex(text: string): string | null {
  if (/%(?![0-9a-f]{2})/i.test(text)) return null
  const bytes = text
    .replaceAll("+", " ")
    .replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  return Buffer.from(bytes, "latin1").toString("hex")
}

/** Before that, a number counts seconds: in milliseconds it would be 1973. */
const secondsBelow = 1e11

function timeOf(value: unknown): string | null {
  if (typeof value === "string" && !/^\d{4}-\d\d-\d\dT/.test(value)) return null
  if (typeof value !== "string" && typeof value !== "number") return null
  const ms = typeof value === "string" ? Date.parse(value) : value < secondsBelow ? value * 1_000 : value
  return isoOf(ms)
}

/** Null before 1970, and once years have five digits. */
export const isoOf = (ms: number): string | null =>
  ms >= 0 && ms < 253_402_300_800_000 ? new Date(ms).toISOString() : null

/** An IPv4 address that came as `::ffff:192.0.2.7` is that IPv4 address. */
export function addressOf(ip: unknown, port: unknown): string | null {
  if (typeof ip !== "string" || typeof port !== "number" || ip.length > 60) return null
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return null
  const text = formatEndpoint(ip.replace(/^::ffff:(?=\d+\.)/i, "").replace(/^\[|\]$/g, ""), port)
  return parseEndpoint(text) === null ? null : text
}

/** What no client can have is not told: beyond 2⁵³, below nothing. */
export const bytesOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null

/** BEP 21's `paused` and what no BEP knows are announces like others. */
export function eventOf(value: unknown): AnnounceReport["event"] {
  const known: Record<string, AnnounceReport["event"]> = {
    started: "started",
    start: "started",
    completed: "completed",
    complete: "completed",
    stopped: "stopped",
    stop: "stopped",
  }
  return (typeof value === "string" && Object.hasOwn(known, value) && known[value]) || "update"
}
