/** Does a tracker name to one place addresses that nobody has? */
import { binomialAtMost, fisherLess, type Tally } from "../statistics/fisher.ts"
import {
  asOther,
  asSuspect,
  contactSince,
  contactsOf,
  dialsOf,
  tally,
  type Contact,
  type Dialled,
} from "../trackers/contacts.ts"
import { honestRatio, leastTested, mostYield } from "../trackers/yield.ts"
import {
  answersTo,
  areNear,
  askedIn,
  namedIn,
  placedAudits,
  type PlacedAnswer,
  type PlacedAudit,
} from "./audits.ts"
import { addressesOf } from "./individuals.ts"
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
  const comparisons = [...askedIn(audits)].flatMap(([url, asked]) => {
    const answers = answersTo(asked, url)
    const tellings = new Map<string, Tellings>()
    const tellingsIn = (family: string): Tellings => {
      const told = tellings.get(family) ?? tellingsOf(answers, family, seen.contacts)
      tellings.set(family, told)
      return told
    }
    const byAudit = Map.groupBy(answers, ({ audit }) => audit)
    return asked.flatMap(({ audit }) => {
      const own = byAudit.get(audit) ?? []
      const isAlone = own.length === 0 || ![...byAudit.keys()].some((other) => areNear(other, audit))
      if (isAlone) return []
      const families = new Set(own.flatMap(({ named }) => [...named.keys()]))
      return [...families].flatMap((family) => compared(url, family, own, tellingsIn, seen) ?? [])
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
  tellingsIn: (family: string) => Tellings,
  { knownAt, contacts }: Seen,
): MadeUp | null {
  const [first, last] = [own[0], own.at(-1)]
  if (!first || !last) return null
  const { audit } = first
  const here = [...namedIn(own, family)]
  const only = new Set(here.filter((address) => knownAt(address) === audit.label))
  const dialled = contacts(audit).all
  const suspect = asSuspect(tally([...only], dialled))
  if (suspect.tested < leastTested) return null
  const rest = audit.evidence.peers.map(({ address }) => address).filter((address) => !only.has(address))
  const all = asSuspect(tally(here, dialled))
  const { before, after, elsewhere } = toldElsewhere(tellingsIn(family), audit, [first.atMs, last.atMs])
  const besides = asOther(tally(rest, dialled))
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

interface Contacts {
  all: ReturnType<typeof contactsOf>
  dials: ReturnType<typeof dialsOf>
}
type ContactsOf = (audit: PlacedAudit) => Contacts

function contactsCache(): ContactsOf {
  const made = new Map<PlacedAudit, Contacts>()
  return (audit) => {
    const { peers } = audit.evidence
    const contacts = made.get(audit) ?? { all: contactsOf(peers), dials: dialsOf(peers) }
    made.set(audit, contacts)
    return contacts
  }
}

/** An address that some answer named, and that its place dialled. */
interface Told {
  /** The same for all namings of one address. */
  id: number
  by: PlacedAnswer
  dialled: Dialled
}

interface Tellings {
  told: readonly Told[]
  addresses: number
}

/** Gathered once for all comparisons of a tracker: each goes through all of them. */
function tellingsOf(answers: readonly PlacedAnswer[], family: string, contacts: ContactsOf): Tellings {
  const ids = new Map<string, number>()
  const told: Told[] = []
  for (const by of answers) {
    const { dials } = contacts(by.audit)
    for (const address of by.named.get(family) ?? []) {
      const dialled = dials.get(address)
      if (dialled === undefined) continue
      const id = ids.get(address) ?? ids.size
      ids.set(address, id)
      told.push({ id, by, dialled })
    }
  }
  return { told, addresses: ids.size }
}

/**
 * Addresses told to other places near in time, each once, alive if any of these reached it: all of them, those told by `firstMs`, and
 * by dials since `lastMs` alone.
 */
function toldElsewhere(
  { told, addresses }: Tellings,
  audit: PlacedAudit,
  [firstMs, lastMs]: readonly [number, number],
): Pick<MadeUp, "before" | "after" | "elsewhere"> {
  const signs = new Uint8Array(addresses)
  for (const { id, by, dialled } of told) {
    if (!areNear(by.audit, audit)) continue
    const ever = signOf(contactSince(dialled, -Infinity))
    const later = signOf(contactSince(dialled, lastMs - by.audit.startMs))
    signs[id] =
      (signs[id] ?? 0) |
      (ever << at.elsewhere) |
      (by.atMs <= firstMs ? ever << at.before : 0) |
      (later << at.after)
  }
  const count = (sign: number): number => signs.reduce((sum, each) => sum + (each & sign ? 1 : 0), 0)
  const tallyOf = (shift: number): Tally => ({
    alive: count(reached << shift),
    tested: count(tried << shift),
  })
  return {
    elsewhere: tallyOf(at.elsewhere),
    before: tallyOf(at.before),
    after: tallyOf(at.after),
  }
}

/** All that is known of an address in one byte: two bits for each of the three questions. */
const [tried, reached] = [1, 2]
const at = { elsewhere: 0, before: 2, after: 4 }

const signOf = (contact: Contact | undefined): number =>
  contact === undefined ? 0 : contact === "reached" ? tried | reached : tried
