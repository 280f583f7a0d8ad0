import { expect, test } from "vitest"
import { statusLine, verdictLine } from "../../src/render/status-line.ts"
import { width } from "../../src/render/text.ts"
import { allChoked, empty, hostile, scraped } from "./cases.ts"
import { progress } from "./progress-states.ts"
import { rich } from "./snapshots.ts"

const plain = { columns: 80, color: false, ascii: false }

test("a running audit in a line", () => {
  expect(statusLine(progress())).toBe(
    "0:42 elapsed, 3:00 at most; trackers 2 of 3 answered; peers 55 of 69 dialled, 24 handshakes; " +
      "pieces 19 of 32 verified, 5.0 MiB at 1.4 MiB/s",
  )
})

test("a magnet's search in a line", () => {
  const dht = { asked: 118, answered: 64, peers: 51, settled: true }
  expect(statusLine(progress({ dht, metadata: { asked: 1, asking: 1 } }))).toContain(
    "; DHT 64 of 118 nodes answered; metadata asked of 1 peer; peers 55",
  )
})

test("finished audits align", () => {
  expect([rich(), empty(), allChoked(), scraped()].map((snapshot) => verdictLine(snapshot, plain))).toEqual([
    "▲ WARNING   example-os-13.1-amd64.iso  seeders 19 of 48 claimed, 20.83 copies,…",
    "✗ CRITICAL  example-os-13.1-amd64.iso  seeders 0 of 0 claimed, 1 problem",
    "? UNKNOWN   example-os-13.1-amd64.iso  0 seeders, 0.80 copies, 2 pieces were no…",
    "? UNKNOWN   example-os-13.1-amd64.iso  seeders 48 claimed, 1 problem, depth scr…",
  ])
})

test("a hostile name stays in its line", () => {
  const line = verdictLine(hostile(), { ...plain, ascii: true })
  expect(line).toMatch(/^! {2}WARNING {3}\.\]0;owned[\x20-\x7e]*$/)
  expect(width(line)).toBeLessThanOrEqual(80)
})
