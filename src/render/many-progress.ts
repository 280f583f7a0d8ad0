/** One line for many audits at once: `12 of 41 audited   3 running: name, name…   ▲2 ✗1   about 0:40`. */
import type { Status } from "../report.ts"
import { liveBlock, realEvery, type LiveBlock, type Screen } from "./live-block.ts"
import { palette, statusMark, symbolsFor, type Palette, type Symbols } from "./page.ts"
import { still, type ProgressMode } from "./progress.ts"
import { countdown } from "./remaining.ts"
import { escape, fit, width } from "./text.ts"
import { clock } from "./units.ts"

export interface ManyProgress {
  /** Audited, whatever came of it. */
  done: number
  total: number
  /** The names of those under way, as the torrents say them. */
  running: readonly string[]
  /** Of those done; one that could not be audited is `unknown`. */
  counts: Readonly<Record<Status, number>>
}

export interface ManyDisplay extends Omit<LiveBlock, "changed"> {
  update(progress: ManyProgress): void
}

const plainMs = 30_000
/** A longer list is of no use in a line. */
const mostNamed = 20
const told = ["warning", "critical", "unknown"] as const

export interface ManyLineStyle {
  columns: number
  symbols: Symbols
  paint: Palette
  ascii: boolean
}

const countsOf = ({ counts }: ManyProgress, { symbols, paint }: Pick<ManyLineStyle, "symbols" | "paint">) =>
  told.flatMap((status) => {
    if (counts[status] === 0) return []
    const mark = statusMark(status, symbols, paint)
    return [mark.paint(`${mark.symbol}${counts[status]}`)]
  })

/** The names take what room the rest leaves. One column stays free. */
export function manyLine(progress: ManyProgress, leftMs: number | null, style: ManyLineStyle): string {
  const { done, total, running } = progress
  const { ellipsis } = style.symbols
  const start = `${done} of ${total} audited`
  const ends = [countsOf(progress, style).join(" "), leftMs === null ? "" : `about ${clock(leftMs)}`]
  const end = ends
    .filter((part) => part !== "")
    .map((part) => `   ${part}`)
    .join("")
  const room = style.columns - 1 - width(start) - width(end)
  if (room < 0) return fit(start, style.columns - 1, ellipsis)
  if (running.length === 0) return start + end
  const count = `   ${running.length} running`
  if (width(count) > room) return start + end
  const names = running.slice(0, mostNamed).map((name) => escape(name, style.ascii).trim() || "(no name)")
  const list = `${count}: ${names.join(", ")}${running.length > mostNamed ? ellipsis : ""}`
  const shown = room - width(count) < 8 ? count : fit(list, room, ellipsis)
  return start + shown + end
}

/** What Enter, Ctrl-T or SIGUSR2 asks for. */
export function manyStatusLine({ done, total, running, counts }: ManyProgress): string {
  const names = running.slice(0, mostNamed).join(", ")
  const found = told.flatMap((status) => (counts[status] > 0 ? [`${counts[status]} ${status}`] : []))
  return [`${done} of ${total} audited`, ...found, `${running.length} running${names && `: ${names}`}`].join(
    "; ",
  )
}

function live(screen: Screen): ManyDisplay {
  const now = screen.now ?? (() => performance.now())
  const symbols = symbolsFor(screen.ascii)
  const paint = palette(screen.color)
  const left = countdown()
  let latest: ManyProgress | null = null
  let startedAt: number | null = null
  const block = liveBlock(screen, (columns) => {
    if (latest === null) return []
    const { done, total } = latest
    const leftMs = left.at(now() - (startedAt ?? 0), done, total, Number.POSITIVE_INFINITY)
    return [manyLine(latest, leftMs, { columns, symbols, paint, ascii: screen.ascii })]
  })
  return {
    ...block,
    update(progress) {
      startedAt ??= now()
      latest = progress
      block.changed()
    },
  }
}

function plain(screen: Screen): ManyDisplay {
  const now = screen.now ?? (() => performance.now())
  const date = screen.date ?? (() => new Date())
  let latest: ManyProgress | null = null
  let saidAt = Number.NEGATIVE_INFINITY
  let startedAt = 0
  const say = () => {
    if (latest === null) return
    saidAt = now()
    const { done, total, running, counts } = latest
    const fields = {
      elapsedMs: Math.round(saidAt - startedAt),
      audited: done,
      targets: total,
      running: running.length,
      ...counts,
    }
    const pairs = Object.entries(fields).map(([key, value]) => `${key}=${value}`)
    screen.write(`${date().toISOString()} ${pairs.join(" ")}\n`)
  }
  const stop = (screen.every ?? realEvery)(1_000, () => {
    if (now() - saidAt >= plainMs) say()
  })
  return {
    update(progress) {
      const first = latest === null
      if (first) startedAt = now()
      const ended = progress.done === progress.total && latest?.done !== progress.done
      latest = progress
      if (first || ended) say()
    },
    ...still(screen),
    done: stop,
  }
}

export function manyProgress(mode: ProgressMode, screen: Screen): ManyDisplay {
  if (mode === "live") return live(screen)
  return mode === "plain" ? plain(screen) : { update() {}, ...still(screen) }
}
