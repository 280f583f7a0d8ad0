/** What an ordinary client makes of a swarm: how long until it has everything. */
import type { Driver } from "./client.ts"
import type { Host, Lab } from "./netns.ts"
import type { Payload } from "./payload.ts"
import { until } from "./processes.ts"
import { vacate } from "./vacate.ts"

const pollMs = 50
/** Enough for it to tell the tracker that it leaves. */
const goodbyeMs = 5_000

/**
 * The host must not be isolated, else it reaches no isolated seeder. Counted from the moment that the client, which is up
 * and knows the torrent already, is told to start. Nothing of it is left in the host afterwards.
 */
export async function downloadWith(
  driver: Driver,
  options: { lab: Lab; host: Host; payload: Payload; timeoutMs: number },
): Promise<{ ms: number }> {
  const { lab, host, payload, timeoutMs } = options
  try {
    const client = await driver.start({ lab, host, payload, holding: [], paused: true })
    const began = performance.now()
    await client.resume()
    const ended = await until(
      `${driver.name}'s download`,
      timeoutMs,
      async () => ((await client.truth()).haveCount === payload.pieceCount ? performance.now() : null),
      pollMs,
    )
    await client.child.stop(goodbyeMs)
    return { ms: ended - began }
  } finally {
    await vacate(lab, host)
  }
}
