/** Our blocks among the lines of others. What the real `crontab` makes of them: test/system/cron.test.ts. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { array, assert, property, string } from "fast-check"
import { describe, expect, it, onTestFinished } from "vitest"
import { userCrontab } from "../../src/store/crontab.ts"
import { scheduledIn, withBlock, withoutBlock } from "../../src/store/crontab/blocks.ts"
import { quoteWord, unquoteWords } from "../../src/store/crontab/words.ts"
import type { Scheduled } from "../../src/store/scheduled.ts"

const plain: Scheduled = {
  on: "cron",
  id: "9f86d081",
  expression: "17 */6 * * *",
  environment: {},
  words: [
    "/usr/bin/node",
    "/opt/torrent-audit/bin/torrent-audit.js",
    "-q",
    "--only-changes",
    "--confirm",
    "2",
    "/srv/x.torrent",
  ],
  mailto: null,
}
const drawn = `# >>> torrent-audit 9f86d081
17 */6 * * * /usr/bin/node /opt/torrent-audit/bin/torrent-audit.js -q --only-changes --confirm 2 /srv/x.torrent
# <<< torrent-audit 9f86d081
`
const install = (crontab: string, scheduled: Partial<Scheduled> = {}) =>
  withBlock(crontab, { ...plain, ...scheduled }, "ann").crontab

const foreign = {
  empty: "",
  ordinary: "MAILTO=root\n# m h\n0 5 * * 1 tar -zcf /var/backups/home.tgz 50\\%\n",
  crlf: "0 5 * * 1 a\r\n\r\n",
  latin1: "# caf\u00e9 \u00ff\n* * * * * x\n",
  lookalike: "# >>> torrent-audit\n## >>> torrent-audit 9f86d081\n# >>> torrent-audit 9F86D081 \n",
}

describe("withBlock", () => {
  it("is as UX draws it", () => {
    expect(install("")).toBe(drawn)
  })

  it.each(Object.entries(foreign))(
    "leaves %s lines byte for byte, once however often, until it is gone",
    (_, text) => {
      const once = install(text)
      expect(once).toBe(text + drawn)
      expect(install(once)).toBe(once)
      const two = install(`${install(once, { id: "00000001" })}# after\n`, { words: ["/other"] })
      expect(two).toBe(
        `${text}${drawn.replace(/\/usr.*torrent$/m, "/other")}${drawn.replaceAll("9f86d081", "00000001")}# after\n`,
      )
      expect(withoutBlock(withoutBlock(two, "9f86d081"), "00000001")).toBe(`${text}# after\n`)
      expect(withoutBlock(once, "9f86d081")).toBe(text)
      expect(withoutBlock(once, "9f86d082")).toBe(once)
    },
  )

  it("ends the last line of others, as cron wants it", () => {
    expect(install("* * * * * x")).toBe(`* * * * * x\n${drawn}`)
  })

  it.each([
    ["", "ann"],
    ["MAILTO=root\n", "root"],
    ['MAILTO=a@x\n MAILTO = "b@x, c@x" \r\n', '"b@x, c@x"'],
    ["MAILTO=\n", '""'],
    ["# MAILTO=no\n1 1 * * * MAILTO=no x\n", "ann"],
    ["MAILTO=Zo\u00c3\u00ab@x\n", "Zoë@x"],
  ])("mails to whom it is told, and then again to whom cron mailed before: %j", (before, again) => {
    const { crontab, block } = withBlock(
      `${before}${drawn}# after\n`,
      { ...plain, mailto: "me@example.org" },
      "ann",
    )
    const [opening, line, closing] = drawn.split("\n")
    expect(block).toBe(`${opening}\nMAILTO=me@example.org\n${line}\nMAILTO=${again}\n${closing}\n`)
    expect(crontab).toBe(`${before}${Buffer.from(block).toString("latin1")}# after\n`)
    expect(scheduledIn(crontab)[0]?.mailto).toBe("me@example.org")
    expect(withBlock(crontab, { ...plain, mailto: "me@example.org" }, "ann").crontab).toBe(crontab)
  })

  it.each([
    "# >>> torrent-audit 9f86d081\n17 * * * * x\n",
    "17 * * * * x\n# <<< torrent-audit 9f86d081\n",
    "# >>> torrent-audit 9f86d081\n# >>> torrent-audit 00000001\n# <<< torrent-audit 00000001\n# <<< torrent-audit 9f86d081\n",
    "# >>> torrent-audit 9f86d081\n# <<< torrent-audit 00000001\n",
    // With a line break of ours behind it, it would be a mark from then on.
    "# <<< torrent-audit 01234567\r",
  ])("touches nothing where a mark has lost its other: %j", (text) => {
    for (const edit of [() => install(text), () => withoutBlock(text, "9f86d081"), () => scheduledIn(text)])
      expect(edit).toThrow(expect.objectContaining({ code: "bad-crontab" }))
  })

  it("refuses what cron would cut off", () => {
    const words = (length: number) => ["/n", `/${"é".repeat((length - 6) / 2)}`]
    expect(() => install("", { words: words(998) })).not.toThrow()
    expect(() => install("", { words: words(1_000) })).toThrow(
      expect.objectContaining({ code: "too-long", hint: expect.stringContaining("@FILE") }),
    )
  })
})

