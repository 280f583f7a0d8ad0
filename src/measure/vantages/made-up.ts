/** Does a tracker name to one place addresses that nobody has? */
import { binomialAtMost, fisherLess, type Tally } from "../statistics/fisher.ts"
import { asOther, asSuspect, contactsOf, tally, type Contact } from "../trackers/contacts.ts"
import { honestRatio, leastTested, mostYield } from "../trackers/yield.ts"
import { answersTo, othersNear, placedAudits, type PlacedAnswer, type PlacedAudit } from "./audits.ts"
import { addressesOf } from "./individuals.ts"
import { urlsOf } from "./lists.ts"
import type { Vantage } from "./vantage.ts"

export interface MadeUp {
  url: string
  label: string
  family: string
  at: string
  /** Addresses that it named to this place, and nobody named to any other. */
  suspect: Tally
  /** All that it named to this place: who keeps the departed has them to itself, while the living are on every list. */
  all: Tally
  /** What it had named to other places by then. */
  before: Tally
  /** What it named to other places, by those dials of theirs alone that came after its answer here. */
  after: Tally
  /** All else that this place dialled: its line works. */
  own: Tally
  /** What it named to other places at any time near, and how rare so few answers are beside that (Fisher): odd, and proves nothing. */
  elsewhere: Tally
  oddness: number
  /** Of both, against each of the three; the largest. */
  pValue: number
}

/**
 * Every tracker at every place, by family, that gave it `leastTested` addresses which nobody gave any other place. Held against the
 * same tracker's lists elsewhere, before and after (a tracker that still lists who has left, and a swarm that goes all at once, look
 * the same there), and against whatever else the place dialled (a firewall looks the same on all it dials). Each time Fisher's
 * exact test, and whether an honest difference (`honestRatio`) by chance would do, also for all that it named here: lists that differ in NAT, in how long they keep the
 * departed, and in what their servers know of each other. Whoever asked first or last of all can be held against nothing.
 *
 * Assumes no more than that honest lists of one tracker differ by that ratio. Simulated with churn, flash crowds, an exodus, stale
 * lists, servers that share their state late or not at all, a firewall at one place, one place offline.
 */
export function madeUpOf(vantages: readonly Vantage[]): { comparisons: MadeUp[]; suspected: MadeUp[] } {
  const audits = placedAudits(vantages)
  const seen: Seen = { knownAt: placesKnowing(audits), contacts: contactsCache() }
  const comparisons = urlsOf(audits.map(({ evidence }) => evidence)).flatMap((url) => {
    const answers = answersTo(audits, url)
    return audits.flatMap((audit) => {
      const own = answers.filter((answer) => answer.audit === audit)
      const near = new Set(othersNear(audit, audits))
      const others = answers.filter((answer) => near.has(answer.audit))
      if (own.length === 0 || others.length === 0) return []
      const families = new Set(own.flatMap(({ named }) => [...named.keys()]))
      return [...families].flatMap((family) => compared(url, family, own, others, seen) ?? [])
    })
  })
  return {
    comparisons,
    suspected: comparisons.filter(({ suspect }) => suspect.alive <= mostYield * suspect.tested),
  }
}

interface Seen {
  knownAt: (address: string) => string | null
  contacts: ContactsOf
}

/** Null: too few were named to this place alone. */
function compared(
  url: string,
  family: string,
  own: readonly PlacedAnswer[],
  others: readonly PlacedAnswer[],
  { knownAt, contacts }: Seen,
): MadeUp | null {
  const [first, last] = [own[0], own.at(-1)]
  if (!first || !last) return null
  const { audit } = first
  const here = [...namedIn(own, family)]
  const only = new Set(here.filter((address) => knownAt(address) === audit.label))
  const suspect = asSuspect(tally([...only], contacts(audit)))
  if (suspect.tested < leastTested) return null
  const rest = audit.evidence.peers.map(({ address }) => address).filter((address) => !only.has(address))
  const all = asSuspect(tally(here, contacts(audit)))
  const earlier = others.filter(({ atMs }) => atMs <= first.atMs)
  const before = together(earlier, family, () => -Infinity, contacts)
  const after = together(others, family, ({ startMs }) => last.atMs - startMs, contacts)
  const besides = asOther(tally(rest, contacts(audit)))
  const elsewhere = together(others, family, () => -Infinity, contacts)
  return {
    url,
    label: audit.label,
    family,
    at: first.at,
    suspect,
    all,
    before,
    after,
    own: besides,
    elsewhere,
    oddness: fisherLess(suspect, elsewhere),
    pValue: Math.max(
      ...[before, after, besides].map((other) => chanceOf(suspect, other)),
      ...[before, after].map((other) => chanceOf(all, other)),
    ),
  }
}

/** That so few answer by chance, if they did as often as the others, or `honestRatio` of that; 1 where there is nothing to hold it against. */
const chanceOf = (suspect: Tally, other: Tally): number =>
  other.tested === 0
    ? 1
    : Math.max(
        fisherLess(suspect, other),
        binomialAtMost(suspect, honestRatio * (other.alive / other.tested)),
      )

const namedIn = (answers: readonly PlacedAnswer[], family: string): ReadonlySet<string> =>
  new Set(answers.flatMap(({ named }) => [...(named.get(family) ?? [])]))

/** The label of the only place at which anybody named an address; null: there are several. */
function placesKnowing(audits: readonly PlacedAudit[]): (address: string) => string | null {
  const known = new Map<string, string | null>()
  for (const { label, evidence } of audits)
    for (const address of evidence.peers.flatMap(addressesOf)) {
      const before = known.get(address)
      known.set(address, before === undefined || before === label ? label : null)
    }
  return (address) => known.get(address) ?? null
}

type ContactsOf = (audit: PlacedAudit, sinceMs?: number) => ReadonlyMap<string, Contact>

function contactsCache(): ContactsOf {
  const made = new Map<PlacedAudit, Map<number, ReadonlyMap<string, Contact>>>()
  return (audit, sinceMs = -Infinity) => {
    const own = made.get(audit) ?? new Map<number, ReadonlyMap<string, Contact>>()
    made.set(audit, own)
    const known = own.get(sinceMs)
    if (known) return known
    const contacts = contactsOf(audit.evidence.peers, sinceMs)
    own.set(sinceMs, contacts)
    return contacts
  }
}

/** Of the addresses of several answers, each once: alive if any of the places that were told it reached it. */
function together(
  answers: readonly PlacedAnswer[],
  family: string,
  sinceMs: (audit: PlacedAudit) => number,
  contacts: ContactsOf,
): Tally {
  const alive = new Map<string, boolean>()
  for (const { audit, named } of answers) {
    const own = contacts(audit, sinceMs(audit))
    for (const address of named.get(family) ?? []) {
      const contact = own.get(address)
      if (contact !== undefined) alive.set(address, alive.get(address) === true || contact === "reached")
    }
  }
  return { alive: [...alive.values()].filter(Boolean).length, tested: alive.size }
}
