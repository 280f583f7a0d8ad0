/** Whom we dial by which way, after what: dials that went like this, and the next one. */
import { describe, expect, it } from "vitest"
import type { Attempt } from "../../src/evidence.ts"
import type { FailureCode } from "../../src/failure.ts"
import { nextWay, utpWays, type Plan, type Situation, type Tried } from "../../src/gather/ways.ts"
import { limits } from "../../src/limits.ts"

type Name = "tcp" | "tcp+mse" | "utp" | "utp+mse"

const dial = (name: Name, code: FailureCode, ok = false): Tried => ({
  transport: name.slice(0, 3) as Attempt["transport"],
  encryption: name.endsWith("mse") ? "mse-rc4" : "none",
  ok,
  failure: { code, detail: null },
  atMs: 0,
})

const nameOf = ({ way }: Pick<Plan, "way">): Name => `${way.transport}${way.encrypted ? "+mse" : ""}` as Name
const show = (plan: Plan | null): string | null =>
  plan &&
  `${nameOf(plan)}${plan.beside ? `|${nameOf({ way: plan.beside })}` : ""} ${plan.waitMs}${plan.later ? " later" : ""}`

const next = (tried: Tried[], rest: Partial<Situation> = {}) =>
  show(nextWay({ policy: "prefer", utp: true, flags: 0, said: false, tried, ...rest }))

/** Every dial goes as told, until there is no next one. */
function course(goes: (name: Name) => FailureCode, rest: Partial<Situation> = {}): string[] {
  const tried: Tried[] = []
  const plans: string[] = []
  for (let i = 0; i < 20; i++) {
    const plan = nextWay({ policy: "prefer", utp: true, flags: 0, said: false, tried, ...rest })
    if (plan === null) return plans
    plans.push(show(plan) ?? "")
    tried.push(dial(nameOf(plan), goes(nameOf(plan))))
    const isLate = plan.beside !== null && tried.at(-1)?.failure?.code === "timeout"
    if (plan.beside && isLate)
      tried.push(dial(nameOf({ way: plan.beside }), goes(nameOf({ way: plan.beside }))))
  }
  throw new Error("it never ends")
}

describe("a first dial", () => {
  it.each<[string, Partial<Situation>, string]>([
    ["is plain TCP, and uTP when that is late", {}, "tcp|utp 0"],
    ["has nothing beside it without a UDP socket", { utp: false }, "tcp 0"],
    ["is encrypted where we insist on it", { policy: "require" }, "tcp+mse|utp+mse 0"],
    ["is never encrypted where we don't want it", { policy: "off" }, "tcp|utp 0"],
    ["goes the way that is known", { known: { transport: "utp", encrypted: true } }, "utp+mse 0"],
    [
      "but only if the policy allows it",
      { known: { transport: "utp", encrypted: true }, policy: "off" },
      "tcp|utp 0",
    ],
    ["is plain TCP also to who prefers encryption", { flags: 1 }, "tcp|utp 0"],
  ])("%s", (_, rest, plan) => expect(next([], rest)).toBe(plan))
})

describe("closed before the handshake, whatever we do", () => {
  const closed = (rest: Partial<Situation> = {}) => course(() => "closed", rest)
  it.each<[string, Partial<Situation>, string[]]>([
    ["four ways", {}, ["tcp|utp 0", "tcp+mse 1000", "utp 1000", "utp+mse 4000"]],
    ["uTP first for who speaks it", { flags: 4 }, ["tcp|utp 0", "utp 1000", "tcp+mse 1000", "utp+mse 4000"]],
    ["unless it prefers encryption", { flags: 5 }, ["tcp|utp 0", "tcp+mse 1000", "utp 1000", "utp+mse 4000"]],
    ["without uTP", { utp: false }, ["tcp 0", "tcp+mse 1000", "tcp 4000"]],
    ["encrypted alone", { policy: "require" }, ["tcp+mse|utp+mse 0", "utp+mse 1000", "tcp+mse 4000"]],
    ["plain alone", { policy: "off" }, ["tcp|utp 0", "utp 1000", "tcp 4000"]],
    ["plain TCP alone", { policy: "off", utp: false }, ["tcp 0", "tcp 1000", "tcp 4000"]],
  ])("%s", (_, rest, plans) => expect(closed(rest)).toEqual(plans))

  it("over uTP alone, which a NAT may do to us for a while: once more, much later", () => {
    const plans = course((name) => (name.startsWith("tcp") ? "refused" : "closed"))
    expect(plans).toEqual([
      "tcp|utp 0",
      "utp 1000",
      "utp+mse 1000",
      "utp 4000",
      `utp ${limits.contact.stuckMs}`,
    ])
  })

  it("after a race that uTP won: TCP is left for last", () => {
    const tried = [dial("tcp", "slower"), dial("utp", "closed")]
    expect(next(tried)).toBe("utp+mse 1000")
    expect(next([...tried, dial("utp+mse", "closed")])).toBe("tcp 1000")
  })
})

