/** A private torrent's trackers that don't answer: none may eat the run while another is left. */
import { expect, test } from "vitest"
import { defaultTiming } from "../../src/discovery/tracker/run.ts"
import { hostileUdp } from "./hostile-udp.ts"
import { ask, hurried, patience, question, start } from "./question.ts"
import {
  announceOf,
  answering,
  asked,
  closing,
  endWithTest,
  hanging,
  listing,
  tracker,
} from "./tracker-server.ts"

const good = answering(listing(["10.0.0.1:6881"]))

test("dead trackers get one short try each while another one is left", async () => {
  const silent = await tracker(hanging)
  const broken = await tracker(closing)
  const silentUdp = endWithTest(await hostileUdp(() => {}))
  const alive = await tracker(good)
  const tiers = [[announceOf(silent)], [announceOf(broken)], [silentUdp.url], [announceOf(alive)]]
  const running = await ask(question(tiers, { private: true, network: hurried(20), timing: defaultTiming }))
  const [first, second, third, last] = running.source.trackers.map(({ announces }) => announces)
  for (const announces of [first, second, third])
    expect(announces?.[0]).toMatchObject({ ok: false, tries: 1 })
  expect(first?.[0]?.failure?.code).toBe("timeout")
  expect(third?.[0]?.failure?.code).toBe("timeout")
  expect(asked(silent)[0]).toBe("started")
  expect(last?.[0]?.ok).toBe(true)
  // Two silences of 10 s, and a busy machine's own delays, which count twenty times here.
  expect(last?.[0]?.atMs).toBeGreaterThan(19_000)
  expect(last?.[0]?.atMs).toBeLessThan(45_000)
})

test("a silent tracker's short try is 10 s, its name's addresses and families together", async () => {
  const silent = await tracker(hanging)
  const alive = await tracker(good)
  const running = await ask(
    question([[announceOf(silent)], [announceOf(alive)]], {
      private: true,
      timing: { ...defaultTiming, briefMs: 150 },
    }),
  )
  const ms = running.source.trackers[0]?.announces[0]?.ms ?? 0
  expect(ms).toBeGreaterThan(100)
  expect(ms).toBeLessThan(5_000)
})

test("when all have failed, each that may yet answer is tried again, with patience", async () => {
  let tries = 0
  const order: string[] = []
  const late = await tracker((request, response, path) => {
    order.push("late")
    if (++tries < 3) closing(request, response, path)
    else good(request, response, path)
  })
  const refusing = await tracker((_, response) => {
    order.push("refusing")
    response.end("d14:failure reason2:noe")
  })
  const dead = await tracker((request, response, path) => {
    order.push("dead")
    closing(request, response, path)
  })
  const running = await ask(
    question([[announceOf(late)], [announceOf(refusing)], [announceOf(dead)]], {
      private: true,
      timing: { ...defaultTiming, httpPausesMs: [1, 1] },
    }),
  )
  // The refusing one is scraped too; the second round ends with the first answer.
  expect(order.slice(0, 6)).toEqual(["late", "refusing", "refusing", "dead", "late", "late"])
  expect(running.source.trackers[0]?.announces).toMatchObject([
    { ok: false, tries: 1 },
    { ok: true, tries: 2 },
    { event: "stopped", ok: true },
  ])
  expect(order.filter((name) => name === "refusing")).toHaveLength(2)
  expect(running.observations).toHaveLength(1)
})

test("a single tracker has all our patience at once", async () => {
  const dead = await tracker(closing)
  const running = await ask(
    question([[announceOf(dead)]], { private: true, timing: { ...defaultTiming, httpPausesMs: [1, 1] } }),
  )
  expect(running.source.trackers[0]?.announces[0]).toMatchObject({ ok: false, tries: 3 })
})

test("depth scrape: no tracker holds up the next one either", async () => {
  const dead = await tracker(closing)
  const alive = await tracker((_, response) => response.end("d5:filesdee"))
  const running = await ask(
    question([[announceOf(dead)], [announceOf(alive)]], {
      private: true,
      depth: "scrape",
      timing: { ...defaultTiming, httpPausesMs: [1, 1] },
    }),
  )
  expect(running.source.trackers.map(({ scrape }) => [scrape?.ok, scrape?.tries])).toEqual([
    [false, 1],
    [true, 1],
  ])
})

test("of several that were asked, one is kept once it is known that only one may be", async () => {
  const again = answering(listing(["10.0.0.1:6881"], "12:min intervali1e"))
  const empty = await tracker(answering(listing([], "12:min intervali1e")))
  const [first, second] = [await tracker(again), await tracker(again)]
  const running = start(question([[announceOf(empty)], [announceOf(first)], [announceOf(second)]]))
  await running.source.settled
  expect(running.source.keepOne()).toBe(announceOf(first))
  await expect
    .poll(() => asked(first).filter((event) => event === "update").length, patience)
    .toBeGreaterThan(1)
  expect(asked(empty).at(-1)).toBe("stopped")
  expect(asked(second).at(-1)).toBe("stopped")
  await running.leave()
  expect(asked(second).filter((event) => event === "stopped")).toHaveLength(1)
  expect(asked(first).at(-1)).toBe("stopped")
})
