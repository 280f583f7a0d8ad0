/** The index of hostile cases; `npm run bench:hostile` plays them. */
import { describe, expect, it } from "vitest"
import { cases } from "../../bench/hostile/cases.ts"
import { honestRuns } from "../../bench/hostile/honest.ts"
import { limits } from "../../src/limits.ts"

/** `peer.maxMessageBytes` of limits.ts. */
function limitNamed(path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inside, key) =>
        typeof inside === "object" && inside !== null && Object.hasOwn(inside, key)
          ? (inside as Record<string, unknown>)[key]
          : undefined,
      limits,
    )
}

describe("hostile cases", () => {
  it("are at least 60 distinct behaviours", () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
    expect(new Set(cases.map(({ stranger, does }) => `${stranger}: ${does}`)).size).toBe(cases.length)
    expect(cases.length).toBeGreaterThanOrEqual(60)
    expect(cases.filter(({ id }) => !/^[a-z0-9]+(-[a-z0-9]+)+$/.test(id))).toEqual([])
  })

  it("name bounds that are there", () => {
    const named = cases.filter(({ bound }) => /^[a-z]\w*(\.\w+)+$/i.test(bound))
    expect(named.length).toBeGreaterThan(cases.length / 2)
    expect(named.filter(({ bound }) => limitNamed(bound) === undefined).map(({ bound }) => bound)).toEqual([])
  })

  it("share their honest runs", () => {
    expect(honestRuns(cases).size).toBeLessThanOrEqual(cases.length / 4)
  })
})
