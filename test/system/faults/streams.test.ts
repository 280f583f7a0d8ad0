/** Standard streams and signals: whoever stops listening loses what it doesn't hear, and the record stays. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { stage } from "./stage.ts"

const brief = ["--depth", "handshake", "--timeout", "20s"]
const through = (shell: string) => ["sh", "-c", shell, "sh"]

test.concurrent("nobody reads on", async ({ onTestFinished }) => {
  const { audit } = await stage(onTestFinished, { peers: 2 })
  const { out, err, snapshot } = await audit(brief, { before: through('"$@" | head -n 1') }).ended
  expect([out.slice(0, 4), err]).toEqual(["✓ OK", ""])
  expect(snapshot).not.toBe(null)
})

test.concurrent("standard output is full: the record is kept, and that is said", async ({
  onTestFinished,
}) => {
  const { audit, home } = await stage(onTestFinished, { peers: 2 })
  const { status, err, snapshot } = await audit([...brief, "--json"], {
    before: through('"$@" >/dev/full'),
  }).ended
  expect([status, err]).toEqual([70, "error[cant-write]: cannot write standard output: disk full\n"])
  expect(snapshot?.peers).toHaveLength(2)
  expect(existsSync(join(home, "torrent-audit", "history.sqlite"))).toBe(true)
})

test.concurrent("all three are closed", async ({ onTestFinished }) => {
  const { audit } = await stage(onTestFinished, { peers: 2 })
  const { status, snapshot } = await audit(brief, { before: through('"$@" <&- >&- 2>&-') }).ended
  expect([status, snapshot?.peers.length]).toEqual([0, 2])
})

test.concurrent("the terminal goes away, which is said twice: the record is finished", async ({
  onTestFinished,
}) => {
  const { audit } = await stage(onTestFinished, { peers: 2, bytesPerSecond: 32 * 1_024 })
  const run = audit(["--progress", "plain", "--timeout", "60s"])
  await run.says(/peersHandshaken=2/)
  run.process.kill("SIGHUP")
  await run.says(/Stopping/)
  run.process.kill("SIGHUP")
  const { status, out, snapshot } = await run.ended
  expect([status, snapshot?.run.stopReason]).toEqual([143, "terminated"])
  expect(out).toMatch(/^Saved /m)
})
