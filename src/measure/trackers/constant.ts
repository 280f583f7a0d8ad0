import type { Canary, Tracker } from "../../evidence.ts"
import { freshAnswers } from "./draws.ts"

/** Of a random info hash we alone are counted, perhaps twice; a tracker that counts so many there measures nothing. */
export const leastCounted = 5

export interface Compared {
  url: string
  at: string
  seeders: number
  leechers: number
  canary: { at: string; seeders: number; leechers: number }
  same: boolean
  /** So many that chance and our own registrations don't explain them. */
  many: boolean
}

/** The counts of the reply nearest to the canary's, beside the canary's; null: one of them is missing. */
export function comparedCounts(tracker: Tracker): Compared | null {
  const { url, canary } = tracker
  if (canary === null || !canary.ok || canary.seeders === null || canary.leechers === null) return null
  const strange = { at: canary.at, seeders: canary.seeders, leechers: canary.leechers }
  const answers = freshAnswers(tracker).flatMap(({ at, atMs, seeders, leechers }) =>
    seeders === null || leechers === null ? [] : [{ at, atMs, seeders, leechers }],
  )
  const apart = ({ atMs }: { atMs: number }) => Math.abs(atMs - canary.atMs)
  const [nearest] = answers.toSorted((a, b) => apart(a) - apart(b))
  if (!nearest) return null
  const { at, seeders, leechers } = nearest
  return {
    url,
    at,
    seeders,
    leechers,
    canary: strange,
    same: answers.every((answer) => sameCounts(answer, canary)),
    many: seeders + leechers >= leastCounted,
  }
}

const sameCounts = (
  { seeders, leechers }: Pick<Compared, "seeders" | "leechers">,
  canary: Pick<Canary, "seeders" | "leechers">,
): boolean => seeders === canary.seeders && leechers === canary.leechers
