/** Answers of one tracker that differ from place to place: no lie by itself. */
import { membershipOf } from "../members.ts"
import { addressesOf } from "./individuals.ts"
import { likeness, toldTo, urlsOf } from "./lists.ts"
import { answersTo, othersNear, placedAudits, type PlacedAnswer } from "./audits.ts"
import type { Vantage } from "./vantage.ts"

export interface Differing {
  url: string
  /** Claimed within the same hours, ourselves not counted. */
  least: { label: string; claimed: number }
  most: { label: string; claimed: number }
  /** Two places whose lists share fewer peers than all but one in a thousand draws from one list would; null: none. */
  apart: readonly [string, string] | null
  /** The counts are far from each other. */
  counts: boolean
}

const tooFarApart = 0.001

/**
 * Every tracker that gave two places counts, near in time. Servers of one tracker need not know the same peers. `matched`: a peer has the
 * same name at all places; else no lists are compared.
 */
export function comparedAnswers(vantages: readonly Vantage[], matched: boolean): Differing[] {
  const audits = placedAudits(vantages)
  const met = audits.map(
    ({ evidence: { peers, torrent } }) =>
      new Set(membershipOf({ peers, torrent }).reached.flatMap(({ peer }) => addressesOf(peer))),
  )
  const isMet = (address: string) => met.some((those) => those.has(address))
  return urlsOf(audits.map(({ evidence }) => evidence)).flatMap((url): Differing[] => {
    const counted = answersTo(audits, url).filter(({ claimed }) => claimed !== null)
    const pairs = counted.flatMap((one) => {
      const near = new Set(othersNear(one.audit, audits))
      return counted.filter(({ audit }) => near.has(audit)).map((other) => [one, other] as const)
    })
    const claimedBy = ({ claimed }: PlacedAnswer): number => claimed ?? 0
    const widest = pairs.reduce<(typeof pairs)[number] | null>(
      (found, pair) =>
        found === null || claimedBy(pair[1]) - claimedBy(pair[0]) > claimedBy(found[1]) - claimedBy(found[0])
          ? pair
          : found,
      null,
    )
    if (widest === null) return []
    const [least, most] = widest
    const apart = audits.flatMap((one, i) =>
      audits.slice(i + 1).flatMap((other) => {
        if (!matched || !othersNear(one, audits).includes(other)) return []
        const [a, b] = [toldTo(one.evidence, url), toldTo(other.evidence, url)]
        const alike = a && b && likeness(a, b, isMet)
        return alike && alike.apart < tooFarApart ? [[one.label, other.label] as const] : []
      }),
    )[0]
    const side = (answer: PlacedAnswer) => ({ label: answer.audit.label, claimed: claimedBy(answer) })
    return [
      {
        url,
        least: side(least),
        most: side(most),
        apart: apart ?? null,
        counts: claimedBy(most) > 2 * claimedBy(least) + 10,
      },
    ]
  })
}
