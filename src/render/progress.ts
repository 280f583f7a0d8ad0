/** Progress on standard error: a live block on a terminal, `key=value` lines when asked for, else nothing. */
import type { Progress } from "../evidence.ts"
import { palette, symbolsFor } from "./page.ts"
import { progressBlock, wheels } from "./progress-block.ts"
import { remaining } from "./remaining.ts"
import { escape, width } from "./text.ts"

export type ProgressMode = "live" | "plain" | "none"

export interface Screen {
  write: (text: string) => void
  columns: () => number
  /** Null or absent: unknown, and taken as enough. */
  rows?: () => number | null
  ascii: boolean
  color: boolean
  /** Monotonic, ms; wall clock; and a repetition that its result ends. Replaced in tests. */
  now?: () => number
  date?: () => Date
  every?: (ms: number, act: () => void) => () => void
}

export interface ProgressDisplay {
  update(progress: Progress): void
  /** A line that stays, whatever the mode. */
  message(text: string): void
  done(): void
}

const redrawMs = 250
const plainMs = 30_000

const realEvery = (ms: number, act: () => void): (() => void) => {
  // Progress must not keep the process alive.
  const timer = setInterval(act, ms).unref()
  return () => clearInterval(timer)
}

const messageLine = (text: string, ascii: boolean): string =>
  `${text
    .split("\n")
    .map((line) => escape(line, ascii))
    .join("\n")}\n`

function silent(screen: Screen): ProgressDisplay {
  return {
    update() {},
    message: (text) => screen.write(messageLine(text, screen.ascii)),
    done() {},
  }
}

function plainLine({ now, phase, trackers, dht, metadata, peers, pieces }: Progress, at: Date): string {
  const fields = {
    phase,
    elapsedMs: Math.round(now),
    trackersAnswered: trackers.answered,
    trackers: trackers.total,
    ...(dht && { dhtAnswered: dht.answered, dhtAsked: dht.asked }),
    ...(metadata && { metadataAsked: metadata.asked }),
    peersKnown: peers.known,
    peersDialled: peers.dialled,
    peersHandshaken: peers.handshaken,
    piecesVerified: pieces.verified,
    piecesWanted: pieces.wanted,
    bytes: pieces.bytes,
    bytesPerSecond: Math.round(pieces.bytesPerSecond),
  }
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${value}`)
  return `${at.toISOString()} ${pairs.join(" ")}\n`
}

function plain(screen: Screen): ProgressDisplay {
  const clock = screen.now ?? (() => performance.now())
  const date = screen.date ?? (() => new Date())
  let latest: { progress: Progress; at: number } | null = null
  let phase: Progress["phase"] | null = null
  let saidAt = 0
  const say = () => {
    if (!latest) return
    saidAt = clock()
    phase = latest.progress.phase
    const now = latest.progress.now + saidAt - latest.at
    screen.write(plainLine({ ...latest.progress, now }, date()))
  }
  const stop = (screen.every ?? realEvery)(1_000, () => {
    if (clock() - saidAt >= plainMs) say()
  })
  return {
    update(progress) {
      latest = { progress, at: clock() }
      if (progress.phase !== phase) say()
    },
    message: (text) => screen.write(messageLine(text, screen.ascii)),
    done: () => stop(),
  }
}

function live(screen: Screen): ProgressDisplay {
  const clock = screen.now ?? (() => performance.now())
  const symbols = symbolsFor(screen.ascii)
  const paint = palette(screen.color)
  const wheel = Array.from(screen.ascii ? wheels.ascii : wheels.unicode)
  const estimate = remaining()
  let latest: { progress: Progress; at: number; name: string } | null = null
  let drawn: number[] = []
  let drawnAt = Number.NEGATIVE_INFINITY
  let frame = 0

  // Row by row: erasing from the top of the screen down would push a copy into tmux's history each time.
  const erase = (): string => {
    if (drawn.length === 0) return ""
    const columns = Math.max(1, screen.columns())
    // A terminal that became narrower has wrapped what we drew: count the rows that it takes now.
    const rows = drawn.reduce((total, taken) => total + Math.max(1, Math.ceil(taken / columns)), 0)
    drawn = []
    const toTop = rows > 1 ? `\u001b[${rows - 1}A` : ""
    const blank = Array.from({ length: rows }, () => "\u001b[2K").join("\u001b[1B")
    return `\r${toTop}${blank}${toTop}`
  }
  const block = (): string => {
    if (!latest) return ""
    const now = latest.progress.now + clock() - latest.at
    const progress = {
      ...latest.progress,
      now: Math.min(now, Math.max(latest.progress.now, latest.progress.timeoutMs)),
    }
    const columns = Math.max(2, screen.columns())
    const style = { columns, symbols, paint, wheel: wheel[frame % wheel.length] ?? "" }
    const most = Math.max(1, (screen.rows?.() ?? Number.POSITIVE_INFINITY) - 1)
    const lines = progressBlock(progress, latest.name, estimate.at(progress), style).slice(0, most)
    drawn = lines.map(width)
    return lines.join("\n")
  }
  const draw = () => {
    if (!latest) return
    drawnAt = clock()
    frame += 1
    screen.write(erase() + block())
  }
  const drawIfDue = () => {
    if (clock() - drawnAt >= redrawMs) draw()
  }
  // A little more than the interval, so that a timer that fires early loses no turn.
  const stop = (screen.every ?? realEvery)(redrawMs + 10, drawIfDue)

  return {
    update(progress) {
      const name = latest?.progress.name === progress.name ? latest.name : escape(progress.name, screen.ascii)
      latest = { progress, at: clock(), name }
      drawIfDue()
    },
    message(text) {
      screen.write(erase() + messageLine(text, screen.ascii) + block())
    },
    done() {
      stop()
      screen.write(erase())
      latest = null
    },
  }
}

export function createProgress(mode: ProgressMode, screen: Screen): ProgressDisplay {
  return { live, plain, none: silent }[mode](screen)
}
