/** What systemd itself says to the units, without one running: systemd-analyze. */
import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { parseCronExpression, timeAfter } from "../../src/store/cron-expression.ts"
import type { Scheduled } from "../../src/store/scheduled.ts"
import { calendarOf } from "../../src/store/systemd/calendar.ts"
import { installUnits, serviceOf, timerOf } from "../../src/store/systemd.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-systemd-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const analyze = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", words, {
    encoding: "utf8",
    env: { ...process.env, SYSTEMD_LOG_LEVEL: "warning", XDG_RUNTIME_DIR: folder, TZ: "UTC" },
  })
  return { status, out: stdout, err: stderr }
}

describe("systemd-analyze verify", () => {
  it.each([true, false])("finds nothing wrong with the units (of the machine: %s)", async (forMachine) => {
    const [program, odd] = [join(folder, "node"), join(folder, "50% it's $HOME \\x20.js")]
    writeFileSync(program, "")
    chmodSync(program, 0o755)
    const scheduled: Scheduled = {
      on: "systemd",
      id: "9f86d081",
      expression: "17 */6 1,15 * mon-fri",
      environment: { XDG_STATE_HOME: `${folder}/a b` },
      words: [program, odd, "-q", ";", "", 'say "no"', "magnet:?xt=urn:btih:77&tr=http%3A%2F%2Fx"],
      mailto: null,
    }
    await installUnits({ directory: folder, forMachine, runs: false }, scheduled)
    const files = [timerOf, serviceOf].map((nameOf) => join(folder, nameOf("9f86d081")))
    const verify = () => analyze("verify", "--man=no", ...(forMachine ? [] : ["--user"]), ...files)
    expect(verify()).toEqual({ status: 0, out: "", err: "" })

    // It would have said so.
    rmSync(program)
    expect(verify().err).toContain("is not executable: No such file or directory")
  })
})

describe("systemd-analyze calendar", () => {
  it.each(["17 */6 * * *", "*/7 5 * * *", "0 6 * 2-4 mon-fri", "30 1 13 * fri", "0 0 29 2 *"])(
    "%s: systemd comes when cron does",
    async (text) => {
      const expression = parseCronExpression(text)
      const base = new Date("2026-03-14T09:15:00Z")
      const next = calendarOf(expression).map((line) => {
        const { out } = analyze("calendar", "--base-time=2026-03-14 09:15:00 UTC", line)
        return Date.parse(`${/Next elapse: \w+ (\S+ \S+) UTC/.exec(out)?.[1]?.replace(" ", "T")}Z`)
      })
      const saved = process.env["TZ"]
      process.env["TZ"] = "UTC"
      const cron = await timeAfter(expression, base)
      if (saved === undefined) delete process.env["TZ"]
      else process.env["TZ"] = saved
      expect(new Date(Math.min(...next))).toEqual(cron)
    },
  )
})
