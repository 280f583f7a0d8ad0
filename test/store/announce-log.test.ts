import { randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { gzipSync } from "node:zlib"
import * as fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { announceLog as schema } from "../../src/evidence.ts"
import { limits } from "../../src/limits.ts"
import { readAccessLine } from "../../src/store/announce-log/access-line.ts"
import { readReportLine } from "../../src/store/announce-log/report-line.ts"
import { checkAnnounceLog, collectAnnounces, readAnnounceLog } from "../../src/store/announce-log.ts"

const infoHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
const peerId = "2d5452333030302d616263646566676869303132"
const of = { infoHashV1: infoHash, infoHashV2: null }
/** Null: it is no longer there. */
const linkOf = (path: string) => {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
const percent = (hex: string) => hex.replaceAll(/../g, "%$&")
const never = new AbortController().signal

const line = (overrides: Record<string, unknown> = {}) =>
  JSON.stringify({
    at: "2026-03-14T09:15:00.000Z",
    infoHash,
    ip: "192.0.2.7",
    port: 6881,
    peerId,
    event: "started",
    uploaded: 1,
    downloaded: 2,
    left: 3,
    ...overrides,
  })
const report = {
  at: "2026-03-14T09:15:00.000Z",
  address: "192.0.2.7:6881",
  peerId,
  event: "started",
  uploadedBytes: 1,
  downloadedBytes: 2,
  leftBytes: 3,
}
const query = `info_hash=${percent(infoHash)}&peer_id=-TR3000-abcdefghi012&port=6881&uploaded=1&downloaded=2&left=3&event=started&ip=203.0.113.99`
const accessLine = (request: string, rest = '200 153 "-" "Transmission/3.00"') =>
  `192.0.2.7 - - [14/Mar/2026:10:15:00 +0100] "${request}" ${rest}`

async function* chunksOf(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const collect = (text: string, size?: number) => collectAnnounces(chunksOf(text, size), of, never)

describe("a line of JSON", () => {
  test.each<[string, Record<string, unknown>, object]>([
    ["as documented", {}, {}],
    ["a number of seconds", { at: 1_773_479_700 }, {}],
    ["a number of milliseconds", { at: 1_773_479_700_000 }, {}],
    ["hash and peer id in capitals", { infoHash: infoHash.toUpperCase(), peerId: peerId.toUpperCase() }, {}],
    ["hash and peer id percent-encoded", { infoHash: percent(infoHash), peerId: "-TR3000-abcdefghi012" }, {}],
    ["IPv6", { ip: "2001:DB8:0:0::7" }, { address: "[2001:db8::7]:6881" }],
    ["IPv4 within IPv6", { ip: "::ffff:192.0.2.7" }, {}],
    ["bittorrent-tracker's event names", { event: "complete" }, { event: "completed" }],
    ["no event", { event: undefined }, { event: "update" }],
    ["BEP 21's paused", { event: "paused" }, { event: "update" }],
    ["an event from Object's prototype", { event: "constructor" }, { event: "update" }],
    [
      "figures that nobody can have",
      { left: -1, uploaded: 1e300, downloaded: "2" },
      { leftBytes: null, uploadedBytes: null, downloadedBytes: null },
    ],
    ["fields of others", { note: { deep: [1] } }, {}],
    ["a peer id of another length", { peerId: "abc" }, { peerId: null }],
  ])("%s", (_, overrides, expected) => {
    expect(readReportLine(line(overrides))).toEqual({ infoHash, report: { ...report, ...expected } })
  })

  test.each<[string, string]>([
    ["no JSON", "{"],
    ["not an object", "[1]"],
    ["no hash", line({ infoHash: undefined })],
    ["a hash of another length", line({ infoHash: "9f" })],
    ["a broken escape", line({ infoHash: "%9" })],
    ["no time", line({ at: "yesterday" })],
    ["a time out of range", line({ at: 1e20 })],
    ["an address that is none", line({ ip: "tracker.example.org" })],
    ["port 0", line({ port: 0 })],
    ["a port in words", line({ port: "6881" })],
  ])("%s is no announce", (_, text) => {
    expect(readReportLine(text)).toBeNull()
  })
})

describe("a line of an access log", () => {
  test.each<[string, string, object]>([
    ["combined", accessLine(`GET /announce?${query} HTTP/1.1`), {}],
    ["common", accessLine(`GET /announce?${query} HTTP/1.0`, "200 153"), {}],
    ["a passkey", accessLine(`GET /0123456789abcdef/announce?${query} HTTP/1.1`), {}],
    ["a script", accessLine(`GET /announce.php?${query} HTTP/1.1`), {}],
    [
      "a virtual host before it",
      `tracker.example.org:80 ${accessLine(`GET /announce?${query} HTTP/1.1`)}`,
      {},
    ],
    [
      "bytes as the server escaped them",
      accessLine(
        `GET /announce?${query.replace("-TR3000-abcdefghi012", String.raw`-TR3000-abcdefg\xff\"12\x00`)} HTTP/1.1`,
      ),
      { peerId: `${Buffer.from("-TR3000-abcdefg").toString("hex")}ff22313200` },
    ],
    ["a parameter given twice", accessLine(`GET /announce?${query}&left=0 HTTP/1.1`), {}],
    [
      "no figures",
      accessLine(`GET /announce?${query.replace("left=3", "left=x")} HTTP/1.1`),
      { leftBytes: null },
    ],
  ])("%s", (_, text, expected) => {
    expect(readAccessLine(text)).toEqual({ infoHash, report: { ...report, ...expected } })
  })

  test.each<[string, string]>([
    ["another page", accessLine(`GET /stats?${query} HTTP/1.1`)],
    ["a page whose query names it", accessLine(`GET /x?y=/announce?${query} HTTP/1.1`)],
    ["a scrape", accessLine(`GET /scrape?${query} HTTP/1.1`)],
    ["one that was refused", accessLine(`GET /announce?${query} HTTP/1.1`, "403 9")],
    ["no port", accessLine(`GET /announce?${query.replace("port=6881", "")} HTTP/1.1`)],
    ["a month that is none", accessLine(`GET /announce?${query} HTTP/1.1`).replace("Mar", "Mrz")],
    ["a name for an address", accessLine(`GET /announce?${query} HTTP/1.1`).replace("192.0.2.7", "home")],
    ["a request without an end", `192.0.2.7 - - [14/Mar/2026:10:15:00 +0100] "GET /announce?${query}`],
  ])("%s is no announce", (_, text) => {
    expect(readAccessLine(text)).toBeNull()
  })
})

test("of other torrents nothing more is looked at", () => {
  const access = accessLine(`GET /announce?${query} HTTP/1.1`)
  expect([readReportLine(line(), () => false), readAccessLine(access, () => false)]).toEqual([
    "unwanted",
    "unwanted",
  ])
})

describe("a log", () => {
  test("of both kinds, with other torrents and other things in it", async () => {
    const later = line({ at: "2026-03-14T09:16:00.000Z" })
    const access = accessLine(`GET /announce?${query} HTTP/1.1`)
    const text = [later, "nonsense", "", line({ infoHash: peerId }), access, line()].join("\r\n")
    const found = await collect(text)
    expect(found).toMatchObject({ lines: 5, unreadable: 1, dropped: 0 })
    expect(found.reports.map(({ at }) => at.slice(14, 16))).toEqual(["15", "15", "16"])
    expect(schema.parse(found)).toEqual(found)
  })

  test("by a v2 hash, whole or cut short", async () => {
    const v2 = infoHash + "00".repeat(12)
    const text = [line(), line({ infoHash: v2 })].join("\n")
    const found = await collectAnnounces(chunksOf(text), { infoHashV1: null, infoHashV2: v2 }, never)
    expect(found.reports).toHaveLength(2)
  })

  test("a line without end takes no memory and hides no other", async () => {
    const text = `${line()}\n${"x".repeat(3 * limits.announceLog.maxLineBytes)}\n${line()}\n`
    expect(await collect(text, 1_000)).toMatchObject({ lines: 3, unreadable: 1, reports: [report, report] })
  })

  test("of too many announces the last ones stay, in order", async () => {
    const { maxReports } = limits.announceLog
    const text = Array.from(
      { length: maxReports + 5 },
      (_, i) => `${line({ at: 1_773_479_700 + i })}\n`,
    ).join("")
    const found = await collect(text, 65_536)
    expect(found).toMatchObject({ lines: maxReports + 5, dropped: 5 })
    expect(found.reports).toHaveLength(maxReports)
    expect(found.reports[0]?.at).toBe("2026-03-14T09:15:05.000Z")
    expect(found.reports.map(({ at }) => at)).toEqual(found.reports.map(({ at }) => at).toSorted())
  })

  test("whatever bytes come, in whatever pieces", async () => {
    const pieces = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
        fc.constantFrom(
          line(),
          accessLine(`GET /announce?${query} HTTP/1.1`),
          "\n",
          "[",
          '"',
          "{",
          "%",
          "\\x",
        ),
      ),
      { maxLength: 20 },
    )
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 64 }), async (parts, size) => {
        const text = Buffer.from(parts.join(""), "latin1")
        const found = await collectAnnounces(chunksOf(text, size), of, never)
        schema.parse(found)
        expect(found).toEqual(await collectAnnounces(chunksOf(text, 4_096), of, never))
        expect(found.unreadable + found.reports.length).toBeLessThanOrEqual(found.lines)
      }),
      { numRuns: 300 },
    )
  })
})

