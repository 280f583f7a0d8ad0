/** An inspection as text. Pure. */
import { styleText } from "node:util"
import type { File, Torrent } from "../../evidence.ts"
import stringWidth from "../../render/string-width.cjs"
import { withoutPiles } from "../../render/text.ts"
import { bytes } from "../../render/units.ts"
import type { Magnet } from "../../torrent/magnet.ts"
import type { Metainfo } from "../../torrent/metainfo.ts"

/** What may be shown: passkeys are masked already. */
export type Inspection =
  | ({ kind: "torrent" } & Omit<Metainfo, "infoHash" | "pieceHashes" | "v2">)
  | ({ kind: "magnet" } & Magnet)

export interface InspectLook {
  color: boolean
  ascii: boolean
  columns: number
}

const maxListed = 20

interface Page {
  look: InspectLook
  lines: string[]
}

export function renderInspection(inspection: Inspection, look: InspectLook): string {
  const page: Page = { look: { ...look, columns: Math.max(20, look.columns) }, lines: [] }
  if (inspection.kind === "torrent") torrentPage(page, inspection)
  else magnetPage(page, inspection)
  return `${page.lines.join("\n")}\n`
}

function torrentPage(page: Page, { torrent, ...rest }: Extract<Inspection, { kind: "torrent" }>): void {
  const times = page.look.ascii ? "x" : "×"
  title(
    page,
    torrent.name,
    `${bytes(torrent.sizeBytes)}  ${torrent.pieceCount} ${times} ${bytes(torrent.pieceBytes)}`,
  )
  hashes(page, torrent)
  field(page, "private", torrent.private ? "yes: peers come from its trackers only" : "no")
  const by = rest.createdBy === null ? "" : `by ${rest.createdBy}`
  const at = rest.createdAt === null ? "" : `${rest.createdAt.slice(0, 16).replace("T", " ")} UTC`
  field(page, "created", [at, by].filter(Boolean).join(" ") || null)
  field(page, "comment", rest.comment)

  const urls = rest.tiers.flatMap((tier, i) =>
    tier.map((url, j) => ({ url, label: j === 0 ? String(i + 1) : "" })),
  )
  const tierCount =
    rest.tiers.length > 1 ? `${urls.length} in ${rest.tiers.length} tiers` : String(urls.length)
  heading(page, "TRACKERS", urls.length === 0 ? "none" : tierCount)
  const labelWidth = String(rest.tiers.length).length
  list(page, urls, ({ url, label }) => row(page, `${label.padStart(labelWidth)}  `, url))
  plainList(
    page,
    "WEB SEEDS",
    rest.webSeeds.map(({ url, bep }) => (bep === 17 ? `${url}  (BEP 17)` : url)),
  )
  plainList(page, "DHT NODES", rest.nodes)
  files(page, torrent)
  if (rest.defects.length > 0) heading(page, "DEFECTS", String(rest.defects.length))
  const mark = style(page, "yellow", page.look.ascii ? "! " : "▲ ")
  for (const defect of rest.defects) row(page, mark, defect)
}

function magnetPage(page: Page, magnet: Magnet): void {
  title(page, magnet.name ?? "(no name)", "")
  field(page, "info hash", magnet.infoHashV1)
  field(page, "v2 hash", magnet.infoHashV2)
  if (magnet.infoHashV2 !== null)
    field(page, "version", magnet.infoHashV1 === null ? "v2, or a hybrid's v2 half (BEP 52)" : hybrid)
  plainList(page, "TRACKERS", magnet.trackers)
  plainList(page, "WEB SEEDS", magnet.webSeeds)
  plainList(page, "PEERS", magnet.peers)
}

const hybrid = "hybrid of v1 and v2 (BEP 52)"

function hashes(page: Page, { infoHashV1, infoHashV2 }: Torrent): void {
  field(page, "info hash", infoHashV1)
  field(page, "v2 hash", infoHashV2)
  if (infoHashV2 !== null) field(page, "version", infoHashV1 === null ? "v2 only (BEP 52)" : hybrid)
}

