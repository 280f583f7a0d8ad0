/** Does a tracker keep from one place a swarm that it shows others? */
import { membershipOf } from "../members.ts"
import { answersTo, placedAudits, type PlacedAnswer, type PlacedAudit } from "./audits.ts"
import { addressesOf } from "./individuals.ts"
import { urlsOf } from "./lists.ts"
import type { Vantage } from "./vantage.ts"

export interface Hidden {
  url: string
  label: string
  family: string
  /** Its first and its last answer to this place. */
  from: string
  to: string
  /** The most that it claims to this place. */
  claimed: number
  /** Named to others before and again after, and met by somebody meanwhile. */
  steady: number
  /** To whom it named this place itself, which it can only know from there. */
  toldOf: string
}

/** Fewer, and nobody is accused. */
const leastSteady = 20
/** The claim must be below this share of them. */
const mostClaimedRatio = 1 / 2
/** For so long at least the answers must go on: a server that has just started knows only who has announced since. */
const leastMs = 30 * 60_000

/**
 * Trackers that claim to one place, in every answer for an announce interval at least, fewer than half of the peers which they named to
 * other places before the first of these answers and again after the last, and whom somebody met meanwhile. Exact, no test. That they
 * know of each other's peers shows by this place itself, which they name to another after it has announced: servers that share
 * nothing would not. Assumes that servers which pass on what they are told do so both ways.
 */
export function hiddenOf(vantages: readonly Vantage[]): Hidden[] {
  const audits = placedAudits(vantages)
  return urlsOf(audits.map(({ evidence }) => evidence)).flatMap((url) => {
    const answers = answersTo(audits, url)
    const intervalMs = Math.max(leastMs, ...answers.map(({ announce }) => announce.intervalMs ?? 0))
    const groups = Map.groupBy(answers, ({ audit, family }) => JSON.stringify([audit.label, family]))
    return [...groups.values()].flatMap((own) => hiddenIn({ url, intervalMs }, own, answers, audits))
  })
}

function hiddenIn(
  { url, intervalMs }: { url: string; intervalMs: number },
  own: readonly PlacedAnswer[],
  answers: readonly PlacedAnswer[],
  audits: readonly PlacedAudit[],
): Hidden[] {
  const [first, last] = [own[0], own.at(-1)]
  if (!first || !last || last.atMs - first.atMs < intervalMs) return []
  if (own.some(({ claimed }) => claimed === null)) return []
  const claimed = Math.max(...own.map((answer) => answer.claimed ?? 0))
  const { label } = first.audit
  const { family } = first
  const others = answers.filter(({ audit, family: asked }) => audit.label !== label && asked === family)
  const namedIn = (some: readonly PlacedAnswer[]) =>
    new Set(some.flatMap(({ named }) => [...(named.get(family) ?? [])]))
  const after = namedIn(others.filter(({ atMs }) => atMs >= last.atMs))
  const met = metSince(audits, first.atMs)
  const before = namedIn(others.filter(({ atMs }) => atMs <= first.atMs))
  const steady = [...before].filter((address) => after.has(address) && met.has(address)).length
  if (steady < leastSteady || claimed >= mostClaimedRatio * steady) return []
  const ours = new Set(
    audits.filter((audit) => audit.label === label).flatMap(({ evidence }) => evidence.run.vantage.self),
  )
  const witness = others.find(
    ({ atMs, named }) => atMs > first.atMs && [...(named.get(family) ?? [])].some((each) => ours.has(each)),
  )
  if (!witness) return []
  return [{ url, label, family, from: first.at, to: last.at, claimed, steady, toldOf: witness.audit.label }]
}

/** Addresses of those whom anybody met from then on. */
function metSince(audits: readonly PlacedAudit[], sinceMs: number): ReadonlySet<string> {
  return new Set(
    audits.flatMap(({ evidence: { peers, torrent } }) =>
      membershipOf({ peers, torrent }).reached.flatMap(({ peer }) =>
        peer.attempts.some(({ ok, at }) => ok && Date.parse(at) >= sinceMs) ? addressesOf(peer) : [],
      ),
    ),
  )
}
