import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"

/** All at once but for a short lead: two families of one tracker in a known order, and none waits long for a dead one. */
export async function staggered<T>(
  items: readonly T[],
  network: Pick<Network, "sleep">,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const started: Promise<void>[] = []
  for (const item of items) {
    if (started.length > 0) {
      const waited = new AbortController()
      const lead = network.sleep(limits.tracker.familyStaggerMs, AbortSignal.any([signal, waited.signal]))
      await Promise.race([Promise.all(started), lead])
      waited.abort()
    }
    started.push(work(item))
  }
  await Promise.all(started)
}
