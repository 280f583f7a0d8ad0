import { expect, test } from "vitest"
import { renderTerminal } from "../../src/render/terminal.ts"
import type { AnnounceReport } from "../../src/evidence.ts"
import { snapshot } from "./snapshots.ts"

const report: AnnounceReport = {
  at: "2026-03-14T09:15:00.000Z",
  address: "203.0.113.7:6881",
  peerId: null,
  event: "update",
  uploadedBytes: 0,
  downloadedBytes: 0,
  leftBytes: 0,
}
const plain = { columns: 80, color: false, ascii: false, top: 5, verbose: false }
const drawn = (counts: object, columns = 80) =>
  renderTerminal(
    { ...snapshot(), announceLog: { reports: [], lines: 0, unreadable: 0, dropped: 0, ...counts } },
    { ...plain, columns },
  )

test.each([
  [{ reports: [report, report], lines: 30 }, "Announce log: 2 announces of this swarm in 30 lines\n"],
  [
    { lines: 7, unreadable: 7 },
    "Announce log: 0 announces of this swarm in 7 lines; 7 lines are no announce\n",
  ],
  [
    { reports: [report], lines: 3, unreadable: 1, dropped: 1 },
    "Announce log: 1 announce of this swarm in 3 lines; 1 line is no announce; 1\nolder announce was left out\n",
  ],
])("%o", (counts, expected) => {
  expect(drawn(counts)).toContain(`\n${expected}`)
})

test("no line is wider than the terminal; without a log there is none", () => {
  const wide = drawn({ lines: 1_000_000, unreadable: 1_000_000, dropped: 20_000 }, 40).split("\n")
  expect(Math.max(...wide.map((line) => line.length))).toBeLessThanOrEqual(40)
  expect(renderTerminal(snapshot(), plain)).not.toContain("Announce log")
})
