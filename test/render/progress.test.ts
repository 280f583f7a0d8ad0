import { describe, expect, test } from "vitest"
import type { Progress } from "../../src/evidence.ts"
import { palette, symbolsFor } from "../../src/render/page.ts"
import { progressBlock } from "../../src/render/progress-block.ts"
import { createProgress, type ProgressMode } from "../../src/render/progress.ts"
import { remaining } from "../../src/render/remaining.ts"
import { progress } from "./progress-states.ts"
import { emulator } from "./emulator.ts"

interface Options {
  columns?: number
  ascii?: boolean
  color?: boolean
  rows?: number
}

/** A display on a small terminal, with a clock that only we move. */
function stage(mode: ProgressMode, options: Options = {}) {
  let columns = options.columns ?? 80
  let now = 1_000
  let ticker: { ms: number; act: () => void; due: number } | null = null
  const screen = emulator(columns, 40)
  const display = createProgress(mode, {
    write: screen.write,
    columns: () => columns,
    rows: () => options.rows ?? null,
    ascii: options.ascii ?? false,
    color: options.color ?? false,
    now: () => now,
    date: () => new Date(Date.UTC(2026, 2, 14, 9, 15, 0) + now),
    every(ms, act) {
      ticker = { ms, act, due: now + ms }
      return () => {
        ticker = null
      }
    },
  })
  return {
    screen,
    display,
    ticking: () => ticker !== null,
    pass: (ms: number) => {
      const until = now + ms
      for (let next = ticker; next !== null && next.due <= until; next = ticker) {
        now = next.due
        next.due += next.ms
        next.act()
      }
      now = until
    },
    resize: async (width: number) => {
      columns = width
      await screen.resize(width)
    },
  }
}

/** Sampling as it goes: a piece a second from 0:20 on. */
const sampling = (second: number): Progress =>
  progress({
    now: 20_000 + second * 1_000,
    pieces: {
      verified: Math.min(32, 1 + second),
      wanted: 32,
      bytes: 262_144 * second,
      bytesPerSecond: 262_144,
    },
  })

