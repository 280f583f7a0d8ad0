import { assert, property, string } from "fast-check"
import { expect, test } from "vitest"
import { renderProm } from "../../src/render/prom.ts"
import type { Snapshot } from "../../src/report.ts"
import { rich, snapshot } from "./snapshots.ts"

const named = (name: string): Snapshot => {
  const drawn = rich()
  return { ...drawn, torrent: { ...drawn.torrent, name } }
}

/** The text format's own rules for one sample line: name, labels with \\, \" and \n escaped, a value, no timestamp. */
const sample =
  /^torrent_audit_[a-z_]+\{info_hash="[0-9a-f]{40,64}"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\} -?[0-9.e+]+$/

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))

test("the metrics of the specification", () => {
  const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
  const lines = linesOf(renderProm([rich()]))
  for (const line of [
    `torrent_audit_verdict{info_hash="${hash}",status="warning"} 1`,
    `torrent_audit_verdict{info_hash="${hash}",status="ok"} 0`,
    `torrent_audit_seeders_claimed{info_hash="${hash}"} 48`,
    `torrent_audit_seeders_reached{info_hash="${hash}"} 19`,
    `torrent_audit_seeders_verified{info_hash="${hash}"} 11`,
    `torrent_audit_availability_copies{info_hash="${hash}"} 20.83`,
    `torrent_audit_reach_ratio{info_hash="${hash}"} 0.39`,
    `torrent_audit_last_success_timestamp_seconds{info_hash="${hash}"} ${Date.parse("2026-03-14T09:17:51Z") / 1_000}`,
  ])
    expect(lines).toContain(line)
  expect(lines.filter((line) => !sample.test(line))).toEqual([])
  expect(renderProm([rich()])).not.toMatch(/203\.0\.113|2001:db8/)
})

test("what was not measured has no sample, and no empty family", () => {
  const drawn = snapshot()
  const scraped = { ...drawn, run: { ...drawn.run, depth: "scrape" as const } }
  const text = renderProm([scraped])
  expect(text).not.toMatch(/reached|verified|copies|reach_ratio|goodput|claimed/)
  expect(text).toContain("torrent_audit_verdict")
})

test("an audit without an answer keeps the time of the last one that had one", () => {
  const drawn = rich()
  const unknown: Snapshot = { ...drawn, verdict: { ...drawn.verdict, status: "unknown", exitCode: 3 } }
  expect(renderProm([unknown])).not.toContain("last_success")
  const hash = drawn.torrent.infoHashV1 ?? ""
  expect(renderProm([unknown], new Map([[hash, "2026-03-13T00:00:00.000Z"]]))).toContain(
    `last_success_timestamp_seconds{info_hash="${hash}"} ${Date.parse("2026-03-13T00:00:00Z") / 1_000}\n`,
  )
})

test("several torrents: a family's samples together, one torrent once", () => {
  const other = named("other")
  const second = { ...other, torrent: { ...other.torrent, infoHashV1: null, infoHashV2: "b".repeat(64) } }
  const text = renderProm([rich(), second, rich()])
  expect(text.match(/# TYPE torrent_audit_verdict gauge/g)).toHaveLength(1)
  expect(linesOf(text).length).toBe(new Set(linesOf(text).map((line) => line.replace(/ \S+$/, ""))).size)
  expect(text).toContain(`info_hash="${"b".repeat(64)}",name="other"`)
})

test("a hostile name stays one label", () => {
  assert(
    property(string({ unit: "binary", maxLength: 500 }), (name) => {
      expect(linesOf(renderProm([named(name)])).filter((line) => !sample.test(line))).toEqual([])
    }),
  )
  expect(renderProm([named('a"} 1\nb\\')])).toContain('name="a\\"} 1·b\\\\"')
})
