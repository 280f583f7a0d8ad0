/** How the work of `judge` grows with the swarm: by what it reads of the evidence, which no loaded machine changes. */
import { expect, test } from "vitest"
import { judge } from "../src/audit.ts"
import type { Evidence } from "../src/evidence.ts"
import { type Shape, shapes } from "./support/swarm-shapes.ts"

/** Counts every property and element that is read of it, at any depth. */
function counting(evidence: Evidence): { evidence: Evidence; reads: () => number } {
  let reads = 0
  const wrapped = new WeakMap<object, object>()
  const wrap = <T>(value: T): T => {
    if (typeof value !== "object" || value === null) return value
    const known = wrapped.get(value)
    if (known) return known as T
    const proxy = new Proxy(value, {
      get(target, key) {
        reads++
        return wrap(Reflect.get(target, key) as unknown)
      },
    })
    wrapped.set(value, proxy)
    return proxy
  }
  return { evidence: wrap(evidence), reads: () => reads }
}

function readsOf(shape: Shape, size: number): number {
  const { evidence, reads } = counting(shapes[shape](size))
  const { findings } = judge(evidence)
  expect(findings.filter(({ verdict }) => verdict === "error")).toEqual([])
  return reads()
}

const chosen = [
  "liars",
  "draws",
  "lockstep",
  "one-host",
  "ids",
  "pex",
  "dht",
  "growing",
  "mute",
  "uploaders",
  "floods",
] as const satisfies Shape[]

/** Steps with a limit of their own, which so few don't reach, grow faster than the rest; what grows with the square would be at 16. */
const mostGrowth = 8

test.for(chosen)("%s: four times the peers, and nothing like sixteen times the reading", (shape) => {
  const [few, many] = [readsOf(shape, 50), readsOf(shape, 200)]
  expect(many / few).toBeLessThan(mostGrowth)
})