describe("a file", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "torrent-audit-log-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test.each([
    ["plain", (text: string) => Buffer.from(text)],
    ["gzipped", (text: string) => gzipSync(text)],
  ])("%s", async (_, pack) => {
    const file = join(folder, "log")
    writeFileSync(file, pack(`${line()}\n${line()}\n`))
    expect(await readAnnounceLog(file, of, never)).toMatchObject({ lines: 2, reports: [report, report] })
  })

  test("a gzip file that breaks off counts as far as it goes", async () => {
    const file = join(folder, "log.gz")
    writeFileSync(file, gzipSync(`${line()}\n`.repeat(1_000)).subarray(0, -12))
    const { reports } = await readAnnounceLog(file, of, never)
    expect(reports.length).toBeLessThanOrEqual(1_000)
  })

  test("a damaged gzip file is not left open", async () => {
    const file = join(folder, "log.gz")
    const packed = gzipSync(randomBytes(1_000_000))
    writeFileSync(file, packed.fill(0xff, 10, 20))
    await readAnnounceLog(file, of, never)
    await sleep(50)
    const open = readdirSync("/proc/self/fd").map((fd) => linkOf(`/proc/self/fd/${fd}`))
    expect(open).not.toContain(file)
  })

  test("a gzip file that grows beyond any log's is read so far, and what was lost is counted", async () => {
    const file = join(folder, "log.gz")
    writeFileSync(file, gzipSync(Buffer.concat([Buffer.from(`${line()}\n`), Buffer.alloc(40_000_000, " ")])))
    expect(await readAnnounceLog(file, of, never)).toMatchObject({
      lines: 2,
      unreadable: 1,
      reports: [report],
    })
  })

  test.each([
    ["that is not there", "none", "no such file"],
    ["that is a directory", ".", "is a directory"],
  ])("%s is the user's mistake", async (_, name, why) => {
    await expect(checkAnnounceLog(join(folder, name))).rejects.toMatchObject({
      code: "no-file",
      message: expect.stringContaining(why) as string,
    })
  })
})
