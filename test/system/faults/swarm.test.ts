/** The swarm and its tracker go while they are asked: what was seen stays, and nobody is called a liar for leaving. */
import { expect, test } from "vitest"
import { accused, stage } from "./stage.ts"

test.concurrent("every peer vanishes while pieces are fetched", async ({ onTestFinished }) => {
  const { audit, tell } = await stage(onTestFinished, {
    peers: 5,
    bytesPerSecond: 64 * 1_024,
    unchokeMs: 200,
  })
  const run = audit(["--progress", "plain", "--timeout", "10s"])
  await run.says(/peersHandshaken=[1-5]\b/)
  tell("vanish")
  const { status, out, snapshot } = await run.ended
  expect(out).toMatch(/Downloadable now/)
  expect([0, 3]).toContain(status)
  expect(snapshot?.peers.filter(({ peerId }) => peerId !== null).length).toBeGreaterThanOrEqual(1)
  expect(accused(snapshot)).toEqual([])
})

test.concurrent("the tracker dies between our announce and our `stopped`", async ({ onTestFinished }) => {
  const { audit, tell } = await stage(onTestFinished, {
    peers: 3,
    bytesPerSecond: 256 * 1_024,
    unchokeMs: 200,
  })
  const run = audit(["--progress", "plain", "--timeout", "10s"])
  await run.says(/trackersAnswered=1/)
  tell("untrack")
  const { status, snapshot } = await run.ended
  expect(status).toBe(0)
  const [tracker] = snapshot?.trackers ?? []
  expect(tracker?.announces.map(({ event, ok }) => `${event} ${ok}`)).toContain("started true")
  expect(accused(snapshot)).toEqual([])
})

test.concurrent("every other connection is reset at some stage", async ({ onTestFinished }) => {
  const { audit } = await stage(onTestFinished, {
    peers: 12,
    bytesPerSecond: 256 * 1_024,
    unchokeMs: 200,
    resetEvery: 2,
  })
  const { status, snapshot } = await audit(["--timeout", "10s"]).ended
  const attempts = snapshot?.peers.flatMap((peer) => peer.attempts) ?? []
  expect(attempts.filter(({ failure }) => failure?.code === "reset").length).toBeGreaterThan(3)
  expect(accused(snapshot)).toEqual([])
  expect([0, 3]).toContain(status)
})