describe("scheduledIn", () => {
  it("reads back what was installed", () => {
    const odd: Scheduled = {
      ...plain,
      id: "00000001",
      environment: { XDG_STATE_HOME: "/s t", TORRENT_AUDIT_PACE: "polite" },
      words: ["/n", "/t.js", "it's 50%", "$HOME `x` \\", "é", "magnet:?xt=urn:btih:77&tr=http%3A%2F%2Fx"],
      mailto: "ann",
    }
    expect(scheduledIn(install(install(foreign.latin1), odd))).toEqual([plain, odd])
  })

  it("shows what somebody has rewritten as one word", () => {
    const changed = drawn.replace("/srv/x.torrent", '"$HOME/x.torrent"')
    expect(scheduledIn(changed)[0]?.words).toHaveLength(1)
    expect(scheduledIn(drawn.replace(/^17.*\n/m, ""))[0]).toMatchObject({ expression: "", words: [] })
  })
})

describe("quoteWord", () => {
  it.each([
    ["/srv/x.torrent", "/srv/x.torrent"],
    ["@/srv/my list", "'@/srv/my list'"],
    ["50%", String.raw`50\%`],
    ["it's", String.raw`it\'s`],
    ["a&b%3A", String.raw`'a&b'\%3A`],
    ["", "''"],
  ])("%s", (word, quoted) => {
    expect(quoteWord(word)).toBe(quoted)
  })

  const word = string({ unit: "grapheme" }).map((text) => text.replaceAll(/\p{Cc}/gu, ""))

  it("has no bare %, and is read back", () => {
    assert(
      property(array(word, { minLength: 1 }), (words) => {
        const quoted = words.map(quoteWord).join(" ")
        expect(unquoteWords(quoted)).toEqual(words)
        expect(quoted).not.toMatch(/(^|[^\\])%/)
      }),
    )
  })

  it("means the same word to a shell, whether cron takes the backslash before % away or not", () => {
    assert(
      property(array(word, { minLength: 1, maxLength: 30 }), (words) => {
        const quoted = words.map(quoteWord).join(" ")
        for (const command of [quoted, quoted.replaceAll("\\%", "%")]) {
          const { stdout } = spawnSync("/bin/sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" })
          expect(stdout).toBe(words.map((each) => `${each}\n`).join(""))
        }
      }),
      { numRuns: 40 },
    )
  })
})

it("says what to do where there is no cron", async () => {
  const crontab = userCrontab({ PATH: "/nonexistent" }, "/nonexistent")
  await expect(crontab.scheduled()).rejects.toMatchObject({
    code: "no-cron",
    message: "crontab is not installed",
  })
})

it("several at once wait for each other, so that none is lost", async () => {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-crontab-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const program = `#!/bin/sh\nif [ "$1" = -l ]; then cat ${folder}/tab; else cat > ${folder}/tab; fi\n`
  writeFileSync(join(folder, "crontab"), program, { mode: 0o755 })
  writeFileSync(join(folder, "tab"), "# mine\n")
  const crontab = userCrontab({ PATH: `${folder}:${process.env["PATH"]}` }, folder)
  const ids = ["00000001", "00000002", "00000003"]
  await Promise.all(ids.map((id) => crontab.install({ ...plain, id }, { dryRun: false })))
  expect((await crontab.scheduled()).map(({ id }) => id).toSorted()).toEqual(ids)
  expect(readFileSync(join(folder, "tab"), "utf8")).toMatch(/^# mine\n/)
})
