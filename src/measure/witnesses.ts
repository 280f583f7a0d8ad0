import type { Peer } from "../evidence.ts"

/** Which peers sent each piece whole and right, by address. */
export function witnessesOf(peers: readonly Peer[]): Map<number, Set<string>> {
  const witnesses = new Map<number, Set<string>>()
  for (const { address, samples } of peers) {
    for (const { piece, verified } of samples) {
      if (verified === true) witnesses.set(piece, (witnesses.get(piece) ?? new Set()).add(address))
    }
  }
  return witnesses
}

/** Others who sent it right: without them the piece's hash, or we, may be wrong. */
export const otherWitnesses = (
  witnesses: ReadonlyMap<number, ReadonlySet<string>>,
  piece: number,
  { address }: Peer,
): string[] => [...(witnesses.get(piece) ?? [])].filter((witness) => witness !== address)
