import { expect, test } from "vitest"
import { createMeasuring, type TurnMember } from "../../../src/gather/side-by-side/measuring.ts"

/** An audit with so many peers to measure, one at a time. */
function stage() {
  let nowMs = 0
  const log: string[] = []
  const measuring = createMeasuring(() => nowMs)
  const audit = (name: string, count: number) => {
    const turn: TurnMember = measuring.join()
    let waiting = count
    let measured = 0
    const goOn = () => {
      while (measured === 0 && waiting > 0 && turn.may()) {
        waiting--
        measured++
        log.push(name)
      }
      if (measured === 0) turn.rest()
    }
    turn.attach({
      onTurn: goOn,
      isWaiting: () => waiting > 0,
      isTrying: () => false,
      measures: (host) => measured > 0 && host === `host of ${name}`,
    })
    return {
      turn,
      goOn,
      end(afterMs: number) {
        nowMs += afterMs
        measured = 0
        goOn()
      },
    }
  }
  return { audit, log }
}

test("one audit at a time, and the turn goes round", () => {
  const { audit, log } = stage()
  const [a, b, c] = [audit("a", 9), audit("b", 2), audit("c", 0)]
  a.goOn()
  b.goOn()
  c.goOn()
  expect([b.turn.waits, c.turn.waits]).toEqual([true, false])
  a.end(4_000)
  a.end(4_000)
  expect(log).toEqual(["a", "a", "a"])
  a.end(4_000)
  expect(log).toEqual(["a", "a", "a", "b"])
  expect(a.turn.waits).toBe(true)
  b.end(11_000)
  b.end(1_000)
  expect(log.slice(3)).toEqual(["b", "a"])
  a.end(11_000)
  expect(log.slice(5)).toEqual(["b"])
})

test("alone it goes on for as long as it likes", () => {
  const { audit, log } = stage()
  const a = audit("a", 3)
  a.goOn()
  a.end(60_000)
  a.end(60_000)
  expect(log).toHaveLength(3)
})

test("a piece of a host that another audit measures would disturb that", () => {
  const { audit } = stage()
  const [a, b] = [audit("a", 1), audit("b", 1)]
  a.goOn()
  expect(b.turn.disturbs("host of a")).toBe(true)
  expect(b.turn.disturbs("another")).toBe(false)
  expect(a.turn.disturbs("host of a")).toBe(false)
  a.end(1_000)
  expect(b.turn.disturbs("host of a")).toBe(false)
})

test("an audit that is over has no turn any more", () => {
  const { audit, log } = stage()
  const [a, b] = [audit("a", 5), audit("b", 1)]
  a.goOn()
  b.goOn()
  expect(log).toEqual(["a"])
  a.turn.leave()
  expect(log).toEqual(["a", "b"])
})

test("a web seed has the whole turn, and gives it back", async () => {
  const { audit, log } = stage()
  const [a, b] = [audit("a", 1), audit("b", 1)]
  a.goOn()
  const asking = b.turn.alone(new AbortController().signal)
  a.end(1_000)
  const leave = await asking
  // Its own peers may be measured beside it, as in a run by itself.
  expect(log).toEqual(["a", "b"])
  b.end(1_000)
  expect(a.turn.may()).toBe(false)
  leave?.()
  expect(a.turn.may()).toBe(true)
  const stop = new AbortController()
  const never = b.turn.alone(stop.signal)
  stop.abort()
  expect(await never).toBeUndefined()
})
