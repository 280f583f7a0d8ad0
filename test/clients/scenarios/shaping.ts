/** Are the uplinks what they are said to be? */
import type { Scenario } from "../scenario.ts"
import { KiB, measureUplinks } from "../swarm.ts"
import { check, kibPerSecond, percent, table } from "../table.ts"

const rates = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192].map((kib) => kib * KiB)
const tolerance = 0.01
const mostLooks = 3

export const shaping: Scenario = {
  name: "shaping",
  title: "a shaped uplink carries the payload rate that it was set to",
  audits: false,
  beside: 1,
  async run({ lab, auditor }) {
    const hosts = []
    for (const rate of rates) {
      const host = await lab.addHost(`uplink-${rate / KiB}`, { isolated: true })
      await lab.shape(host, rate)
      hosts.push(host)
    }
    let measured: number[] = []
    const ratioOf = (index: number) => (measured[index] ?? 0) / (rates[index] ?? NaN)
    const isRight = (index: number) => Math.abs(ratioOf(index) - 1) <= tolerance
    // A machine that stands still for a tenth of a second takes 2.5% off every reading.
    for (let look = 0; look < mostLooks && (look === 0 || !rates.every((_, index) => isRight(index))); look++)
      measured = await measureUplinks(lab, auditor, hosts, 4_000)
    return {
      tables: [
        table([
          ["KiB/s set", "measured", "share"],
          ...rates.map((rate, index) => [
            kibPerSecond(rate),
            kibPerSecond(measured[index] ?? null),
            percent(ratioOf(index)),
          ]),
        ]),
      ],
      checks: rates.map((rate, index) =>
        check(`${rate / KiB} KiB/s`, isRight(index), percent(ratioOf(index))),
      ),
    }
  },
}
