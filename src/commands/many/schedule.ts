/** Which audit begins when: so many at once, and no tracker is asked by all of them in the same moment. */
import type { Network } from "../../network.ts"

export interface Scheduling {
  /** Audits at once. */
  readonly atOnce: number
  /** Audits that have just begun to ask one tracker host, at once, and how long that counts unless they end before. */
  readonly perTracker: number
  readonly trackerMs: number
  readonly clock: Pick<Network, "sleep">
  readonly stop: AbortSignal
}

/** `work` must not reject. Resolves when all that began has ended; the result is what did not begin because of the signal. */
export async function runAll<T extends { readonly trackerHosts: readonly string[] }>(
  items: readonly T[],
  { atOnce, perTracker, trackerMs, clock, stop }: Scheduling,
  work: (item: T) => Promise<void>,
): Promise<T[]> {
  const waiting = [...items]
  const asking = new Map<string, number>()
  const started = new Set<Promise<void>>()
  let changed = Promise.withResolvers<void>()
  const wake = () => changed.resolve()
  const add = (hosts: readonly string[], more: number) => {
    for (const host of hosts) asking.set(host, (asking.get(host) ?? 0) + more)
  }
  const mayAsk = ({ trackerHosts }: T) => trackerHosts.every((host) => (asking.get(host) ?? 0) < perTracker)

  async function begin(item: T): Promise<void> {
    const ended = new AbortController()
    add(item.trackerHosts, 1)
    void clock.sleep(trackerMs, ended.signal).then(() => {
      add(item.trackerHosts, -1)
      wake()
    })
    await work(item).finally(() => ended.abort())
  }

  stop.addEventListener("abort", wake, { once: true })
  while (waiting.length > 0 && !stop.aborted) {
    const next = started.size < atOnce ? waiting.findIndex(mayAsk) : -1
    const [item] = next < 0 ? [] : waiting.splice(next, 1)
    if (item === undefined) {
      await changed.promise
      changed = Promise.withResolvers()
      continue
    }
    const running = begin(item)
    started.add(running)
    void running.finally(() => {
      started.delete(running)
      wake()
    })
  }
  stop.removeEventListener("abort", wake)
  await Promise.all(started)
  return waiting
}
