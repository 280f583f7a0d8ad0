/** What a schedule runs, and what is refused before it stands anywhere. In a real crontab: test/system/cron.test.ts. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Flags } from "../../src/commands/context.ts"
import { absoluteTarget, auditWords, carriedEnvironment } from "../../src/commands/schedule/command-line.ts"
import { idOfWords } from "../../src/commands/schedule/identity.ts"
import { runSchedule } from "../support/run-schedule.ts"
import { smallPayload } from "../support/swarm.ts"
import { runCli } from "../support/run-cli.ts"

let folder: string
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "torrent-audit-schedule-")))
  mkdirSync(join(folder, "all"))
  const torrent = smallPayload.torrentBytes(["http://127.0.0.1:1/announce"])
  writeFileSync(join(folder, "50% it's.torrent"), torrent)
  writeFileSync(join(folder, "all", "x.torrent"), torrent)
  writeFileSync(join(folder, "page.torrent"), "<!DOCTYPE html>")
  writeFileSync(join(folder, "prod.list"), "all/x.torrent\n")
  writeFileSync(join(folder, "bad.list"), "# nothing\n")
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (words: readonly string[]) => runSchedule(words, { XDG_STATE_HOME: folder })

describe("auditWords", () => {
  const words = (flags: Flags, off?: Parameters<typeof auditWords>[0]["off"]) =>
    auditWords({ flags, ...(off && { off }) }, ["/srv/x.torrent"])

  it("is quiet until something changes, and sure of it", async () => {
    expect(await words({ every: ["6h"], on: ["cron"], mailto: ["a@x"], "dry-run": true })).toEqual(
      "-q --only-changes --confirm 2 /srv/x.torrent".split(" "),
    )
  })

  it("takes the options of an audit as they were given, and paths from anywhere", async () => {
    expect(
      await words(
        {
          confirm: ["3"],
          quiet: true,
          pace: ["polite"],
          out: ["/a/x.html", "/d/"],
          peer: ["192.0.2.1:1", "192.0.2.2:2"],
          seed: ["-x"],
          "4": true,
          config: ["/c.json"],
        },
        ["only-changes", "lsd"],
      ),
    ).toEqual(
      "-q --confirm 3 --seed=-x --pace polite --peer 192.0.2.1:1 --peer 192.0.2.2:2 --no-lsd -4 -o /a/x.html -o /d/ --config /c.json /srv/x.torrent".split(
        " ",
      ),
    )
    expect(await words({ out: ["x.html", "d/"] })).toContain(`${process.cwd()}/d/`)
  })
})

it("names targets from anywhere", () => {
  const magnet = `magnet:?xt=urn:btih:${"7".repeat(40)}`
  const hash = "7".repeat(40)
  expect([magnet, hash, "https://example.org/x.torrent", "/srv/x", "@/l"].map(absoluteTarget)).toEqual([
    magnet,
    hash,
    "https://example.org/x.torrent",
    "/srv/x",
    "@/l",
  ])
  expect(["report", "@l", "d/"].map(absoluteTarget)).toEqual([
    `${process.cwd()}/report`,
    `@${process.cwd()}/l`,
    `${process.cwd()}/d`,
  ])
  expect(() => absoluteTarget("-")).toThrow(expect.objectContaining({ code: "usage" }))
})

it("carries what the shell that installs it knows, and nothing else", () => {
  expect(
    carriedEnvironment({
      PATH: "/bin",
      HOME: "/root",
      XDG_STATE_HOME: "/s",
      XDG_CACHE_HOME: "relative",
      XDG_CONFIG_HOME: "",
      TORRENT_AUDIT_PACE: "polite",
      TORRENT_AUDIT_CONFIG: "c.json",
    }),
  ).toEqual({
    XDG_STATE_HOME: "/s",
    TORRENT_AUDIT_PACE: "polite",
    TORRENT_AUDIT_CONFIG: `${process.cwd()}/c.json`,
  })
})

describe("torrent-audit schedule install --dry-run", () => {
  const dryRun = ["--on", "systemd", "--dry-run"]

  it("shows the units and writes nothing", async () => {
    const words = ["install", "50% it's.torrent", "--every", "6h", ...dryRun]
    const { status, out, err } = await runCli(["schedule", ...words], { cwd: folder })
    const id = Buffer.from(smallPayload.infoHash).toString("hex").slice(0, 8)
    const minute = String(Number.parseInt(id, 16) % 60).padStart(2, "0")
    expect({ status, err }).toEqual({ status: 0, err: "" })
    expect(out).toContain(`torrent-audit-${id}.timer <==`)
    expect(out).toContain(`OnCalendar=*-*-* 00,06,12,18:${minute}:00\n`)
    expect(out).toContain(` -q --only-changes --confirm 2 "${folder}/50%% it's.torrent"\n`)
  })

  it("gives a list an id that stays when its lines change", async () => {
    const out = await run([
      "install",
      `@${folder}/prod.list`,
      `${folder}/all`,
      "--every",
      "17 4 * * mon",
      ...dryRun,
    ])
    expect(out).toContain(`torrent-audit-${idOfWords([`${folder}/all`, `@${folder}/prod.list`])}.service <==`)
    expect(out).toContain(`--confirm 2 @${folder}/prod.list ${folder}/all\n`)
    expect(out).toContain("OnCalendar=Mon *-*-* 04:17:00\n")
  })
})

describe("refused", () => {
  const install = (target: string, ...more: string[]) => [
    "install",
    target,
    "--every",
    "6h",
    "--on",
    "systemd",
    "--dry-run",
    ...more,
  ]
  it.each([
    [["instal"], "usage", "Did you mean schedule install?"],
    [["install", "DIR/prod.list"], "usage", "--every 6h"],
    [install("DIR/nope.torrent"), "no-file", "Check the path"],
    [install("DIR/page.torrent"), "is-html", "login"],
    [install("@DIR/bad.list"), "no-file", "one a line"],
    [install("-"), "usage", "Pass a file"],
    [install("7".repeat(40), "--no-dht"), "no-sources", "Drop --no-dht"],
    [install("DIR/all", "-o", "x.pdf"), "out-format", "Add .html"],
    [install("DIR/all", "-o", "/nonexistent/x.html"), "cant-write", "Choose"],
    [install("DIR/all", "--mailto", "a@x"), "usage", "OnFailure="],
    [install("DIR/all", "--timeout", "3"), "bad-value", "Use 3s"],
    [install("DIR/all", "--store", "postgres://u:pw@db/a"), "usage", "~/.pgpass"],
    [install("DIR/all", "--store", "postgres://db/a?user=u&password=pw"), "usage", "~/.pgpass"],
    [
      install(`magnet:?xt=urn:btih:${"7".repeat(40)}&tr=http://127.0.0.1:1/a&dn=a\nb`),
      "bad-value",
      "another name",
    ],
    [install("DIR/all", "--every", "5h"), "bad-value", "Use 4h or 6h"],
    [install("DIR/all", "--every", "* * * * * *"), "bad-value", "minute, hour, day"],
    [["install", "DIR/all", "--every", "6h", "--mailto", "a%b"], "bad-value", "me@example.org"],
    [["remove", "--on", "systemd"], "usage", "schedule list"],
    [["remove", "DIR/nope.torrent", "--on", "systemd"], "not-scheduled", "schedule list"],
    [["list", "x.torrent"], "usage", "help"],
  ])("%j", async (words, code, hint) => {
    const ran = run(words.map((word) => word.replace("DIR", folder)))
    await expect(ran).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) })
  })
})