describe("live", () => {
  test("the interface's drawing, whole", () => {
    const dht = { asked: 118, answered: 64, peers: 51, settled: true }
    const style = { columns: 80, symbols: symbolsFor(false), paint: palette(false), wheel: "⠹" }
    expect(progressBlock(progress({ dht }), "example-os-13.1-amd64.iso", 20_000, style)).toEqual([
      "example-os-13.1-amd64.iso   3.69 GiB                  0:42 elapsed, 3:00 at most",
      " ✓ trackers   2 of 3 answered                                          44 peers",
      " ✓ DHT        118 nodes asked                                          51 peers",
      " ⠹ connect    55 of 69 dialled   24 handshakes   12 refused   11 timed out",
      " ⠹ sample     19 of 32 pieces    5.0 MiB at 1.4 MiB/s               about 0:20",
    ])
  })

  test("the block is the drawing", async () => {
    const { screen, display } = stage("live")
    display.update(progress())
    expect(await screen.rows()).toEqual([
      "example-os-13.1-amd64.iso   3.69 GiB                  0:42 elapsed, 3:00 at most",
      " ✓ trackers   2 of 3 answered                                          44 peers",
      " ⠙ connect    55 of 69 dialled   24 handshakes   12 refused   11 timed out",
      " ⠙ sample     19 of 32 pieces    5.0 MiB at 1.4 MiB/s",
    ])
  })

  test("the DHT, and a magnet's metadata", async () => {
    const { screen, display } = stage("live")
    const dht = { asked: 118, answered: 64, peers: 51, settled: true }
    display.update(progress({ dht, metadata: { asked: 4, asking: 3 } }))
    expect((await screen.rows()).slice(2, 4)).toEqual([
      " ✓ DHT        118 nodes asked                                          51 peers",
      " ⠙ metadata   4 peers asked      3 being asked",
    ])
  })

  test("why it goes on: peers that may name others", async () => {
    const { screen, display } = stage("live")
    display.update(progress({ pex: { listening: 1, peers: 23 } }))
    expect((await screen.rows()).at(-1)).toBe(
      " ⠙ PEX        1 peer may name others                                   23 peers",
    )
  })

  test("a DHT that doesn't answer", async () => {
    const { screen, display } = stage("live")
    const dht = { asked: 3, answered: 0, peers: 0, settled: false }
    display.update(progress({ phase: "farewell", dht }))
    expect((await screen.rows())[2]).toBe(
      " ✗ DHT        3 nodes asked      none answered                          0 peers",
    )
  })

  test("ASCII", async () => {
    const { screen, display } = stage("live", { ascii: true })
    display.update(progress({ name: "exämple" }))
    expect(await screen.rows()).toEqual([
      "example   3.69 GiB                                    0:42 elapsed, 3:00 at most",
      " ok trackers   2 of 3 answered                                         44 peers",
      " /  connect    55 of 69 dialled   24 handshakes   12 refused   11 timed out",
      " /  sample     19 of 32 pieces    5.0 MiB at 1.4 MiB/s",
    ])
  })

  test("it is drawn in place, at most four times a second", async () => {
    const { screen, display, pass } = stage("live")
    for (let step = 0; step < 400; step++) {
      display.update(progress({ now: 42_000 + step * 10 }))
      pass(10)
    }
    expect(screen.raw.length).toBeGreaterThan(10)
    expect(screen.raw.length).toBeLessThanOrEqual(17)
    expect(await screen.rows()).toHaveLength(4)
    expect((await screen.rows())[0]).toContain("0:45 elapsed")
  })

  test("the clock goes on between two updates", async () => {
    const { screen, display, pass } = stage("live")
    display.update(progress())
    pass(5_000)
    expect((await screen.rows())[0]).toContain("0:46 elapsed")
  })

  test("done leaves nothing behind and stops the timer", async () => {
    const { screen, display, pass, ticking } = stage("live")
    display.update(progress())
    pass(2_000)
    display.done()
    expect(await screen.rows()).toEqual([])
    expect(ticking()).toBe(false)
  })

  test("a message stays above the block", async () => {
    const { screen, display, pass } = stage("live")
    display.update(progress())
    display.message("Stopping: \u001b[2Jfinishing the record")
    pass(1_000)
    const rows = await screen.rows()
    expect(rows).toHaveLength(5)
    expect(rows[0]).toBe("Stopping: ·[2Jfinishing the record")
    display.done()
    expect(await screen.rows()).toEqual(["Stopping: ·[2Jfinishing the record"])
  })

  test.for([100, 79, 61, 40, 25, 12])(
    "after a resize to %d columns nothing is left over",
    async (columns) => {
      const { screen, display, pass, resize } = stage("live")
      screen.write("$ torrent-audit x.torrent\n")
      display.update(progress())
      await resize(columns)
      pass(1_500)
      const rows = await screen.rows()
      const prompt = Math.ceil("$ torrent-audit x.torrent".length / columns)
      expect(rows.slice(0, prompt).join("")).toBe("$ torrent-audit x.torrent")
      expect(rows).toHaveLength(prompt + 4)
      expect(rows[prompt]).toMatch(/0:43/)
      for (const row of rows) expect(row.length).toBeLessThanOrEqual(columns)
      display.done()
      expect((await screen.rows()).join("")).toBe("$ torrent-audit x.torrent")
    },
  )

  test("a low window shows the beginning of the block", async () => {
    const { screen, display, pass } = stage("live", { rows: 3 })
    display.update(progress())
    pass(1_000)
    expect(await screen.rows()).toHaveLength(2)
  })

  test("no tracker, no peer, no sample: no row", async () => {
    const { screen, display } = stage("live")
    display.update(
      progress({
        phase: "trackers",
        trackers: { answered: 0, total: 0, peers: 0 },
        peers: { known: 0, dialled: 0, handshaken: 0, refused: 0, timedOut: 0 },
      }),
    )
    expect(await screen.rows()).toHaveLength(1)
  })

  test("at the end it says goodbye", async () => {
    const { screen, display } = stage("live")
    display.update(progress({ phase: "farewell", trackers: { answered: 0, total: 3, peers: 0 } }))
    expect((await screen.rows()).slice(1)).toEqual([
      " ✗ trackers   0 of 3 answered                                           0 peers",
      " ✓ connect    55 of 69 dialled   24 handshakes   12 refused   11 timed out",
      " – sample     19 of 32 pieces    5.0 MiB at 1.4 MiB/s",
      " ⠙ leaving    saying goodbye to trackers and peers",
    ])
  })

  test("the time left appears once it can be told", async () => {
    const { screen, display, pass } = stage("live")
    for (let second = 0; second <= 16; second++) {
      display.update(sampling(second))
      pass(1_000)
    }
    expect((await screen.rows()).at(-1)).toMatch(
      /^ . sample {5}17 of 32 pieces {4}4\.0 MiB at 256\.0 KiB\/s +about 0:1\d$/,
    )
  })
})

