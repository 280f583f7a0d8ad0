/** What a tracker said in an earlier run, so that a second run inside its interval need not ask again. */
import type { Announce, Endpoint, Family, Scrape } from "../evidence.ts"
import { limits } from "../limits.ts"
import { sha1 } from "../network.ts"
import { formatEndpoint, parseEndpoint } from "../torrent/endpoint.ts"

export interface StoredAnswer {
  announce: Announce
  scrape: Scrape | null
  peers: Endpoint[]
  /** What we announced: ourselves in the list have it. */
  port: number
  askedAt: string
  notBefore: string
}

export interface AnswerMemory {
  recall(key: string): StoredAnswer | null
  remember(key: string, answer: StoredAnswer): void
}

export const forgetful: AnswerMemory = { recall: () => null, remember: () => {} }

/** 40 hex digits: the URL may hold a passkey, so only its hash names the answer. */
export const answerKey = (infoHash: Uint8Array, url: string, family: Family): string =>
  Buffer.from(sha1(infoHash, Buffer.from(`\0${family}\0${url}`))).toString("hex")

/**
 * The stored answer if asking again is not due yet. A memory may have been edited or the clock moved, so times that no
 * tracker can have set, and peers that are none, don't count.
 */
export function stillValid(stored: StoredAnswer | null, now: Date): StoredAnswer | null {
  if (!stored) return null
  const asked = Date.parse(stored.askedAt)
  const due = Date.parse(stored.notBefore)
  const sane = asked <= now.getTime() && due > now.getTime() && due - asked <= limits.tracker.maxIntervalMs
  if (!sane) return null
  const peers = stored.peers.flatMap((text) => {
    const parsed = parseEndpoint(text)
    return parsed ? [formatEndpoint(parsed.host, parsed.port)] : []
  })
  return { ...stored, peers }
}