/** A single file is the title already. Padding is counted, never listed. */
function files(page: Page, torrent: Torrent): void {
  const pads = torrent.files.filter((file) => file.pad)
  const real = torrent.files.filter((file) => !file.pad)
  if (torrent.files.length === 1 && torrent.files[0]?.path === torrent.name) return
  const padBytes = pads.reduce((sum, file) => sum + file.sizeBytes, 0)
  heading(
    page,
    "FILES",
    `${real.length}${pads.length > 0 ? `, and ${counted(pads.length, "pad file")} of ${bytes(padBytes)} in all` : ""}`,
  )
  const listed = real.slice(0, maxListed)
  const sizeWidth = Math.max(...listed.map((file) => bytes(file.sizeBytes).length), 0)
  const line = (file: File) => {
    const label = `  ${bytes(file.sizeBytes).padStart(sizeWidth)}  `
    page.lines.push(label + shortened(visible(file.path), page.look.columns - label.length, page.look.ascii))
  }
  list(page, real, line)
}

function title(page: Page, name: string, rest: string): void {
  const shown = visible(name)
  const bold = (text: string) => style(page, "bold", text)
  if (rest === "") page.lines.push(...wrapped(shown, page.look.columns).map(bold))
  else if (stringWidth(shown) + 2 + rest.length <= page.look.columns)
    page.lines.push(`${bold(shown)}  ${rest}`)
  else page.lines.push(...wrapped(shown, page.look.columns).map(bold), `  ${rest}`)
}

function field(page: Page, label: string, value: string | null): void {
  if (value !== null && value !== "") row(page, label.padEnd(11), value)
}

function heading(page: Page, label: string, rest: string): void {
  page.lines.push("", `${style(page, "bold", label)}  ${rest}`)
}

function plainList(page: Page, label: string, items: readonly string[]): void {
  if (items.length === 0) return
  heading(page, label, String(items.length))
  list(page, items, (item) => row(page, "", item))
}

function list<T>(page: Page, items: readonly T[], show: (item: T) => void): void {
  for (const item of items.slice(0, maxListed)) show(item)
  const more = items.length - maxListed
  if (more > 0) page.lines.push(`  ${page.look.ascii ? "..." : "…"} ${more} more; --json lists all`)
}

/** Two spaces, the label, and the value broken into as many lines as it needs. */
function row(page: Page, label: string, value: string): void {
  const indent = 2 + stringWidth(label)
  for (const [i, line] of wrapped(visible(value), page.look.columns - indent).entries())
    page.lines.push(i === 0 ? `  ${label}${line}` : " ".repeat(indent) + line)
}

const style = (page: Page, format: "bold" | "yellow", text: string): string =>
  page.look.color ? styleText(format, text, { validateStream: false }) : text

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** Controls, bidirectional and invisible characters as escapes: a name must not move the cursor or pose as another. */
export const visible = (text: string): string =>
  withoutPiles(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`
  })

/** Breaks at spaces where it can, elsewhere where it must. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ""
  for (const word of text.split(/(?<= )/)) {
    if (line !== "" && stringWidth(line + word.trimEnd()) > columns) {
      lines.push(line.trimEnd())
      line = ""
    }
    for (const character of word) {
      if (stringWidth(line + character) > columns && character !== " ") {
        lines.push(line)
        line = ""
      }
      line += character
    }
  }
  lines.push(line.trimEnd())
  return lines
}

/** Its middle left out: both the folder and the extension tell something. */
function shortened(text: string, columns: number, ascii: boolean): string {
  if (stringWidth(text) <= columns) return text
  const gap = ascii ? "..." : "…"
  const characters = Array.from(text)
  let head = ""
  let tail = ""
  for (let i = 0, j = characters.length - 1; i <= j;) {
    const next = head.length <= tail.length ? (characters[i] ?? "") : (characters[j] ?? "")
    if (stringWidth(head + gap + tail + next) > columns) break
    if (head.length <= tail.length) {
      head += next
      i++
    } else {
      tail = next + tail
      j--
    }
  }
  return head + gap + tail
}
