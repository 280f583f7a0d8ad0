/** Loopback on which time passes many times faster, for the auditor and for demo peers that go by its clock: minutes of silence take seconds. */
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import type { Network } from "../../src/network.ts"

export function fastNetwork(factor: number): Network {
  const real = loopbackNetwork()
  const startedMs = real.now()
  const started = real.date().getTime()
  const now = () => startedMs + factor * (real.now() - startedMs)
  return {
    ...real,
    now,
    date: () => new Date(started + now() - startedMs),
    sleep: (ms, signal) => real.sleep(ms / factor, signal),
    after: (ms, ring) => real.after(ms / factor, ring),
    connect: (to) => real.connect({ ...to, timeoutMs: Math.max(1_000, to.timeoutMs / factor) }),
  }
}
