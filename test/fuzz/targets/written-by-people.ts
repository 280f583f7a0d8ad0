/** What people write: configuration, lists of targets, schedules, options' values. */
import { quoteWord, unquoteWords } from "../../../src/store/crontab/words.ts"
import { scheduledIn as inCrontab, withBlock, withoutBlock } from "../../../src/store/crontab/blocks.ts"
import { parseCronExpression } from "../../../src/store/cron-expression.ts"
import { calendarOf } from "../../../src/store/systemd/calendar.ts"
import { scheduledIn as inUnit, unitsOf } from "../../../src/store/systemd/units.ts"
import { readConfigFile } from "../../../src/store/config-file.ts"
import { jsonErrorAt } from "../../../src/store/json-error.ts"
import { checkSettings, settingsOfEnvironment, settingsOfFile } from "../../../src/commands/config/layers.ts"
import { namedBy } from "../../../src/commands/many/words.ts"
import { parseLimit, rangeOf } from "../../../src/commands/request/ranges.ts"
import { limits } from "../../../src/limits.ts"
import { parseProxy } from "../../../src/network.ts"
import { bytesOf, must, orRefused, orRefusedLater, same, textOf } from "../claims.ts"
import { scratchFile } from "../scratch.ts"
import type { FuzzTarget } from "../target.ts"

export const config: FuzzTarget = {
  name: "config-file",
  group: "files",
  async run(input) {
    const text = textOf(input)
    const { line, column } = jsonErrorAt(text)
    must(line >= 1 && column >= 1 && line <= text.split("\n").length, "a place in the file")
    const path = scratchFile("config.json", input)
    const entries = await orRefusedLater(() => readConfigFile(path, true))
    if (entries === null) return
    const settings = orRefused(() => settingsOfFile(path, entries))
    if (settings) await orRefusedLater(() => checkSettings(settings, ({ name }) => name))
  },
  *seeds() {
    const texts = [
      '{"maxPeers": 50, "pace": "polite"}',
      '{"tracker": ["udp://t.example:1/announce"], "timeout": "30 s", "dht": false}',
    ]
    texts.push(
      '{"warning": ["seeders=2:"], "proxy": "socks5://u:p@h:1", "maxDownload": "10MB"}',
      "{,}",
      '{"maxPeers": }',
      "\ufeff{}",
    )
    for (const text of texts) yield new Uint8Array(Buffer.from(text))
  },
  dictionary: [
    '"maxPeers":',
    '"pace":',
    '"tracker":',
    '"timeout":',
    '"warning":',
    '"format":',
    '"every":',
    '"$schema":',
    '"bind":',
  ],
}

export const environment: FuzzTarget = {
  name: "option-values",
  group: "files",
  maxBytes: 512,
  async run(input) {
    const [name = "", value = ""] = textOf(input).split("\n")
    const layers = orRefused(() => settingsOfEnvironment({ [`TORRENT_AUDIT_${name.toUpperCase()}`]: value }))
    for (const { variable, settings } of layers ?? [])
      await orRefusedLater(() => checkSettings(settings, () => variable))
    const limit = orRefused(() => parseLimit(value))
    if (limit) must(limit.low === null || limit.high === null || limit.low <= limit.high, "a range")
    const range = rangeOf(value)
    must(range === null || Number.isFinite(range.low ?? 0), "an end")
    const proxy = orRefused(() => parseProxy(value))
    if (proxy) must(proxy.host !== "" && proxy.port > 0 && proxy.port < 65_536, "a proxy")
  },
  *seeds() {
    const texts = [
      "TIMEOUT\n1.5 h",
      "MAX_DOWNLOAD\n3.5GiB",
      "WARNING\nseeders=@1:5",
      "PROXY\nsocks5://a:b%40@[::1]:1080",
      "EVERY\n*/5 * * * *",
    ]
    for (const text of [
      ...texts,
      "TRACKER\nudp://a:1 http://b/",
      "BIND\n127.0.0.1",
      "FORMAT\njson",
      "CRITICAL\ncopies=~:1",
    ])
      yield bytesOf(text)
  },
  dictionary: [
    "MAX_PEERS",
    "MAX_DOWNLOAD",
    "SAMPLE",
    "PACE",
    "PORT",
    "seeders=",
    "copies=",
    "socks5://",
    "socks5h://",
  ],
}

