/** Out of file descriptors: fewer peers at a time, and all of them in the end; the record is written all the same. */
import { spawnSync } from "node:child_process"
import { expect, test } from "vitest"
import { accused, cap, stage } from "./stage.ts"

test.concurrent("fewer than there are peers: one after the other, and it is said", async ({
  onTestFinished,
}) => {
  const { audit } = await stage(onTestFinished, { peers: 100 })
  const { status, out, err, snapshot } = await audit(["--depth", "handshake", "--timeout", "60s"], {
    before: ["prlimit", "--nofile=36"],
  }).ended
  expect(err).toBe("")
  expect(status).toBe(0)
  expect(out).toMatch(/limits hit:.*file-descriptors$/m)
  expect(out).toMatch(/^Saved /m)
  expect(snapshot?.peers.filter(({ peerId }) => peerId !== null)).toHaveLength(100)
  expect(accused(snapshot)).toEqual([])
})

test.concurrent("hardly any: no tracker and no peer can be asked, and nobody is blamed for it", async ({
  onTestFinished,
}) => {
  const { audit } = await stage(onTestFinished, { peers: 3 })
  const { status, out, err, snapshot } = await audit(["--depth", "handshake", "--timeout", "20s"], {
    before: ["prlimit", "--nofile=26"],
  }).ended
  expect(status).toBe(3)
  expect(err).toMatch(/^error\[file-descriptors\]: out of file descriptors\n {2}hint: Raise `ulimit -n`/m)
  expect(out).toMatch(/limits hit:.*file-descriptors \(\d+ left out\)/m)
  expect(cap(snapshot, "file-descriptors")?.dropped).toBeGreaterThan(0)
  expect(accused(snapshot)).toEqual([])
})

test.concurrent("taken away in the middle of a run", async ({ onTestFinished }) => {
  const { audit } = await stage(onTestFinished, { peers: 40, bytesPerSecond: 64 * 1_024, unchokeMs: 200 })
  const run = audit(["--progress", "plain", "--timeout", "7s"])
  await run.says(/peersHandshaken=[1-9]/)
  const taken = spawnSync("prlimit", [`--pid=${run.process.pid}`, "--nofile=24"], { encoding: "utf8" })
  expect(taken.stderr).toBe("")
  const { status, out, snapshot } = await run.ended
  expect([0, 3]).toContain(status)
  expect(out).toMatch(/Downloadable now/)
  expect(snapshot).not.toBe(null)
  expect(accused(snapshot)).toEqual([])
})
