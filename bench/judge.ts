/**
 * CPU milliseconds of `judge` on made-up swarms of 100 to 16,000 peers, shape by shape, each after a warm-up of its own: the growth from 500
 * to 5,000 peers is 10 where it is linear. CPU time, as a shared machine's clock tells more of its other users.
 */
import { judge } from "../src/audit.ts"
import { type Shape, shapes } from "../test/support/swarm-shapes.ts"
import { record } from "./record.ts"

const sizes = [100, 500, 1_000, 2_500, 5_000]
/** `--large`: takes a minute more. */
const large = process.argv.includes("--large") ? [10_000, 16_000] : []
const repeatedUpTo = 1_000
const runs = 3

function cpuMsOf(shape: Shape, size: number): number {
  const times: number[] = []
  for (let run = 0; run < (size <= repeatedUpTo ? runs : 1); run++) {
    // A new list each time: what is counted once for a list of peers would be known.
    const evidence = shapes[shape](size)
    const before = process.cpuUsage()
    judge(evidence)
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1_000)
  }
  return Math.min(...times)
}

const chosen = process.argv.slice(2).filter((each): each is Shape => each in shapes)
for (const shape of chosen.length > 0 ? chosen : (Object.keys(shapes) as Shape[])) {
  cpuMsOf(shape, 500)
  const ms = new Map([...sizes, ...large].map((size) => [size, cpuMsOf(shape, size)]))
  record(`judge-${shape}`, {
    ...Object.fromEntries([...ms].map(([size, each]) => [`cpuMs${size}`, each])),
    growth500To5000: (ms.get(5_000) ?? NaN) / (ms.get(500) ?? NaN),
  })
}
