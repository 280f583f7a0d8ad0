/** Answers of one tracker that differ from place to place: no lie by itself. */
import { metAnywhere } from "./individuals.ts"
import { apartness, realOf, toldTo } from "./lists.ts"
import { answersTo, areNear, askedIn, placedAudits, type AskedAudit, type PlacedAnswer } from "./audits.ts"
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
  const isMet = metAnywhere(audits.map(({ evidence }) => evidence))
  return [...askedIn(audits)].flatMap(([url, asked]): Differing[] => {
    const found = widest(answersTo(asked, url))
    if (found === null) return []
    const [least, most] = found
    return [
      {
        url,
        least,
        most,
        apart: matched ? apartAt(asked, url, isMet) : null,
        counts: most.claimed > 2 * least.claimed + 10,
      },
    ]
  })
}

type Side = Differing["least"]

/** The two answers near in time, of two places, whose counts are the farthest from each other; the lesser first. */
function widest(answers: readonly PlacedAnswer[]): [Side, Side] | null {
  const counted = answers.flatMap(({ audit, claimed }) => (claimed === null ? [] : [{ audit, claimed }]))
  const [least, most] = [
    firstOfEach(counted, (one, other) => one < other),
    firstOfEach(counted, (one, other) => one > other),
  ]
  let found: [Side, Side] | null = null
  let widest = -1
  for (const low of least)
    for (const high of most) {
      const apart = high.claimed - low.claimed
      if (apart <= widest || !areNear(low.audit, high.audit)) continue
      widest = apart
      found = [sideOf(low), sideOf(high)]
    }
  return found
}

type Counted = Pick<PlacedAnswer, "audit"> & { claimed: number }

const sideOf = ({ audit, claimed }: Counted): Side => ({ label: audit.label, claimed })

/** Of each audit the first that no other of it beats: an audit may have a thousand answers. */
function firstOfEach(counted: readonly Counted[], beats: (one: number, other: number) => boolean): Counted[] {
  const best = new Map<Counted["audit"], Counted>()
  for (const each of counted) {
    const known = best.get(each.audit)
    if (known === undefined || beats(each.claimed, known.claimed)) best.set(each.audit, each)
  }
  const chosen = new Set(best.values())
  return counted.filter((each) => chosen.has(each))
}

function apartAt(
  asked: readonly AskedAudit[],
  url: string,
  isMet: (address: string) => boolean,
): Differing["apart"] {
  const lists = asked.flatMap(({ audit, trackers }) => {
    const list = toldTo(audit.evidence, url, trackers)
    return list ? [{ audit, list: realOf(list, isMet) }] : []
  })
  const pairs = Math.max(1, (lists.length * (lists.length - 1)) / 2)
  for (const [i, one] of lists.entries())
    for (const other of lists.slice(i + 1)) {
      const apart = areNear(one.audit, other.audit) ? apartness(one.list, other.list) : null
      if (apart !== null && apart < tooFarApart / pairs) return [one.audit.label, other.audit.label]
    }
  return null
}
