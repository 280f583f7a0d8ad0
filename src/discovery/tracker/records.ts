/** Tracker replies as evidence. */
import type { Announce, Family, Scrape } from "../../evidence.ts"
import type { Failure } from "../../failure.ts"
import type { AnnounceEvent, AnnounceReply, Answer, Counts } from "./reply.ts"

export interface Asked {
  at: string
  atMs: number
  family: Family | null
}

export interface AnnounceContext extends Asked {
  event: AnnounceEvent
  numwant: number
  /** Registrations of ours that this tracker has accepted and not ended, this one included. */
  selfCount: number
  /** Null: a reply that can name nobody. */
  peerCount: number | null
}

export function announceRecord(answer: Answer<AnnounceReply>, context: AnnounceContext): Announce {
  const { at, atMs, family, event, numwant, selfCount, peerCount } = context
  const asked = { at, atMs, ms: answer.ms, event, family, tries: answer.tries, reused: false, numwant }
  if (!answer.reply.ok) return { ...asked, ...nothing, ok: false, failure: answer.reply.failure }
  const { seeders, leechers, downloads, intervalMs, minIntervalMs, warning } = answer.reply.value
  const counts = { seeders, leechers, downloads, selfCount: within(selfCount, leechers) }
  return { ...asked, ...counts, ok: true, failure: null, intervalMs, minIntervalMs, peerCount, warning }
}

const nothing = {
  seeders: null,
  leechers: null,
  downloads: null,
  selfCount: 0,
  intervalMs: null,
  minIntervalMs: null,
  peerCount: null,
  warning: null,
}

export function scrapeRecord(answer: Answer<Counts>, { at, atMs, family }: Asked, selfCount: number): Scrape {
  const asked = { at, atMs, ms: answer.ms, family, tries: answer.tries }
  const { reply } = answer
  if (!reply.ok) {
    const { seeders, leechers, downloads } = nothing
    return { ...asked, ok: false, failure: reply.failure, seeders, leechers, downloads, selfCount: 0 }
  }
  return {
    ...asked,
    ok: true,
    failure: null,
    ...reply.value,
    selfCount: within(selfCount, reply.value.leechers),
  }
}

/** A tracker that counts fewer leechers than we are has not counted us. */
const within = (selfCount: number, leechers: number | null): number =>
  Math.min(selfCount, leechers ?? selfCount)

/** Never asked, and why. */
export const unasked = (failure: Failure): Answer<never> => ({
  reply: { ok: false, failure, retryInMs: null },
  ms: null,
  tries: 0,
  unread: false,
})
