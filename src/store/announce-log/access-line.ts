/**
 * One announce as a web server's access log has it, nginx's and Apache's `common` and `combined` formats, a virtual host before them or
 * not:
 *
 *   192.0.2.7 - - [14/Mar/2026:10:15:00 +0100] "GET /announce?info_hash=%9f%86…&port=6881&left=0… HTTP/1.1" 200 153 "-" "…"
 *
 * The address is the one that connected: `ip=` in the query and forwarding headers are the client's own words. Bytes that the server
 * wrote as `\xHH` are those bytes. Behind a reverse proxy every announce comes from the proxy: log the real address there.
 */
import {
  addressOf,
  bytesOf,
  eventOf,
  isoOf,
  percentToHex,
  type LoggedAnnounce,
  type Wanted,
} from "./report-line.ts"

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** Null: no announce, or one that was refused. Of a torrent that isn't wanted the rest is not looked at. */
export function readAccessLine(
  line: string,
  isWanted: Wanted = () => true,
): LoggedAnnounce | "unwanted" | null {
  const open = line.indexOf("[")
  const close = line.indexOf("]", open)
  const first = line.indexOf('"', close)
  if (open < 0 || close < 0 || first < 0) return null
  const last = closingQuote(line, first + 1)
  if (last < 0 || !/^ 2\d\d\b/.test(line.slice(last + 1, last + 6))) return null
  const query = queryOf(line.slice(first + 1, last))
  const infoHash = bytes20(query?.get("info_hash"))
  if (query === null || infoHash === null) return null
  if (!isWanted(infoHash)) return "unwanted"
  const at = timeOf(line.slice(open + 1, close))
  const port = number(query.get("port"))
  const address = line
    .slice(0, open)
    .split(" ", 2)
    .map((host) => addressOf(host, port))
    .find((each) => each !== null)
  if (at === null || !address) return null
  return {
    infoHash,
    report: {
      at,
      address,
      peerId: bytes20(query.get("peer_id")),
      event: eventOf(query.get("event")),
      uploadedBytes: bytesOf(number(query.get("uploaded"))),
      downloadedBytes: bytesOf(number(query.get("downloaded"))),
      leftBytes: bytesOf(number(query.get("left"))),
    },
  }
}

/** A quote within is escaped. */
function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === "\\") at++
    else if (line[at] === '"') return at
  }
  return -1
}

/** Of `GET /announce?… HTTP/1.1`; the path may hold a passkey and a file's ending. The first of a parameter given twice. */
function queryOf(request: string): Map<string, string> | null {
  const [method, target = "", protocol = ""] = request.split(" ")
  const [path, query] = splitOnce(target, "?")
  if (method !== "GET" || query === null || !/^HTTP\/\d/.test(protocol)) return null
  if (!/\/announce(\.\w{1,5})?(\/|$)/i.test(path)) return null
  const values = new Map<string, string>()
  for (const part of query.split("&")) {
    const [name, value] = splitOnce(part, "=")
    if (value !== null && !values.has(name)) values.set(name, value)
  }
  return values
}

function splitOnce(text: string, mark: string): [string, string | null] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)]
}

/** Hex. */
function bytes20(text: string | undefined): string | null {
  if (text === undefined || text.length > 128) return null
  const unescaped = text.replaceAll(/\\x([0-9a-f]{2})/gi, "%$1").replaceAll(/\\(["\\])/g, "$1")
  const hex = percentToHex(unescaped)
  return hex?.length === 40 ? hex : null
}

const number = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null

/** `14/Mar/2026:10:15:00 +0100` */
function timeOf(text: string): string | null {
  const match = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/.exec(text)
  if (!match) return null
  const [, day, month = "", year, hours, minutes, seconds, sign, offsetHours, offsetMinutes] = match
  const index = months.indexOf(month)
  if (index < 0) return null
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000 * (sign === "-" ? -1 : 1)
  return isoOf(
    Date.UTC(Number(year), index, Number(day), Number(hours), Number(minutes), Number(seconds)) - offsetMs,
  )
}
