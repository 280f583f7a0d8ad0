/** For what is only a convenience: null when it fails. */
export function quietly<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}
