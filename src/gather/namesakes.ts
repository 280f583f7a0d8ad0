/**
 * One peer at an address of each family is visited once: who comes under a peer id that was met in the other family is another's
 * second address, as long as that one proved itself, or may yet. If it did not, the others are dialled again, and visited.
 */
import type { Depth } from "../evidence.ts"
import { limits } from "../limits.ts"
import { takesPieces } from "../measure/depth.ts"
import type { Session } from "../wire/session.ts"
import { areAlike, claimsFit, holdsNoMore, isClean, isProven } from "./homes.ts"
import type { Identities } from "./identities.ts"
import { hasClaimed, peerIdOf, type Entry } from "./peer-book.ts"

export interface Namesakes {
  /** Its visit begins: it may prove itself. */
  begin(entry: Entry): void
  /** Nothing more is asked of it in that visit. */
  settle(entry: Entry): void
  /** Whether another stands for it; resolves when both have claimed. */
  isAnothers(entry: Entry, session: Session): Promise<boolean>
}

export interface NamesakeContext {
  readonly depth: Depth
  /** Of the torrent. */
  readonly pieceCount: number
  readonly identities: Pick<Identities, "in">
  /** Nobody stands for it any more: it is dialled again. */
  askAgain(entry: Entry): void
}

export function createNamesakes(context: NamesakeContext): Namesakes {
  const { depth, identities } = context
  /** Who may yet prove itself. */
  const begun = new Set<Entry>()
  /** By whom stands for them. */
  const stoodFor = new Map<Entry, Set<Entry>>()

  const isTrusted = (entry: Entry): boolean => (takesPieces(depth) ? isProven(entry) : hasClaimed(entry))

  /** Who shows the same peer id in the other family. Whose namesake others are keeps to itself. */
  function namesakeOf(entry: Entry): Entry | null {
    const peerId = peerIdOf(entry)
    if (peerId === null || entry.otherHomeCount > 0) return null
    const found = identities.in(entry.family === "ipv4" ? "ipv6" : "ipv4", peerId)
    if (found === null || found.otherHomeCount >= limits.peer.maxOtherHomes) return null
    found.otherHomeCount++
    return found
  }

  return {
    begin(entry) {
      begun.add(entry)
      entry.released = 0
    },
    settle(entry) {
      begun.delete(entry)
      if (isTrusted(entry)) return
      for (const other of stoodFor.get(entry) ?? []) {
        other.sameAs = null
        other.released = limits.contact.goneDials
        context.askAgain(other)
      }
      stoodFor.delete(entry)
    },
    async isAnothers(entry, session) {
      entry.namesake ??= namesakeOf(entry)
      entry.sameAs = null
      const { namesake } = entry
      if (namesake === null || entry.interested) return false
      await Promise.all([session.claimed, namesake.session?.claimed])
      const stands = isTrusted(namesake) || (begun.has(namesake) && isClean(namesake))
      const fits =
        holdsNoMore(entry, namesake) ||
        (namesake.session === null && claimsFit(entry, namesake, context.pieceCount))
      if (!stands || !fits || !areAlike(entry, namesake)) return false
      entry.sameAs = namesake
      stoodFor.set(namesake, (stoodFor.get(namesake) ?? new Set()).add(entry))
      return true
    },
  }
}
