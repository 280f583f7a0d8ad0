/**
 * By which way a peer is dialled next, from how the earlier dials went. Pure. Encryption required and uTP only look the same on plain
 * TCP (accepted, then closed before the handshake): only another way tells them apart, so each gets its turn.
 */
import type { Attempt, EncryptionPolicy } from "../evidence.ts"
import type { Failure, FailureCode } from "../failure.ts"
import { limits } from "../limits.ts"
import { plain, type Way } from "../wire/dial.ts"

/** One of our own dials; not those of a holepunch, which say nothing of the ordinary ways. */
export type Tried = Pick<Attempt, "transport" | "encryption" | "ok" | "failure" | "atMs">

export interface Situation {
  readonly policy: EncryptionPolicy
  /** A socket for uTP is open, in the address's family. */
  readonly utp: boolean
  /** What PEX says of it, all speakers together: see `Sighting.flags`. */
  readonly flags: number
  /** It shook hands on that way before, when it was asked for something else. */
  readonly known?: Way | null
  /** In order. Those of a race stand together. */
  readonly tried: readonly Tried[]
  /** It told what it holds: then it was met, and how that ended is no reason to come again. */
  readonly said: boolean
}

export interface Plan {
  readonly way: Way
  /** Tried as well, when `way` is late to open. */
  readonly beside: Way | null
  /** After the end of the last dial. */
  readonly waitMs: number
  /** Nothing ever answered there: again if the run lasts, which does not wait for it. */
  readonly later: boolean
  /** A NAT seems to be in the way: a relay may help before that dial (BEP 55). */
  readonly stuck: boolean
  /** It was met, and gave nothing: see second-ask.ts. */
  readonly again?: boolean
}

const flag = { prefersEncryption: 1, utp: 4 } as const

/** The transport never opened. */
const silent: ReadonlySet<FailureCode> = new Set(["timeout", "refused", "unreachable"])
/** It opened, and ended before their handshake, in a way that another way may not. */
const shut: ReadonlySet<FailureCode> = new Set(["closed", "reset", "encryption"])

/** Null: never again, as far as dialling goes. */
export function nextWay(situation: Situation): Plan | null {
  const { tried, said } = situation
  const ways = waysOf(situation)
  const [first] = ways
  if (first === undefined || said) return null
  const dials = tried.filter(({ failure }) => failure?.code !== "slower" && failure?.code !== "no-socket")
  if (dials.some(isConclusive) || isGivenUp(tried)) return null
  if (dials.length === 0) return plan(ways, first, tried.length === 0 ? 0 : limits.peer.redialMs)
  const opened = dials.filter((dial) => !isSilent(dial))
  return opened.length > 0 ? nextOfOpened(ways, tried, dials, opened) : nextOfSilent(ways, dials)
}

/** What the policy allows, the likeliest first: what is known, plain TCP, then as PEX says, else encrypted, else uTP. */
function waysOf({ policy, utp, flags, known }: Pick<Situation, "policy" | "utp" | "flags" | "known">): Way[] {
  const encryptedTcp: Way = { transport: "tcp", encrypted: true }
  const plainUtp: Way = { transport: "utp", encrypted: false }
  const prefersUtp = (flags & flag.utp) !== 0 && (flags & flag.prefersEncryption) === 0
  const middle = prefersUtp ? [plainUtp, encryptedTcp] : [encryptedTcp, plainUtp]
  const ways = [plain, ...middle, { transport: "utp", encrypted: true } as const].filter(
    ({ transport, encrypted }) =>
      (utp || transport === "tcp") && (policy === "prefer" || encrypted === (policy === "require")),
  )
  return known ? ways.toSorted((a, b) => Number(isSame(b, known)) - Number(isSame(a, known))) : ways
}

/** As it was dialled, or agreed. */
export const wayOf = ({ transport, encryption }: Tried): Way => ({
  transport,
  encrypted: encryption !== "none",
})
const isSame = (a: Way, b: Way) => a.transport === b.transport && a.encrypted === b.encrypted

/** Nothing answered there. */
export const isSilence = ({ code }: Failure): boolean => silent.has(code)
const isSilent = ({ ok, failure }: Tried) => !ok && failure !== null && silent.has(failure.code)

