/** Progress on standard error: a live block on a terminal, `key=value` lines when asked for, else nothing. */
import type { Progress } from "../evidence.ts"
import { liveBlock, messageLine, realEvery, type LiveBlock, type Screen } from "./live-block.ts"
import { palette, symbolsFor } from "./page.ts"
import { progressBlock, wheels } from "./progress-block.ts"
import { remaining } from "./remaining.ts"
import { escape } from "./text.ts"

export type { Screen } from "./live-block.ts"

export type ProgressMode = "live" | "plain" | "none"

export interface ProgressDisplay extends Omit<LiveBlock, "changed"> {
  update(progress: Progress): void
}

const plainMs = 30_000

/** What a display that moves nothing does. */
export const still = (screen: Screen): Omit<LiveBlock, "changed"> => ({
  message: (text) => screen.write(messageLine(text, screen.ascii)),
  lowered() {},
  hide() {},
  show() {},
  done() {},
})

const silent = (screen: Screen): ProgressDisplay => ({ update() {}, ...still(screen) })

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
    ...still(screen),
    done: stop,
  }
}

function live(screen: Screen): ProgressDisplay {
  const clock = screen.now ?? (() => performance.now())
  const symbols = symbolsFor(screen.ascii)
  const paint = palette(screen.color)
  const wheel = Array.from(screen.ascii ? wheels.ascii : wheels.unicode)
  const estimate = remaining()
  let latest: { progress: Progress; at: number; name: string } | null = null
  let frame = 0
  const block = liveBlock(screen, (columns) => {
    if (!latest) return []
    frame += 1
    const now = latest.progress.now + clock() - latest.at
    const progress = {
      ...latest.progress,
      now: Math.min(now, Math.max(latest.progress.now, latest.progress.timeoutMs)),
    }
    const style = { columns, symbols, paint, wheel: wheel[frame % wheel.length] ?? "" }
    return progressBlock(progress, latest.name, estimate.at(progress), style)
  })
  return {
    ...block,
    update(progress) {
      const name = latest?.progress.name === progress.name ? latest.name : escape(progress.name, screen.ascii)
      latest = { progress, at: clock(), name }
      block.changed()
    },
  }
}

export function createProgress(mode: ProgressMode, screen: Screen): ProgressDisplay {
  return { live, plain, none: silent }[mode](screen)
}
