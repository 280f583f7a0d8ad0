import type { Evidence, Peer } from "../evidence.ts"

type WithPeers = Pick<Evidence, "peers">

interface Known<R> {
  parts: readonly unknown[]
  result: R
}

/**
 * A measure that many audits ask for, worked out once for the same parts of the evidence: those it reads, `peers` among them. They must
 * not change afterwards, which `judge` sees to. Forgotten with the list of peers.
 */
export function once<E extends WithPeers, R>(
  reads: readonly (keyof E)[],
  measure: (evidence: E) => R,
): (evidence: E) => R {
  const known = new WeakMap<readonly Peer[], Known<R>[]>()
  return (evidence) => {
    const parts = reads.map((key) => evidence[key])
    const before = known.get(evidence.peers) ?? []
    const found = before.find((each) => each.parts.every((part, i) => part === parts[i]))
    if (found) return found.result
    const result = measure(evidence)
    known.set(evidence.peers, [...before, { parts, result }])
    return result
  }
}