describe("time left", () => {
  test("none early, none when nothing is left", async () => {
    const left = remaining()
    expect(left.at(sampling(0))).toBeNull()
    expect(left.at(sampling(5))).toBeNull()
    expect(left.at(sampling(10))).toBe(21_000)
    expect(left.at(sampling(31))).toBeNull()
  })

  test("small changes are kept quiet, material ones are told", async () => {
    const left = remaining()
    const at = (now: number, verified: number) =>
      left.at(progress({ now, pieces: { verified, wanted: 32, bytes: 1, bytesPerSecond: 1 } }))
    at(20_000, 1)
    expect(at(30_000, 11)).toBe(21_000)
    expect(at(31_000, 11)).toBe(20_000)
    expect(at(38_000, 13)).toBe(28_500)
  })

  test("never beyond the deadline", async () => {
    const left = remaining()
    const at = (now: number, verified: number) =>
      left.at(progress({ now, pieces: { verified, wanted: 10_000, bytes: 1, bytesPerSecond: 1 } }))
    at(20_000, 1)
    expect(at(40_000, 9)).toBe(140_000)
  })
})

describe("plain", () => {
  test("a line per phase, and one every 30 seconds", async () => {
    const { screen, display, pass, ticking } = stage("plain")
    display.update(progress({ now: 0, phase: "trackers" }))
    pass(1_000)
    display.update(progress({ now: 1_000, phase: "trackers" }))
    pass(1_000)
    display.update(progress({ now: 2_000, phase: "peers" }))
    pass(65_000)
    display.update(progress({ now: 67_000, phase: "farewell" }))
    display.message("Stopping")
    display.done()
    expect(ticking()).toBe(false)
    expect(screen.raw.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "2026-03-14T09:15:01.000Z phase=trackers elapsedMs=0",
      "2026-03-14T09:15:03.000Z phase=peers elapsedMs=2000",
      "2026-03-14T09:15:33.000Z phase=peers elapsedMs=32000",
      "2026-03-14T09:16:03.000Z phase=peers elapsedMs=62000",
      "2026-03-14T09:16:08.000Z phase=farewell elapsedMs=67000",
      "Stopping\n",
    ])
    expect(screen.raw[1]).toBe(
      "2026-03-14T09:15:03.000Z phase=peers elapsedMs=2000 trackersAnswered=2 trackers=3 peersKnown=69 peersDialled=55 " +
        "peersHandshaken=24 piecesVerified=19 piecesWanted=32 bytes=5242880 bytesPerSecond=1468006\n",
    )
  })
})

test("none is silent but for messages", async () => {
  const { screen, display } = stage("none")
  display.update(progress())
  display.message("Stopping")
  display.done()
  expect(screen.raw).toEqual(["Stopping\n"])
})
