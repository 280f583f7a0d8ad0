/** Schedules in a real crontab, started by a real cron. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createPayload } from "../../src/demo/payload.ts"
import { snapshot } from "../../src/report.ts"
import { loggedRuns } from "../../src/store/run-log.ts"
import { castOf, seeder } from "../support/audit.ts"
import { runCli } from "../support/run-cli.ts"
import { runSchedule } from "../support/run-schedule.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"
import { ownCron, type OwnCron } from "./own-cron.ts"

const minuteMs = 60_000

let folder: string
let cron: OwnCron
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-cron-"))
  cron = await ownCron(folder)
})
afterEach(async () => {
  await cron.stop()
  rmSync(folder, { recursive: true })
})

const environment = () => ({
  PATH: `${cron.path}:${process.env["PATH"]}`,
  HOME: folder,
  XDG_STATE_HOME: folder,
  XDG_CACHE_HOME: folder,
})
const schedule = (...words: string[]) => runSchedule(words, environment())
const listed = async () => {
  const { schedules } = JSON.parse(await schedule("list", "--json")) as { schedules: object[] }
  return schedules
}

describe("torrent-audit schedule with a real crontab", () => {
  it("leaves the lines of others byte for byte, whatever they are", async () => {
    const x = join(folder, "x.torrent")
    writeFileSync(x, smallPayload.torrentBytes(["http://127.0.0.1:1/announce"]))
    const install = ["install", x, "--every", "6h"]
    const dry = await schedule(...install, "--dry-run")
    expect(cron.crontab()).toBeNull()

    await schedule(...install)
    expect(cron.crontab()).toEqual(Buffer.from(dry))
    expect(await schedule("remove", x)).toMatch(/^Removed [0-9a-f]{8} \(cron\)\n$/)
    expect(cron.crontab()).toBeNull()

    const foreign = Buffer.from(
      "MAILTO=root\n# caf\u00e9\n0 5 * * 1 a 50\\%\r\n\n@daily b\n# \\r\n",
      "latin1",
    )
    cron.write(foreign)
    expect(await schedule(...install)).toContain(dry)
    const mailed = await schedule(...install, "--mailto", "me@example.org")
    expect(mailed).toMatch(/\nMAILTO=me@example\.org\n.*\nMAILTO=root\n/)
    await schedule(...install)
    expect(cron.crontab()).toEqual(Buffer.concat([foreign, Buffer.from(dry)]))
    expect(await listed()).toMatchObject([{ on: "cron", targets: [x], last: null }])
    await schedule("remove", x)
    expect(cron.crontab()).toEqual(foreign)
  })

  it("says what cron says to what it won't take", async () => {
    const foreign = Buffer.from("0 5 * * 1 a\n")
    cron.write(foreign)
    const magnet = `magnet:?xt=urn:btih:${"7".repeat(40)}&tr=http://127.0.0.1:1/a&dn=${"x".repeat(1_000)}`
    const refused = schedule("install", magnet, "--every", "6h", "--no-dht")
    await expect(refused).rejects.toMatchObject({ code: "too-long" })
    expect(cron.crontab()).toEqual(foreign)
  })

  it("fires, keeps what it found, and mails a problem once", async () => {
    const payload = (seed: number) =>
      createPayload({ seed, pieceBytes: 65_536, files: [{ path: ["a"], sizeBytes: 700_000 }] })
    const swarmOf = (seed: number) => swarmFor({ ...castOf(seeder("one")), payload: payload(seed) })
    const names = ["fresh 50%.torrent", "known.torrent", "watched.torrent"].map((name) => join(folder, name))
    for (const [at, name] of names.entries()) writeFileSync(name, (await swarmOf(at + 1)).torrentBytes)
    const [fresh = "", known = "", watched = ""] = names
    const options = "-T lab --allow-local --no-dht --min-seeders 3".split(" ")
    for (const file of [fresh, known]) {
      const words = ["schedule", "install", file, "--every", "1m", "--mailto", "ann@example.org", ...options]
      expect((await runCli(words, { env: environment() })).status).toBe(0)
    }
    // What cron will find again, and so need not say.
    const before = await runCli([known, "-q", "--only-changes", ...options], { env: environment() })
    expect(before).toMatchObject({ status: 2, out: expect.stringContaining("CRITICAL") })

    // Both have to begin in one minute.
    const untilNextMs = minuteMs - (Date.now() % minuteMs)
    if (untilNextMs < 10_000) await sleep(untilNextMs)
    cron.start()
    // The same minute for a watch, which keeps time by itself.
    const every = ["--every", "* * * * *", "--rounds", "1", "--json"]
    const watching = runCli(["watch", watched, ...every, ...options], { env: environment() })
    const runs = () => loggedRuns(join(folder, "torrent-audit"))
    await expect.poll(() => runs().length, { timeout: 100_000, interval: 500 }).toBe(3)
    await expect.poll(() => cron.mails().length, { timeout: 10_000 }).toBe(1)
    const [mail] = cron.mails()
    expect(mail).toMatch(/^To: ann@example\.org$/m)
    expect(mail).toContain("CRITICAL")
    expect(mail).toContain("below-threshold")
    expect(mail).not.toContain("error[")

    expect(runs()).toMatchObject([
      { exit: 2, error: null },
      { exit: 2, error: null },
      { exit: 2, error: null },
    ])
    expect(await listed()).toMatchObject([
      { last: { exit: 2 }, targets: [fresh] },
      { last: { exit: 2 }, targets: [known] },
    ])
    const round = snapshot.parse(JSON.parse((await watching).out))
    expect(new Date(round.run.startedAt).getSeconds()).toBeLessThan(10)
    expect((await watching).status).toBe(2)
    const { out } = await runCli(["history", "--json"], { env: environment() })
    const { targets } = JSON.parse(out) as { targets: { audits: number }[] }
    expect(targets.map(({ audits }) => audits).toSorted((a, b) => a - b)).toEqual([1, 1, 2])
  })
})
