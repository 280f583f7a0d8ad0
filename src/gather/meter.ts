/** Bytes of one peer over the time of the run, read now and then: rates while pieces are still on their way. */
import type { Stretch } from "../measure/curve.ts"

export interface Meter {
  readonly curve: Stretch
  read(): void
  /** Bytes per second of late. */
  recent(): number
}

const recentMs = 2_000
const mostPoints = 4_096

export function createMeter(received: () => number, now: () => number): Meter {
  const curve: Stretch = { ms: [now()], bytes: [received()] }
  return {
    curve,
    read() {
      const bytes = received()
      if (bytes === curve.bytes.at(-1) || curve.ms.length >= mostPoints) return
      curve.ms.push(now())
      curve.bytes.push(bytes)
    },
    recent() {
      const since = now() - recentMs
      const first = curve.ms.findLastIndex((ms) => ms <= since)
      const from = Math.max(0, first)
      const ms = now() - Math.max(since, curve.ms[from] ?? 0)
      return ms <= 0 ? 0 : (((curve.bytes.at(-1) ?? 0) - (curve.bytes[from] ?? 0)) * 1_000) / ms
    },
  }
}
