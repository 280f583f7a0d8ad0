/** Trackers that make peers up for some places and not for others. */
import type { Canary } from "../../evidence.ts"
import { areNear, askedIn, placedAudits } from "./audits.ts"
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

const isClean = (canary: Canary): boolean => sizeOf(canary) <= 1 && (canary.seeders ?? 0) === 0

/**
 * Exact: an honest tracker names and counts nobody but us there, whichever of its servers answers. Held against what it told another
 * place at about that time; what it told the same place later closes the matter.
 */
export function canariesByPlace(vantages: readonly Vantage[]): CanaryByPlace[] {
  return [...askedIn(placedAudits(vantages))].flatMap(([url, audits]) => {
    const asked = audits.flatMap(({ audit, trackers }) =>
      trackers.flatMap(({ canary }) => (canary?.ok === true ? [{ audit, canary }] : [])),
    )
    const clean = asked.filter(({ canary }) => isClean(canary))
    const cleanMs = new Map<string, number>()
    for (const { audit } of clean)
      cleanMs.set(audit.label, Math.max(audit.startMs, cleanMs.get(audit.label) ?? -Infinity))
    const guilty = asked.filter(
      ({ audit, canary }) =>
        sizeOf(canary) > mostOfUs && audit.startMs >= (cleanMs.get(audit.label) ?? -Infinity),
    )
    const accused = new Set(guilty.map(({ audit }) => audit.label))
    const witnesses = clean.filter(({ audit }) => !accused.has(audit.label))
    const found = guilty.flatMap(({ audit, canary: { seeders, leechers, peerCount } }): CanaryByPlace[] => {
      const witness = witnesses.find((each) => areNear(each.audit, audit))
      const invented = { seeders, leechers, peers: peerCount }
      return witness ? [{ url, label: audit.label, invented, clean: witness.audit.label }] : []
    })
    return [...new Map(found.map((each) => [each.label, each] as const)).values()]
  })
}
