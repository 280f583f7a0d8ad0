/** What every judgement is made with: its shape, its words, and where the world sees us. */
import type { DoctorCheck, DoctorFact, DoctorLevel } from "../../evidence/doctor.ts"
import type { Family } from "../../evidence.ts"
import type { Failure } from "../../failure.ts"
import { addressKind } from "../../torrent/endpoint.ts"
import type { Facts } from "./facts.ts"

export type Judgement = Omit<DoctorCheck, "name">

export const said = (
  level: DoctorLevel,
  found: string,
  means: string,
  facts: Readonly<Record<string, DoctorFact>> = {},
): Judgement => ({ level, found, means, facts })

export const words = ({ code, detail }: Failure): string => (detail === null ? code : `${code}: ${detail}`)
export const familyNames: Record<Family, string> = { ipv4: "IPv4", ipv6: "IPv6" }
export const listed = (items: readonly string[], most = 3): string =>
  items.length > most
    ? `${items.slice(0, most).join(", ")} and ${items.length - most} more`
    : items.join(", ")

/** The outside addresses that nodes report, most often named first. One node may lie: the address that most name counts. */
export function outsideOf(
  { nodes }: Facts,
  family: Family,
): { host: string; nodes: number; others: number } | null {
  const votes = new Map<string, number>()
  for (const { seenAs } of nodes.filter((node) => node.family === family))
    if (seenAs) votes.set(seenAs.host, (votes.get(seenAs.host) ?? 0) + 1)
  const [first, ...rest] = [...votes].toSorted(([, a], [, b]) => b - a)
  if (!first) return null
  return { host: first[0], nodes: first[1], others: rest.reduce((sum, [, count]) => sum + count, 0) }
}

/** Null: nobody has told where we are seen. */
export function behindNat(facts: Facts, family: Family): boolean | null {
  const outside = outsideOf(facts, family)
  return (
    outside &&
    !facts.addresses.some(({ host }) => host === outside.host) &&
    addressKind(outside.host) !== "loopback"
  )
}