describe("nothing answers", () => {
  it("TCP is refused: uTP after a second; then both a minute later, three times in all", () => {
    const round = ["utp 1000", "tcp|utp 60000 later"]
    expect(course((name) => (name === "tcp" ? "refused" : "timeout"))).toEqual([
      "tcp|utp 0",
      ...round,
      ...round,
      "utp 1000",
    ])
  })

  it("TCP is silent: uTP was beside it", () => {
    expect(course(() => "timeout")).toEqual(["tcp|utp 0", "tcp|utp 60000 later", "tcp|utp 60000 later"])
    expect(course(() => "unreachable", { utp: false })).toEqual([
      "tcp 0",
      "tcp 60000 later",
      "tcp 60000 later",
    ])
  })

  it("over the way that was known: the other transport is tried too", () => {
    const known = { transport: "utp", encrypted: false } as const
    expect(next([dial("utp", "timeout")], { known })).toBe("tcp 1000")
  })

  it("over one transport, and the other closes: no more of the silent one", () => {
    const plans = course((name) => (name.startsWith("utp") ? "timeout" : "closed"))
    expect(plans).toEqual(["tcp|utp 0", "tcp+mse 1000", "utp 1000", "tcp 4000"])
  })
})

it("who reset the first dial and is gone is dialled a few times more, ever further apart", () => {
  let dials = 0
  expect(course((name) => (name === "tcp" && dials++ === 0 ? "reset" : "refused"))).toEqual([
    "tcp|utp 0",
    "tcp+mse 1000",
    "utp 1000",
    "tcp 4000",
    "tcp 16000",
  ])
})

describe("that settles it", () => {
  it.each<FailureCode>(["wrong-info-hash", "self", "protocol-error", "filtered", "idle", "aborted"])(
    "%s",
    (code) => expect(next([dial("tcp", code)])).toBeNull(),
  )
  it("who takes us, and says nothing in the clear", () =>
    expect(next([dial("tcp", "handshake-timeout")])).toBeNull())
  it("but encrypted it may only wait for what it can read", () =>
    expect(next([dial("tcp", "closed"), dial("tcp+mse", "handshake-timeout")])).toBe("utp 1000"))
  it("who told what it holds", () => expect(next([dial("tcp", "closed", true)], { said: true })).toBeNull())
})

it("whom we had no socket for is dialled by the same way again, a few times", () => {
  const without = dial("tcp", "no-socket")
  expect(next([without])).toBe("tcp|utp 1000")
  expect(next([dial("tcp", "closed"), without])).toBe("tcp+mse 1000")
  expect(next([without, without, without])).toBe("tcp|utp 1000")
  expect(next([without, without, without, without])).toBeNull()
})

it("who shook hands and left without a word is asked the same way again, twice", () => {
  const left = dial("tcp+mse", "closed", true)
  expect(next([dial("tcp", "closed"), left])).toBe("tcp+mse 4000")
  expect(next([left])).toBe("tcp+mse 1000")
  expect(next([left, left, left])).toBeNull()
})

it("a dial that another connection of the same peer made needless is no failure of the way", () => {
  expect(next([dial("tcp", "slower")])).toBe("tcp|utp 1000")
})

it("a holepunch goes over uTP, in the clear first", () => {
  expect(utpWays("prefer").map((way) => nameOf({ way }))).toEqual(["utp", "utp+mse"])
  expect(utpWays("require").map((way) => nameOf({ way }))).toEqual(["utp+mse"])
  expect(utpWays("off").map((way) => nameOf({ way }))).toEqual(["utp"])
})
