import type { Network } from "../network.ts"

/** True once `event` resolved; false when it resolved false, at the timeout, or by the signal. Leaves nothing behind. */
export async function within(
  network: Pick<Network, "sleep">,
  event: Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const enough = new AbortController()
  const over = network.sleep(timeoutMs, AbortSignal.any([signal, enough.signal])).then(() => false)
  const happened = await Promise.race([event, over])
  enough.abort()
  return happened
}
