/** Our own sleep is nobody else's silence: a suspended process goes on where it was. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { limits } from "../../../src/limits.ts"
import { accused, stage } from "./stage.ts"

test.concurrent("stopped in the middle of sampling for longer than any block may take", async ({
  onTestFinished,
}) => {
  const { audit } = await stage(onTestFinished, { peers: 6, bytesPerSecond: 96 * 1_024, unchokeMs: 300 })
  const run = audit(["--progress", "plain", "--timeout", "30s"])
  await run.says(/peersHandshaken=[1-9]/)
  run.process.kill("SIGSTOP")
  await sleep(limits.peer.blockMs + 1_000)
  run.process.kill("SIGCONT")
  const { status, snapshot } = await run.ended
  expect(accused(snapshot)).toEqual([])
  const failures = snapshot?.peers.flatMap(({ samples }) => samples.map(({ failure }) => failure?.code))
  expect(failures).not.toContain("snubbed")
  expect(failures).not.toContain("protocol-error")
  expect(snapshot?.peers.map(({ outcome }) => outcome)).not.toContain("handshake-timeout")
  expect(status).toBe(0)
})
