/** The tap, as a tracker's operator would have it. */
import { expect, test } from "vitest"
import { share } from "../../src/demo/holdings.ts"
import { reportRegularly } from "../../src/demo/reports.ts"
import { readReportLine } from "../../src/store/announce-log/report-line.ts"
import { peerFor, smallPayload, trackerFor } from "../support/swarm.ts"

const { infoHash, pieceCount } = smallPayload
const infoHashHex = Buffer.from(infoHash).toString("hex")

function reportIn(line: string) {
  const read = readReportLine(line.trimEnd())
  return read === null || read === "unwanted" ? null : read.report
}

test("each announce is a line that the reader understands", async () => {
  const lines: string[] = []
  const tracker = await trackerFor({ log: (line) => lines.push(line) })
  const peerId = Buffer.from("-TR3000-abcdefghi012")
  await tracker.register({ infoHash, peerId, port: 6881, leftBytes: 7 })
  await tracker.register({
    infoHash,
    peerId,
    port: 6881,
    leftBytes: 5,
    event: "update",
    uploadedBytes: 3,
    downloadedBytes: 2,
  })
  const told = lines.map((line) => readReportLine(line.trimEnd()))
  const report = { address: "127.0.0.1:6881", peerId: peerId.toString("hex") }
  expect(lines.every((line) => line.endsWith("\n"))).toBe(true)
  expect(told).toMatchObject([
    { infoHash: infoHashHex, report: { ...report, event: "started", leftBytes: 7, uploadedBytes: 0 } },
    { report: { ...report, event: "update", leftBytes: 5, uploadedBytes: 3, downloadedBytes: 2 } },
  ])
})

test("reporters tell what they hold, or what they are told to", async () => {
  const lines: string[] = []
  const tracker = await trackerFor({ log: (line) => lines.push(line) })
  const seeder = await peerFor()
  const liar = await peerFor({ holds: share(pieceCount, 0.5) })
  const reporters = reportRegularly(
    tracker,
    smallPayload,
    [{ peer: seeder }, { peer: liar, figures: { leftBytes: 0, downloadedBytes: 9 } }],
    60_000,
  )
  await reporters.announce()
  reporters.stop()
  const told = lines.map((line) => reportIn(line))
  expect(told.toSorted((a, b) => (a?.downloadedBytes ?? 0) - (b?.downloadedBytes ?? 0))).toMatchObject([
    { address: seeder.address, leftBytes: 0, downloadedBytes: 0, uploadedBytes: 0 },
    { address: liar.address, leftBytes: 0, downloadedBytes: 9 },
  ])
})
