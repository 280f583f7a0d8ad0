import { describe, expect, test } from "vitest"
import { limits } from "../../../src/limits.ts"
import { createReceiving, type EarlyPackets } from "../../../src/wire/utp/receiving.ts"

const { earlyBytes, earlyPacketBytes } = limits.utp
const packet = new Uint8Array(1_000)

/** Packets 2 to 1,000 after the first one, which is missing. */
function withGap(all: EarlyPackets) {
  const receiving = createReceiving(0, { all })
  for (let seq = 2; seq <= 1_000; seq++) receiving.take(seq, packet, false)
  return receiving
}

describe("packets that wait for a missing one", () => {
  test("are bounded over all connections together", () => {
    const all: EarlyPackets = { bytes: 0 }
    const connections = Array.from({ length: 60 }, () => withGap(all))
    expect(all.bytes).toBeLessThanOrEqual(earlyBytes)
    expect(all.bytes).toBeGreaterThan(earlyBytes - packet.length - earlyPacketBytes)
    const [first, last] = [connections[0], connections.at(-1)]
    expect([first?.missing, last?.missing]).toEqual([true, false])

    // What is in order is taken all the same.
    last?.take(1, packet, false)
    expect(last?.read(10_000)?.length).toBe(packet.length)
  })

  test("count no longer once they are in order, or their connection is over", () => {
    const all: EarlyPackets = { bytes: 0 }
    const [filled, ended, finished] = [withGap(all), withGap(all), withGap(all)]
    filled.take(1, packet, false)
    ended.end()
    ended.end()
    expect(all.bytes).toBe(999 * (packet.length + earlyPacketBytes))
    finished.take(1, packet, true)
    expect(all.bytes).toBe(0)
    expect(filled.ack).toBe(1_000)
  })
})