export const crontab: FuzzTarget = {
  name: "crontab",
  group: "files",
  run(input) {
    const text = Buffer.from(input).toString("latin1")
    const found = orRefused(() => inCrontab(text))
    for (const { id, words, environment } of found ?? []) {
      must(/^[\da-f]{8}$/.test(id) && words.every((word) => !word.includes("\n")), "an id and words")
      must(
        Object.values(environment).every((value) => typeof value === "string"),
        "settings",
      )
      const left = withoutBlock(text, id)
      must(!inCrontab(left).some((other) => other.id === id), "what was removed is gone")
    }
    if (found === null || found.some(({ id }) => id === own.id)) return
    const { crontab } = withBlock(text, own, "user")
    must(crontab.startsWith(text), "lines of others stay")
    same(inCrontab(crontab).find(({ id }) => id === own.id)?.words, own.words, "read back")
    const removed = withoutBlock(crontab, own.id)
    must(removed === text || removed === `${text}\n`, "and nothing else is removed")
  },
  *seeds() {
    yield bytesOf(withBlock("MAILTO=me\n0 * * * * /bin/true\n", own, "user").crontab)
    yield bytesOf(withBlock("", { ...own, mailto: "x@y.test" }, "user").crontab)
    yield bytesOf("# >>> torrent-audit 01234567\n* * * * * a\n")
    yield bytesOf("# >>> torrent-audit 01234567\n5 4 * * * A=b 'c d' \\% e\n# <<< torrent-audit 01234567\r\n")
  },
  dictionary: [
    "# >>> torrent-audit 01234567\n",
    "# <<< torrent-audit 01234567\n",
    "MAILTO=",
    "\\%",
    "'\\''",
    "* * * * * ",
  ],
}

const own = {
  on: "cron" as const,
  id: "89abcdef",
  expression: "17 */6 * * *",
  environment: { XDG_STATE_HOME: "/a b" },
  words: ["/usr/bin/node", "x.js", "it's 100%", "magnet:?xt=urn:btih:a&dn=b"],
  mailto: null,
}

export const schedule: FuzzTarget = {
  name: "schedule-words",
  group: "files",
  maxBytes: 512,
  run(input) {
    const [expression = "", ...words] = Buffer.from(input).toString("latin1").split("\n")
    const times = orRefused(() => parseCronExpression(expression))
    if (times) {
      must(times.minutes.length > 0 && times.hours.length > 0 && times.months.length > 0, "times")
      must(
        times.minutes.every((minute) => minute >= 0 && minute < 60) && times.weekdays.every((day) => day < 7),
        "of a clock",
      )
      for (const line of calendarOf(times)) must(/^[\w*:,\- ]+$/.test(line), `a line for systemd: ${line}`)
      same(parseCronExpression(times.text), times, "written again")
    }
    const usable = words.filter((word) => !/\p{Cc}/u.test(word))
    same(unquoteWords(usable.map(quoteWord).join(" ")), usable, "words quoted and unquoted")
    const units = unitsOf({ ...own, on: "systemd", words: ["/bin/x", ...usable] }, true)
    same(inUnit("89abcdef", units.service)?.words, ["/bin/x", ...usable], "words of a unit")
    same(units.service.split("\n").filter((line) => line.startsWith("ExecStart=")).length, 1, "one command")
    inUnit("89abcdef", textOf(input))
    unquoteWords(textOf(input))
  },
  *seeds() {
    for (const text of [
      "0 6 28 2 *\na b\nit's",
      '*/5 1-5,7 * jan-mar mon\n%\n"$x\\',
      "59 23 31 12 7",
      "1 1 30 2 *",
    ])
      yield bytesOf(text)
    yield bytesOf(unitsOf({ ...own, on: "systemd" }, false).service)
  },
  dictionary: ["*/", "jan", "sun", "# torrent-audit schedule {", '"words":[', "'\\''", "$$", "%%"],
}

export const list: FuzzTarget = {
  name: "target-list",
  group: "files",
  async run(input) {
    // A folder of somebody's machine would be looked through.
    if (/(?:^|[\r\n])\s*(?:\/|[^\r\n]*\.\.)/.test(textOf(input))) return
    const path = scratchFile("list/targets.txt", input)
    const named = await orRefusedLater(() => namedBy([`@${path}`]))
    if (named === null) return
    must(named.length <= limits.many.maxTargets, "targets within bounds")
    must(
      named.every(({ target }) => target !== "" && !/[\r\n]/.test(target)),
      "a target a line",
    )
  },
  *seeds() {
    yield bytesOf(
      "# a list\nmagnet:?xt=urn:btih:aaaa\r\n./x.torrent\n\n-\n@other\nhttps://a.test/x.torrent\n.\n",
    )
    yield bytesOf(`${"a".repeat(40)}\nnowhere/*\n`)
  },
  dictionary: ["magnet:?", "https://", "@", "\r", "#", "~/", "\u0000"],
}
