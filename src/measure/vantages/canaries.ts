/** Trackers that make peers up for some places and not for others. */
import type { Canary } from "../../evidence.ts"
import { askedIn, placedAudits } from "./audits.ts"
import type { Vantage } from "./vantage.ts"

export interface CanaryByPlace {
  url: string
  label: string
  /** What it counted and named for an info hash that nobody has. */
  invented: { seeders: number | null; leechers: number | null; peers: number | null }
  /** A place where it counted and named nobody. */
  clean: string
}

/** As the canary's own audit has it: so many may be ourselves. */
const mostOfUs = 2

const sizeOf = ({ seeders, leechers, peerCount }: Canary): number =>
  Math.max((seeders ?? 0) + (leechers ?? 0), peerCount ?? 0)

/** Exact: an honest tracker names and counts nobody but us there, whichever of its servers answers. */
export function canariesByPlace(vantages: readonly Vantage[]): CanaryByPlace[] {
  return [...askedIn(placedAudits(vantages))].flatMap(([url, audits]) => {
    const asked = audits.flatMap(({ audit: { label }, trackers }) =>
      trackers.flatMap(({ canary }) => (canary?.ok === true ? [{ label, canary }] : [])),
    )
    const guilty = asked.filter(({ canary }) => sizeOf(canary) > mostOfUs)
    const accused = new Set(guilty.map(({ label }) => label))
    const clean = asked.find(
      ({ label, canary }) => sizeOf(canary) <= 1 && (canary.seeders ?? 0) === 0 && !accused.has(label),
    )
    if (!clean) return []
    const byPlace = new Map(guilty.map(({ label, canary }) => [label, canary] as const))
    return [...byPlace].map(([label, { seeders, leechers, peerCount }]) => ({
      url,
      label,
      invented: { seeders, leechers, peers: peerCount },
      clean: clean.label,
    }))
  })
}
