/** The line against the Monitoring Plugins guidelines, by a parser written from them. */
import { assert, property, string } from "fast-check"
import { describe, expect, it, test } from "vitest"
import type { Limit, Metric } from "../../src/evidence.ts"
import { nagiosError, renderNagios } from "../../src/render/nagios.ts"
import type { Snapshot } from "../../src/report.ts"
import { finding, rich, snapshot } from "./snapshots.ts"

const limit = (metric: Metric, low: number | null, high: number | null = null, inside = false): Limit => ({
  metric,
  low,
  high,
  inside,
})

const held = (thresholds: Partial<Snapshot["run"]["thresholds"]>, drawn = rich()): Snapshot => ({
  ...drawn,
  run: { ...drawn.run, thresholds: { ...drawn.run.thresholds, ...thresholds } },
})

interface Datum {
  label: string
  value: string
  unit: string
  rest: string[]
}

/** "'label'=value[UOM];[warn];[crit];[min];[max]", separated by spaces. Throws on whatever the guidelines don't allow. */
function parsed(output: string): { service: string; status: string; text: string; data: Datum[] } {
  const lines = output.split("\n")
  if (lines.length !== 2 || lines[1] !== "") throw new Error(`${lines.length} lines`)
  const [text = "", perfdata = "", ...more] = (lines[0] ?? "").split("|")
  if (more.length > 0) throw new Error("a second bar")
  const head = /^([A-Z]+) (OK|WARNING|CRITICAL|UNKNOWN) - (.+)$/.exec(text.trim())
  if (!head) throw new Error(`no status: ${text}`)
  const range = /^@?(?:(?:~|-?\d+(?:\.\d+)?):)?(?:-?\d+(?:\.\d+)?)?$/
  const data = perfdata
    .trim()
    .split(/ +/)
    .filter((each) => each !== "")
    .map((each): Datum => {
      const found = /^([^=' ]+)=(U|-?\d+(?:\.\d+)?)(s|ms|us|%|B|KB|MB|TB|c)?((?:;[^;]*){0,4})$/.exec(each)
      if (!found) throw new Error(`no perfdata: ${each}`)
      const [, label = "", value = "", unit = "", tail = ""] = found
      const rest = tail.split(";").slice(1)
      if (rest.some((one) => !range.test(one))) throw new Error(`no range: ${each}`)
      return { label, value, unit, rest }
    })
  return { service: head[1] ?? "", status: head[2] ?? "", text: head[3] ?? "", data }
}

const bare = (drawn: Snapshot): Snapshot => ({ ...drawn, findings: drawn.findings.slice(0, 1) })

test("the line of the drawing", () => {
  const drawn = held({ warning: [limit("seeders", 5)], critical: [limit("seeders", 1), limit("copies", 1)] })
  expect(renderNagios([bare(drawn)])).toBe(
    "TORRENT WARNING - 19 seeders, 20.83 copies, 1/3 trackers dead | seeders=19;5:;1: copies=20.83;;1: reach=39%\n",
  )
})

test("--min-seeders and --min-availability are the critical ranges", () => {
  const { data } = parsed(renderNagios([held({ minSeeders: 3, minAvailability: 1.5 })]))
  expect(data).toMatchObject([
    { label: "seeders", rest: ["", "3:"] },
    { label: "copies", rest: ["", "1.5:"] },
    { label: "reach", unit: "%", rest: [] },
  ])
})

test.each<[Limit, string]>([
  [limit("seeders", 0, 10), "10"],
  [limit("seeders", 10), "10:"],
  [limit("seeders", null, 10), "~:10"],
  [limit("seeders", 10, 20), "10:20"],
  [limit("seeders", 10, 20, true), "@10:20"],
  [limit("seeders", 0), "0:"],
])("%j is written %s", (warning, written) => {
  expect(renderNagios([held({ warning: [warning] })])).toContain(`seeders=19;${written} `)
})

test("what a limit is on is always there, and U where it is not known", () => {
  const warning = [
    limit("rate", 100),
    limit("full-copy", null, 3_600),
    limit("missing-pieces", 0, 0),
    limit("dead-trackers", 0, 0),
    limit("leechers", 1),
  ]
  const { data } = parsed(renderNagios([held({ warning })]))
  expect(data.map(({ label, value, unit }) => `${label}=${value}${unit}`)).toEqual([
    "seeders=19",
    "leechers=8",
    "copies=20.83",
    "reach=39%",
    "missing-pieces=0",
    "rate=1228.8",
    "full-copy=738s",
    "dead-trackers=1",
  ])
  const empty = parsed(renderNagios([held({ warning }, snapshot())]))
  expect(empty.data).toMatchObject([
    { label: "seeders", value: "0" },
    { label: "leechers", value: "0" },
    { label: "missing-pieces", value: "U", rest: ["0"] },
    { label: "rate", value: "U" },
    { label: "full-copy", value: "U" },
    { label: "dead-trackers", value: "0" },
  ])
})

describe("what it says", () => {
  it("a limit's own sentence, and why there is no answer", () => {
    const drawn = snapshot({
      verdict: { status: "unknown", exitCode: 3, downloadable: "unknown", because: "No peer was heard of" },
      findings: [
        finding({
          audit: "below-threshold",
          verdict: "inconclusive",
          subject: "swarm",
          because: "1 seeder reached, 4 possible: at least 3 asked for",
        }),
      ],
    })
    expect(parsed(renderNagios([drawn])).text).toBe(
      "0 seeders, 1 seeder reached, 4 possible: at least 3 asked for, No peer was heard of",
    )
  })

  it("at depth scrape what trackers claim", () => {
    const drawn = rich()
    const scraped = { ...drawn, run: { ...drawn.run, depth: "scrape" as const } }
    expect(parsed(renderNagios([{ ...scraped, findings: [] }])).text).toBe("48 seeders claimed, 20.83 copies")
    expect(parsed(renderNagios([scraped])).data[0]).toMatchObject({ label: "seeders", value: "48" })
  })
})

test("several: counted on the first line, and the worst below it", () => {
  const dead: Snapshot = {
    ...snapshot(),
    verdict: { status: "critical", exitCode: 2, downloadable: "no", because: "The sources list nobody" },
    torrent: { ...snapshot().torrent, name: "dead | one\n" },
  }
  expect(renderNagios([snapshot(), rich(), dead]).split("\n")).toEqual([
    "TORRENT CRITICAL - 3 torrents: 1 critical, 1 warning, 1 ok | critical=1 unknown=0 warning=1 ok=1",
    "CRITICAL dead / one·: 0 seeders, The sources list nobody",
    "WARNING example-os-13.1-amd64.iso: 19 seeders, 20.83 copies, 1/3 trackers dead, corrupt-data",
    "OK example-os-13.1-amd64.iso: 0 seeders",
    "",
  ])
})

test("what came to no audit is unknown, also alone", () => {
  const failed = [{ name: "x|.torrent", message: "no such file" }]
  expect(renderNagios([snapshot()], failed).split("\n").slice(0, 2)).toEqual([
    "TORRENT UNKNOWN - 2 torrents: 1 unknown, 1 ok | critical=0 unknown=1 warning=0 ok=1",
    "UNKNOWN x/.torrent: no such file",
  ])
  expect(renderNagios([], failed)).toMatch(/^TORRENT UNKNOWN - 1 torrent: 1 unknown /)
  expect(renderNagios([])).toBe("TORRENT UNKNOWN - nothing was audited\n")
  const many = Array.from({ length: 100 }, () => rich())
  expect(renderNagios(many).length).toBeLessThan(8_192)
  expect(renderNagios(many)).toMatch(/\nand 60 more\n$/)
})

test("hostile words make no second bar, no second line and no other status", () => {
  assert(
    property(string({ unit: "binary", maxLength: 200 }), (word) => {
      const drawn = snapshot({
        findings: [
          finding({ audit: "below-threshold", verdict: "fail", subject: "swarm", because: word }),
          finding({ audit: word, verdict: "fail" }),
        ],
        verdict: { status: "critical", exitCode: 2, downloadable: "no", because: `${word}|` },
      })
      const { status, service } = parsed(renderNagios([drawn]))
      expect([service, status]).toEqual(["TORRENT", "CRITICAL"])
      expect(parsed(nagiosError(`x${word}`))).toMatchObject({ status: "UNKNOWN", data: [] })
    }),
  )
})
