/** A crontab, or a `crontab`, that is not what one expects. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { limits } from "../../src/limits.ts"
import { scheduledIn, withBlock } from "../../src/store/crontab/blocks.ts"
import { unquoteWords } from "../../src/store/crontab/words.ts"
import { userCrontab } from "../../src/store/crontab.ts"

/** A `crontab` that is this shell script. */
function standIn(script: string) {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-crontab-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, "crontab"), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, "crontab"), 0o755)
  return userCrontab({ PATH: `${folder}:${process.env["PATH"]}` }, folder)
}

it("one that never stops printing is let go of", async () => {
  await expect(standIn("yes '* * * * * x'").scheduled()).rejects.toMatchObject({
    code: "no-cron",
    message: `crontab: more than ${limits.crontab.maxBytes} bytes`,
  })
})

it("a complaint without end is cut", async () => {
  const endless = "head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1"
  await expect(standIn(endless).scheduled()).rejects.toMatchObject({
    code: "no-cron",
    message: `crontab -l: ${"x".repeat(300)}`,
  })
})

it("more blocks than are read are said to be so", () => {
  const block = (at: number) => {
    const id = at.toString(16).padStart(8, "0")
    return `# >>> torrent-audit ${id}\n0 * * * * a\n# <<< torrent-audit ${id}\n`
  }
  const many = (count: number) => Array.from({ length: count }, (_, at) => block(at)).join("")
  expect(scheduledIn(many(limits.crontab.maxScheduled))).toHaveLength(limits.crontab.maxScheduled)
  expect(() => scheduledIn(many(limits.crontab.maxScheduled + 1))).toThrow("schedules of torrent-audit")
})

it("a command longer than any of ours is one word", () => {
  expect(unquoteWords(`a ${"'b'".repeat(limits.crontab.maxCommandBytes)}`)).toBeNull()
})

it("whom cron mails to is found among spaces, however many", () => {
  const before = `MAILTO=${" ".repeat(200_000)}ann \t\r\n  MAILTO =\u00a0\t${" \u00a0".repeat(50_000)}\n`
  const { block } = withBlock(
    before,
    { on: "cron", id: "9f86d081", expression: "0 * * * *", environment: {}, words: ["a"], mailto: "bob" },
    "root",
  )
  expect(block).toContain("MAILTO=bob\n")
  expect(block.split("\n")[3]).toMatch(/^MAILTO=/)
})
