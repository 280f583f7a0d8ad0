/** All time and all chance of an audit are its network's: else no session with a stranger could be played again. */
import { expect, test } from "vitest"
import type { Evidence } from "../../src/evidence.ts"
import { audited, torrentOf } from "../fuzz/sessions/audited.ts"
import { dialledScene } from "../fuzz/sessions/peer.ts"
import { peerSeeds } from "../fuzz/sessions/peer-seeds.ts"

test("the same bytes play the same session, to the millisecond and the last address", async () => {
  const [, , , , bytes = new Uint8Array()] = peerSeeds()
  const seen: Evidence[] = []
  for (let times = 0; times < 2; times++)
    await audited(bytes, { ...dialledScene(bytes), check: (evidence) => seen.push(evidence) })
  const [first, second] = seen.map(({ run, ...rest }) => ({ ...rest, run: { ...run, usage: null } }))
  expect(first?.peers.length).toBeGreaterThan(1)
  // Whom the user named was once dated by the system's clock.
  expect(second).toEqual(first)
})

test("at its timeout an audit says goodbye for as long as the network's clock leaves", async () => {
  const body = "d8:intervali1800e5:peers0:e"
  const timeoutMs = 5_000
  const seen: Evidence[] = []
  await audited(new Uint8Array(), {
    torrent: torrentOf(false),
    options: {
      depth: "discover",
      trackers: ["http://10.0.0.4/announce", "http://10.0.0.4:81/announce"],
      timeoutMs,
    },
    stage(internet) {
      internet.serve({ host: "10.0.0.4", port: 80 }, (stream) => {
        stream.on("data", (request: Buffer) => {
          const isGoodbye = request.includes("event=stopped")
          if (!isGoodbye) stream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
        })
        stream.on("end", () => stream.end())
      })
      // Keeps the audit until its deadline.
      internet.serve({ host: "10.0.0.4", port: 81 }, (stream) => stream.resume())
    },
    check: (evidence) => seen.push(evidence),
  })
  const [evidence] = seen
  expect(evidence?.run.stopReason).toBe("timeout")
  expect(evidence?.trackers[0]?.announces.map(({ event, ok }) => [event, ok])).toEqual([
    ["started", true],
    ["stopped", false],
  ])
  expect(evidence?.run.durationMs).toBe(timeoutMs)
})
