/** What a peer sent nothing of, among its samples: worth a cross-examination. */
import type { Sample } from "../evidence.ts"

const overtakenMs = 5_000

/** Nothing of it came in its time; or when we called it off, long after what was asked for later. */
export function isSilence({ bytes, failure, verified, atMs, ms }: Sample, among: readonly Sample[]): boolean {
  if (bytes > 0 || verified !== null) return false
  if (failure?.code === "snubbed" || failure?.code === "timeout") return true
  return failure?.code === "aborted" && ms >= overtakenMs && among.some(overtook)

  function overtook(other: Sample): boolean {
    return other.verified === true && other.atMs >= atMs && other.atMs + other.ms + overtakenMs <= atMs + ms
  }
}

/** Pieces of which it sent nothing: first those that it was silent about, then those that waited with them. */
export function suspectsAmong(samples: readonly Sample[]): number[] {
  const waited = samples.filter(({ bytes, failure }) => bytes === 0 && failure?.code === "aborted")
  const given = new Set(samples.filter(({ bytes }) => bytes > 0).map(({ piece }) => piece))
  const silent = samples.filter((sample) => isSilence(sample, samples))
  const pieces = new Set([...silent, ...waited].map(({ piece }) => piece))
  return [...pieces].filter((piece) => !given.has(piece))
}
