import type { Peer } from "../evidence.ts"

/** Who else sent a piece whole and right, by address: without them the piece's hash, or we, may be wrong. */
export type Witnesses = (piece: number, besides: Peer) => string[]

export function witnessesAmong(peers: readonly Peer[]): Witnesses {
  const witnesses = new Map<number, Set<string>>()
  for (const { address, samples } of peers) {
    for (const { piece, verified } of samples) {
      if (verified === true) witnesses.set(piece, (witnesses.get(piece) ?? new Set()).add(address))
    }
  }
  return (piece, { address }) => [...(witnesses.get(piece) ?? [])].filter((witness) => witness !== address)
}
