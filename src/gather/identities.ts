/** Who showed which peer id: two addresses of one peer are found without a look at everybody. */
import type { Family } from "../evidence.ts"
import { peerIdOf, type Entry } from "./peer-book.ts"

export interface Identities {
  /** A handshake with it is through. */
  note(entry: Entry): void
  /** Whose last handshake at that host had that peer id. */
  at(host: string, peerId: string): Entry | null
  /** In that family, and not itself another one's namesake. */
  in(family: Family, peerId: string): Entry | null
}

export function createIdentities(): Identities {
  const known = new Map<string, Set<Entry>>()

  function remember(key: string, entry: Entry): void {
    const same = known.get(key)
    if (same) same.add(entry)
    else known.set(key, new Set([entry]))
  }

  function find(place: string, peerId: string, fits: (entry: Entry) => boolean): Entry | null {
    for (const entry of known.get(`${place} ${peerId}`) ?? [])
      if (peerIdOf(entry) === peerId && fits(entry)) return entry
    return null
  }

  return {
    note(entry) {
      const peerId = peerIdOf(entry)
      for (const place of peerId === null ? [] : [entry.host, entry.family ?? ""])
        remember(`${place} ${peerId}`, entry)
    },
    at: (host, peerId) => find(host, peerId, () => true),
    in: (family, peerId) => find(family, peerId, ({ namesake }) => namesake === null),
  }
}
