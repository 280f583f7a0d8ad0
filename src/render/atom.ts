/** Changes of one torrent or several as an Atom feed (RFC 4287): an entry for each new state, so that a news reader follows a swarm. */
import { contactsPeers } from "../evidence/words.ts"
import { createHash } from "node:crypto"
import type { AuditRow } from "../report.ts"
import { afterwards, isNews, stateOf } from "./state.ts"
import { escape } from "./text.ts"
import { endOf, plural } from "./units.ts"

const maxEntries = 100
const maxProblems = 20

interface Change {
  row: AuditRow
  before: AuditRow
}

/** Of each target its audits, newest first. Without a change since they began the feed is empty, and valid. */
export function renderAtom(rowsByTarget: readonly (readonly AuditRow[])[]): string {
  const targets = rowsByTarget.filter((rows) => rows.length > 0)
  const changes = targets
    .flatMap(changesIn)
    .sort((a, b) => (a.row.startedAt < b.row.startedAt ? 1 : -1))
    .slice(0, maxEntries)
  const newest = targets.flatMap((rows) => rows[0] ?? [])
  const [only, ...others] = newest
  const title =
    only !== undefined && others.length === 0
      ? `${nameOf(only)}: swarm audits`
      : `${plural(newest.length, "torrent")}: swarm audits`
  const updated = changes[0]?.row ?? newest.reduce<AuditRow | undefined>(later, undefined)
  const hashes = newest.map(({ infoHash }) => infoHash).sort()
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    element("id", uuid("feed", ...hashes)),
    element("title", title),
    element("subtitle", newest.map(standing).slice(0, maxProblems).join("; ") || "Nothing was audited yet"),
    element("updated", updated === undefined ? "1970-01-01T00:00:00.000Z" : endOf(updated)),
    "<author><name>torrent-audit</name></author>",
    "<generator>torrent-audit</generator>",
    ...changes.map(entry),
    "</feed>",
    "",
  ].join("\n")
}

/** Only audits of the newest one's depth: one that takes no pieces comes to another verdict by nature. */
function changesIn(rows: readonly AuditRow[]): Change[] {
  const [first, ...rest] = rows.filter(({ depth }) => depth === rows[0]?.depth).toReversed()
  if (first === undefined) return []
  const changes: Change[] = []
  let told = stateOf(first)
  let before = first
  for (const row of rest) {
    const now = stateOf(row)
    if (isNews(told, now)) changes.push({ row, before })
    told = afterwards(told, now)
    before = row
  }
  return changes
}

function entry({ row, before }: Change): string {
  const { status, problems } = row
  const lines = [
    `${before.status.toUpperCase()} → ${status.toUpperCase()}`,
    moved("seeders reached", reachedBy(before), reachedBy(row)),
    moved("seeders claimed", before.seedersClaimed, row.seedersClaimed),
    moved("copies", before.copies, row.copies),
    ...problems.slice(0, maxProblems).map(({ audit, subject }) => `${audit}: ${subject}`),
    ...(problems.length > maxProblems ? [`and ${problems.length - maxProblems} more`] : []),
  ]
  return [
    "<entry>",
    element("id", uuid("entry", row.infoHash, row.id)),
    element("title", `${status.toUpperCase()}: ${nameOf(row)}`),
    element("updated", endOf(row)),
    `<content type="text">${lines.map(escaped).join("\n")}</content>`,
    "</entry>",
  ].join("\n")
}

/** Who visits nobody reaches an unknown number, and not none. */
const reachedBy = ({ depth, seedersReached }: AuditRow): number | null =>
  contactsPeers(depth) ? seedersReached : null

function moved(what: string, before: number | null, now: number | null): string {
  const shown = (value: number | null) => (value === null ? "unknown" : String(Number(value.toFixed(2))))
  return shown(before) === shown(now) ? `${what}: ${shown(now)}` : `${what}: ${shown(before)} → ${shown(now)}`
}

const nameOf = ({ name, infoHash }: AuditRow): string => name.trim() || infoHash

const standing = (row: AuditRow): string =>
  `${row.status.toUpperCase()} ${nameOf(row)}, audited ${row.startedAt.slice(0, 16).replace("T", " ")} UTC`

const later = (a: AuditRow | undefined, b: AuditRow): AuditRow =>
  a === undefined || endOf(b) > endOf(a) ? b : a

const element = (name: string, text: string): string => `<${name}>${escaped(text)}</${name}>`

/** After `escape` nothing is left that XML 1.0 forbids. */
const escaped = (text: string): string =>
  escape(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")

/** RFC 9562 version 8, of a hash: the same torrent and audit have the same id wherever and whenever they are written. */
function uuid(...parts: readonly string[]): string {
  const bytes = createHash("sha256")
    .update(["torrent-audit", ...parts].join("\n"))
    .digest()
    .subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString("hex")
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")}`
}
