/** Answers of one tracker that differ from place to place: no lie by itself. */
import { metAnywhere } from "./individuals.ts"
import { likeness, toldTo, urlsOf } from "./lists.ts"
import { answersTo, othersNear, placedAudits, type PlacedAnswer, type PlacedAudit } from "./audits.ts"
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
  const near = new Map(audits.map((audit) => [audit, new Set(othersNear(audit, audits))] as const))
  const isMet = metAnywhere(audits.map(({ evidence }) => evidence))
  return urlsOf(audits.map(({ evidence }) => evidence)).flatMap((url): Differing[] => {
    const found = widest(answersTo(audits, url), near)
    if (found === null) return []
    const [least, most] = found
    return [
      {
        url,
        least,
        most,
        apart: matched ? apartAt(audits, url, near, isMet) : null,
        counts: most.claimed > 2 * least.claimed + 10,
      },
    ]
  })
}

type Near = ReadonlyMap<PlacedAudit, ReadonlySet<PlacedAudit>>

/** The two answers near in time, of two places, whose counts are the farthest from each other; the lesser first. */
function widest(
  answers: readonly PlacedAnswer[],
  near: Near,
): [Differing["least"], Differing["most"]] | null {
  const counted = answers.flatMap(({ audit, claimed }) => (claimed === null ? [] : [{ audit, claimed }]))
  let found: [(typeof counted)[number], (typeof counted)[number]] | null = null
  for (const least of counted)
    for (const most of counted)
      if (
        most.claimed >= least.claimed &&
        near.get(least.audit)?.has(most.audit) &&
        (found === null || most.claimed - least.claimed > found[1].claimed - found[0].claimed)
      )
        found = [least, most]
  const side = ({ audit, claimed }: (typeof counted)[number]) => ({ label: audit.label, claimed })
  return found && [side(found[0]), side(found[1])]
}

function apartAt(
  audits: readonly PlacedAudit[],
  url: string,
  near: Near,
  isMet: (address: string) => boolean,
): Differing["apart"] {
  const lists = audits.flatMap((audit) => {
    const list = toldTo(audit.evidence, url)
    return list ? [{ audit, list }] : []
  })
  const pairs = Math.max(1, (lists.length * (lists.length - 1)) / 2)
  for (const [i, one] of lists.entries())
    for (const other of lists.slice(i + 1)) {
      const alike = near.get(one.audit)?.has(other.audit) ? likeness(one.list, other.list, isMet) : null
      if (alike && alike.apart < tooFarApart / pairs) return [one.audit.label, other.audit.label]
    }
  return null
}
