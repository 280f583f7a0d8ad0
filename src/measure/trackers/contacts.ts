/** Which of the addresses that a tracker gave answer. */
import type { Attempt, Peer } from "../../evidence.ts"
import { lineWasUp } from "../line-was-up.ts"
import type { Tally } from "../statistics/fisher.ts"

/** What became of an address. */
export type Contact = "reached" | "vouched" | "silent"

export interface Reached {
  reached: number
  /** Not reached, and named by somebody else than a tracker too. */
  vouched: number
  tested: number
}

export function tally(addresses: readonly string[], contacts: ReadonlyMap<string, Contact>): Reached {
  const tested = addresses.flatMap((address) => contacts.get(address) ?? [])
  const count = (of: Contact) => tested.filter((contact) => contact === of).length
  return { reached: count("reached"), vouched: count("vouched"), tested: tested.length }
}

/** When our last dials of an address went so or so, ms of the run; null: never. */
export interface Dialled {
  metMs: number | null
  failedMs: number | null
  vouched: boolean
}

/**
 * Whom our own dials reached, and whom they didn't: a peer that came to us by itself tells whom the tracker sends to us, and not
 * what is on its list. Dials while our own line may have been gone count for nothing: see `lineWasUp`.
 */
export const contactsOf = (peers: readonly Peer[]): Map<string, Contact> =>
  new Map(
    [...dialsOf(peers)].flatMap(([address, dialled]) => {
      const contact = contactSince(dialled, -Infinity)
      return contact ? [[address, contact]] : []
    }),
  )

/** By dials from then on alone, ms of the run. */
export function contactSince({ metMs, failedMs, vouched }: Dialled, sinceMs: number): Contact | undefined {
  if (metMs !== null && metMs >= sinceMs) return "reached"
  if (failedMs === null || failedMs < sinceMs) return undefined
  return vouched ? "vouched" : "silent"
}

export function dialsOf(peers: readonly Peer[]): Map<string, Dialled> {
  const dials = peers.map(({ attempts }) => attempts.filter(({ direction }) => direction === "outgoing"))
  const wasUp = lineWasUp(peers, (dial) => dial.direction === "outgoing" && isMet(dial))
  const found = new Map<string, Dialled>()
  for (const [i, { address, outcome, sources }] of peers.entries()) {
    const own = dials[i] ?? []
    const metMs = lastMs(own.filter(isMet))
    const failedMs = lastMs(own.filter((dial) => isFailed(dial) && wasUp(address, dial.atMs)))
    if (outcome === "self" || outcome === "filtered" || (metMs === null && failedMs === null)) continue
    const vouched = sources.some(({ kind }) => kind !== "tracker" && kind !== "manual")
    found.set(address, { metMs, failedMs, vouched })
  }
  return found
}

const lastMs = (dials: readonly Attempt[]): number | null =>
  dials.reduce<number | null>((last, { atMs }) => Math.max(last ?? atMs, atMs), null)

/** Somebody accepted the connection, whatever came of it. */
const metBy = new Set([
  "reset",
  "closed",
  "handshake-timeout",
  "encryption",
  "protocol-error",
  "wrong-info-hash",
  "duplicate",
  "idle",
])
const isMet = ({ ok, failure }: Attempt): boolean => ok || (failure !== null && metBy.has(failure.code))

/** A refusal shows a host, and not a peer. Without a route (`unreachable`) the lack may be ours. */
const isFailed = ({ ok, failure }: Attempt): boolean =>
  !ok && (failure?.code === "timeout" || failure?.code === "refused")

/** The doubt is the suspect's: whom others than trackers name too is somebody, although we couldn't reach them. */
export const asSuspect = ({ reached, vouched, tested }: Reached): Tally => ({
  alive: reached + vouched,
  tested,
})
export const asOther = ({ reached, tested }: Reached): Tally => ({ alive: reached, tested })
