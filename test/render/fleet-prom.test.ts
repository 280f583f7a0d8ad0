import * as fc from "fast-check"
import { expect, test } from "vitest"
import { renderFleetProm } from "../../src/render/fleet-prom.ts"
import { renderProm } from "../../src/render/prom.ts"
import {
  at,
  audited,
  before,
  fleetStatus,
  points,
  smallFleet,
  torrent,
  vantage,
  view,
} from "./fleet-statuses.ts"
import { rich } from "./snapshots.ts"

/** The text format's own rules for one sample line: name, labels with \\, \" and \n escaped, a value, no timestamp. */
const sample =
  /^torrent_audit_[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?[0-9.e+]+$/

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
const seconds = (iso: string) => Date.parse(iso) / 1_000
const hash = torrent("x", []).infoHash
const of = (views: Parameters<typeof torrent>[1]) =>
  renderFleetProm(fleetStatus({ torrents: [torrent("x", views)] }))

test("each torrent from each vantage point, then the places, then the fleet", () => {
  const fleet = smallFleet()
  const lines = linesOf(renderFleetProm(fleet))
  const dead = torrent("dataset-2019.tar", []).infoHash
  const failed = torrent("films-1931", []).infoHash
  for (const line of [
    `torrent_audit_verdict{info_hash="${dead}",vantage="fra",status="critical"} 1`,
    `torrent_audit_verdict{info_hash="${dead}",vantage="fra",status="ok"} 0`,
    `torrent_audit_info{info_hash="${dead}",vantage="fra",name="example-os-13.1-amd64.iso"} 1`,
    `torrent_audit_seeders_claimed{info_hash="${dead}",vantage="nyc"} 12`,
    `torrent_audit_seeders_reached{info_hash="${dead}",vantage="nyc"} 0`,
    `torrent_audit_availability_copies{info_hash="${dead}",vantage="nyc"} 0.98`,
    `torrent_audit_problems{info_hash="${dead}",vantage="ber",verdict="fail"} 1`,
    `torrent_audit_last_success_timestamp_seconds{info_hash="${dead}",vantage="ber"} ${seconds(before(2)) + 60}`,
    `torrent_audit_failed{info_hash="${failed}",vantage="ber"} 1`,
    `torrent_audit_failed{info_hash="${dead}",vantage="ber"} 0`,
    `torrent_audit_next_due_timestamp_seconds{info_hash="${dead}",vantage="ber"} ${seconds(before(-5))}`,
    'torrent_audit_fleet_workers{vantage="ber"} 1',
    'torrent_audit_fleet_workers{vantage="nyc"} 0',
    `torrent_audit_fleet_worker_seen_timestamp_seconds{vantage="nyc"} ${seconds(before(9))}`,
    'torrent_audit_fleet_blind{vantage="nyc"} 0',
    'torrent_audit_fleet_audits_last_day{vantage="nyc"} 41',
    'torrent_audit_fleet_torrents{status="critical"} 1',
    'torrent_audit_fleet_torrents{status="failed"} 1',
    'torrent_audit_fleet_torrents{status="awaited"} 1',
    "torrent_audit_fleet_audits_waiting 12",
    "torrent_audit_fleet_audits_retrying 1",
    "torrent_audit_fleet_audits_running 3",
    `torrent_audit_fleet_oldest_due_timestamp_seconds ${seconds(before(2))}`,
    "torrent_audit_fleet_failed_last_day 3",
    `torrent_audit_fleet_status_timestamp_seconds ${seconds(at)}`,
  ])
    expect(lines).toContain(line)
  expect(lines.filter((line) => !sample.test(line))).toEqual([])
})

test("a torrent's metrics are those of a single audit, in name and meaning", () => {
  const heads = (text: string) => text.split("\n").filter((line) => line.startsWith("#"))
  expect(heads(renderFleetProm(smallFleet()))).toEqual(expect.arrayContaining(heads(renderProm([rich()]))))
})

test("what was not measured has no sample, and no empty family", () => {
  const scrape = {
    depth: "scrape",
    seedersReached: 0,
    copies: null,
    reachRatio: null,
    medianBytesPerSecond: null,
  } as const
  const text = of([view({ newest: audited(1, scrape), nextDueAt: null })])
  expect(text).not.toMatch(/reached|verified|copies|reach_ratio|goodput|next_due|oldest_due/)
  expect(text).toContain("torrent_audit_seeders_claimed")
  const handshake = of([view({ newest: audited(1, { depth: "handshake" }) })])
  expect(handshake).toContain("seeders_reached")
  expect(handshake).not.toContain("seeders_verified")
  expect(of([view({ newest: null })])).not.toContain("torrent_audit_verdict")
})

test("an audit without an answer keeps the time of the last one that had one", () => {
  const unknown = audited(1, { status: "unknown" })
  const success = (views: Parameters<typeof of>[0]) => /last_success\S+ (\d+)/.exec(of(views))?.[1]
  expect(success([view({ newest: unknown })])).toBe(String(seconds(before(25)) + 60))
  const recent = [...points([[9, 4]]), ...points([[1, 0]], { status: "unknown" })]
  expect(success([view({ newest: unknown, recent })])).toBe(String(seconds(before(9))))
  expect(success([view({ newest: unknown, dayBefore: unknown })])).toBeUndefined()
})

test("each sample stands once, each family together", () => {
  const text = renderFleetProm(smallFleet())
  const lines = linesOf(text)
  expect(new Set(lines.map((line) => line.replace(/ \S+$/, ""))).size).toBe(lines.length)
  const types = text.match(/^# TYPE .*$/gm) ?? []
  expect(new Set(types).size).toBe(types.length)
})

test("a hostile name or label stays one label", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
      const views = [view({ vantage: name, newest: audited(1, { name }) })]
      const text = renderFleetProm(
        fleetStatus({ torrents: [torrent("x", views)], vantages: [vantage(name)] }),
      )
      expect(linesOf(text).filter((line) => !sample.test(line))).toEqual([])
    }),
  )
  expect(of([view({ newest: audited(1, { name: 'a"} 1\nb\\' }) })])).toContain(
    `torrent_audit_info{info_hash="${hash}",vantage="ber",name="a\\"} 1·b\\\\"} 1`,
  )
})