/** We had no socket for it, again and again. */
export const isGivenUp = (tried: readonly Pick<Tried, "failure">[]): boolean =>
  tried.filter(({ failure }) => failure?.code === "no-socket").length >= limits.peer.maxAttempts

/** Its handshake on another swarm, garbage, ourselves, our own limits: no way leads further. */
function isConclusive(dial: Tried): boolean {
  const { ok, failure, encryption } = dial
  if (failure === null || isSilent(dial)) return false
  // In the clear it accepted us and says nothing to anybody; encrypted, it may wait for a handshake that it can read.
  if (failure.code === "handshake-timeout") return ok || encryption === "none"
  return !isShut(failure)
}

/** A transport that opened can't be late, but the one beside it was never tried. */
function plan(ways: readonly Way[], way: Way, waitMs: number, { later = false, stuck = false } = {}): Plan {
  const beside = way.transport === "tcp" ? ways.find(({ transport }) => transport === "utp") : undefined
  return { way, beside: beside ?? null, waitMs, later, stuck }
}

/** One transport, then the other, unless they raced; then both again, much later. */
function nextOfSilent(ways: readonly Way[], dials: readonly Tried[]): Plan | null {
  const roundsBy = (transport: Way["transport"]) =>
    dials.filter((dial) => dial.transport === transport).length
  const rounds = Math.max(...ways.map(({ transport }) => roundsBy(transport)))
  const behind = ways.find(({ transport }) => roundsBy(transport) < rounds)
  if (behind) return plan([], behind, limits.peer.redialMs)
  const [first] = ways
  if (first === undefined || rounds >= limits.contact.silentRounds) return null
  return plan(ways, first, limits.contact.silentMs, { later: true })
}

/**
 * The ways that weren't tried, over the transports that answer or weren't tried either; then once more the one that opened first. Who
 * opened once and is gone may be starting again: a few dials more, ever further apart.
 */
function nextOfOpened(
  ways: readonly Way[],
  tried: readonly Tried[],
  dials: readonly Tried[],
  opened: readonly Tried[],
): Plan | null {
  const [firstOpened] = opened
  if (firstOpened === undefined) return null
  const agreed = opened.findLast(({ ok }) => ok)
  const isDead = ({ transport }: Way) =>
    dials.some((dial) => isSilent(dial) && dial.transport === transport) &&
    !opened.some((dial) => dial.transport === transport)
  const isFresh = (way: Way) => !isDead(way) && !dials.some((dial) => isSame(wayOf(dial), way))
  // It shook hands that way: whatever made it leave, it was not the way.
  const fresh = agreed ? [] : ways.filter(isFresh)
  // What came too late in a race may not come at all.
  const isLate = ({ transport }: Way) =>
    tried.some(({ transport: late, failure }) => failure?.code === "slower" && late === transport)
  const next = fresh.find((way) => !isLate(way)) ?? fresh[0]
  const way = next ?? wayOf(agreed ?? firstOpened)
  const again = (waitMs: number, stuck = false): Plan => plan([], way, waitMs, { stuck })
  const { redialMs, maxAttempts } = limits.peer
  const since = dials.slice(dials.findLastIndex((dial) => !isSilent(dial)) + 1)
  const gone = since.filter(({ transport }) => transport === way.transport).length
  if (gone > 0) return gone < limits.contact.goneDials ? again(redialMs * 4 ** gone) : null
  if (next && opened.length < maxAttempts) return again(opened.length < 3 ? redialMs : 4 * redialMs)
  if (opened.length < 3) return again(opened.length < 2 ? redialMs : 4 * redialMs)
  const overUtp = opened.every(({ transport }) => transport === "utp")
  return overUtp && !agreed && opened.length < maxAttempts ? again(limits.contact.stuckMs, true) : null
}

/** It opened and was closed before a handshake: another way may do. */
export const isShut = (why: Failure | null): boolean => why !== null && shut.has(why.code)

/** The likeliest that the policy allows over that transport, to who was never dialled. */
export const firstOver = (transport: Way["transport"], policy: EncryptionPolicy): Way => ({
  transport,
  encrypted: policy === "require",
})

/** Over uTP alone, as a holepunch is: in the clear first. */
export const utpWays = (policy: EncryptionPolicy): Way[] =>
  waysOf({ policy, utp: true, flags: 0 }).filter(({ transport }) => transport === "utp")
