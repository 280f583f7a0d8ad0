/** Two dials at once, on a virtual clock: each opens or fails when told. */
import { expect, it } from "vitest"
import { fail, succeed, type FailureCode, type Outcome } from "../../src/failure.ts"
import { plain, type Way } from "../../src/wire/dial.ts"
import { race } from "../../src/wire/race.ts"
import { virtualClock } from "./virtual-clock.ts"

const utp: Way = { transport: "utp", encrypted: false }
type Course = { opensMs: number } | { failsMs: number; code: FailureCode }

interface Seen {
  /** Who started when. */
  log: string[]
  doneMs: number
  tcp: FailureCode | "open" | undefined
  utp: FailureCode | "open" | undefined
  result: Outcome<string>
}

async function raced(
  courses: Record<Way["transport"], Course>,
  { beside = utp, free = true }: { beside?: Way | null; free?: boolean } = {},
) {
  const clock = virtualClock()
  const stop = new AbortController()
  const { now, sleep } = clock.network
  const log: string[] = []
  const outcomes = new Map<string, Outcome<string>>()
  const racing = race<string>({
    network: clock.network,
    way: plain,
    beside,
    lateMs: 1_500,
    signal: stop.signal,
    mayGreet: () => free,
    async run({ transport }, signal, mayGreet) {
      const course = courses[transport]
      await sleep("opensMs" in course ? course.opensMs : course.failsMs, signal)
      if (signal.aborted) return fail("aborted")
      if (!("opensMs" in course)) return fail(course.code)
      return mayGreet() ? succeed(transport) : fail("duplicate")
    },
    onStart({ way, atMs, outcome }) {
      log.push(`${way.transport} ${atMs}`)
      void outcome.then((each) => outcomes.set(way.transport, each))
    },
  })
  const done = racing.then(() => now())
  for (let i = 0; i < 110; i++) await clock.pass(100)
  const doneMs = await done
  const code = (transport: string) => {
    const outcome = outcomes.get(transport)
    return outcome && (outcome.ok ? "open" : outcome.failure.code)
  }
  return { log, doneMs, tcp: code("tcp"), utp: code("utp"), result: await racing }
}

it.each<[string, Course, Course, Seen]>([
  [
    "in time: nothing starts beside it",
    { opensMs: 1_400 },
    { opensMs: 1 },
    { log: ["tcp 0"], doneMs: 1_400, tcp: "open", utp: undefined, result: succeed("tcp") },
  ],
  [
    "refused in time: nothing starts beside it either",
    { failsMs: 10, code: "refused" },
    { opensMs: 1 },
    { log: ["tcp 0"], doneMs: 10, tcp: "refused", utp: undefined, result: fail("refused") },
  ],
  [
    "late: the other opens first and wins",
    { opensMs: 5_000 },
    { opensMs: 200 },
    { log: ["tcp 0", "utp 1500"], doneMs: 1_700, tcp: "slower", utp: "open", result: succeed("utp") },
  ],
  [
    "late, and still first",
    { opensMs: 1_600 },
    { opensMs: 900 },
    { log: ["tcp 0", "utp 1500"], doneMs: 1_600, tcp: "open", utp: "slower", result: succeed("tcp") },
  ],
  [
    "silent, and the other opens after that",
    { failsMs: 2_000, code: "timeout" },
    { opensMs: 3_000 },
    { log: ["tcp 0", "utp 1500"], doneMs: 4_500, tcp: "timeout", utp: "open", result: succeed("utp") },
  ],
  [
    "neither",
    { failsMs: 10_000, code: "timeout" },
    { failsMs: 4_000, code: "unreachable" },
    {
      log: ["tcp 0", "utp 1500"],
      doneMs: 10_000,
      tcp: "timeout",
      utp: "unreachable",
      result: fail("timeout"),
    },
  ],
])("%s", async (_, tcp, utp, seen) => {
  expect(await raced({ tcp, utp })).toEqual(seen)
})

it("whoever opens first to a peer that has another connection by then closes, and the other with it", async () => {
  const how = await raced({ tcp: { opensMs: 3_000 }, utp: { opensMs: 500 } }, { free: false })
  expect(how).toMatchObject({ tcp: "slower", utp: "duplicate", result: fail("duplicate") })
})

it("has one runner where there is nothing to try beside it", async () => {
  const how = await raced({ tcp: { opensMs: 3_000 }, utp: { opensMs: 1 } }, { beside: null })
  expect(how).toMatchObject({ log: ["tcp 0"], result: succeed("tcp") })
})
