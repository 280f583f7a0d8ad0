/** Does a tracker keep from one place a swarm that it shows others? */
import { membershipOf } from "../members.ts"
import { answersTo, askedIn, namedIn, placedAudits, type PlacedAnswer, type PlacedAudit } from "./audits.ts"
import { addressesOf } from "./individuals.ts"
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
  const lastMetMs = lastMet(audits)
  return [...askedIn(audits)].flatMap(([url, asked]) => {
    const answers = answersTo(asked, url)
    const intervalMs = answers.reduce(
      (longest, { announce }) => Math.max(longest, announce.intervalMs ?? 0),
      leastMs,
    )
    const groups = Map.groupBy(answers, ({ audit, family }) => JSON.stringify([audit.label, family]))
    return [...groups.values()].flatMap((own) =>
      hiddenIn({ url, intervalMs, lastMetMs }, own, answers, audits),
    )
  })
}

function hiddenIn(
  { url, intervalMs, lastMetMs }: { url: string; intervalMs: number; lastMetMs: ReadonlyMap<string, number> },
  own: readonly PlacedAnswer[],
  answers: readonly PlacedAnswer[],
  audits: readonly PlacedAudit[],
): Hidden[] {
  const [first, last] = [own[0], own.at(-1)]
  if (!first || !last || last.atMs - first.atMs < intervalMs) return []
  if (own.some(({ claimed }) => claimed === null)) return []
  const claimed = own.reduce((most, answer) => Math.max(most, answer.claimed ?? 0), 0)
  const { label } = first.audit
  const { family } = first
  const others = answers.filter(({ audit, family: asked }) => audit.label !== label && asked === family)
  const after = namedIn(
    others.filter(({ atMs }) => atMs >= last.atMs),
    family,
  )
  const before = namedIn(
    others.filter(({ atMs }) => atMs <= first.atMs),
    family,
  )
  const isMet = (address: string) => (lastMetMs.get(address) ?? -Infinity) >= first.atMs
  const steady = [...before].filter((address) => after.has(address) && isMet(address)).length
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

/** When anybody last met each address. */
function lastMet(audits: readonly PlacedAudit[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>()
  for (const { evidence } of audits)
    for (const { peer } of membershipOf(evidence).reached) {
      const ownMs = peer.attempts.reduce(
        (ms, { ok, at }) => (ok ? Math.max(ms, Date.parse(at)) : ms),
        -Infinity,
      )
      for (const address of addressesOf(peer))
        last.set(address, Math.max(ownMs, last.get(address) ?? -Infinity))
    }
  return last
}
