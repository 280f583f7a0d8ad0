import { describe, expect, test } from "vitest"
import { liveBlock } from "../../src/render/live-block.ts"
import { emulator } from "./emulator.ts"

const prompt = "$ torrent-audit x.torrent"

/** A block of lines that the test sets, on a terminal of some size, with a clock that only the test moves. */
function stage(columns = 60, rows = 12, lines: readonly string[] = ["first", "second", "third"]) {
  const size = { columns, rows }
  const screen = emulator(columns, rows)
  let now = 0
  let shown = lines
  let ours = true
  let turn: { ms: number; act: () => void; due: number } | null = null
  const block = liveBlock(
    {
      write: screen.write,
      columns: () => size.columns,
      rows: () => size.rows,
      ascii: false,
      color: false,
      ours: () => ours,
      now: () => now,
      every(ms, act) {
        turn = { ms, act, due: ms }
        return () => (turn = null)
      },
    },
    (width) => shown.map((line) => line.slice(0, width)),
  )
  screen.write(`${prompt}\n`)
  return {
    screen,
    block,
    lines: (now: readonly string[]) => (shown = now),
    background: (is: boolean) => (ours = !is),
    /** What the terminal's driver shows of what is typed. */
    echo: (typed: string) => screen.write(typed),
    pass: (ms: number) => {
      for (const until = now + ms; now < until; now = Math.min(until, now + 10))
        if (turn !== null && turn.due <= now) {
          turn.due += turn.ms
          turn.act()
        }
    },
    resize: async (columns: number, rows: number) => {
      await screen.resize(columns, rows)
      Object.assign(size, { columns, rows })
    },
  }
}

test("drawn over itself: no row is ever blank in between", async () => {
  const { screen, block, lines, pass } = stage()
  block.changed()
  lines(["FIRST", "2", "third"])
  pass(300)
  expect(await screen.rows()).toEqual([prompt, "FIRST", "2", "third"])
  // Each row is written before what is left over of it is cleared.
  expect(screen.raw.at(-1)).toContain("FIRST\u001b[K\n2\u001b[K\nthird\u001b[K\n")
})

test("it grows and shrinks", async () => {
  const { screen, block, lines, pass } = stage(60, 6)
  block.changed()
  lines(["a", "b", "c", "d", "e"])
  pass(300)
  expect(await screen.screen()).toEqual(["a", "b", "c", "d", "e"])
  lines(["a"])
  pass(300)
  expect(await screen.rows()).toEqual([prompt, "a"])
  expect(await screen.cursor()).toEqual({ x: 0, y: 2 })
})

test("at most four times a second, however often it changes", () => {
  const { screen, block, pass } = stage()
  for (let step = 0; step < 200; step++) {
    block.changed()
    pass(10)
  }
  // Two seconds: the first one, and then a turn every 260 ms; the prompt was one write.
  expect(screen.raw.length - 1).toBeLessThanOrEqual(9)
  expect(screen.raw.length - 1).toBeGreaterThanOrEqual(7)
})

test("a full row stays whole", async () => {
  const full = "x".repeat(20)
  const { screen, block, pass } = stage(20, 8, [full, "y"])
  block.changed()
  pass(600)
  expect((await screen.rows()).slice(-2)).toEqual([full, "y"])
})

describe("resized", () => {
  const long = ["a".repeat(78), "b".repeat(40), "c"]
  // Narrower, wider, shorter, all of them in turn; each time as it would be drawn there anew.
  test.for([
    [[40, 12]],
    [[100, 12]],
    [[80, 6]],
    [[30, 20]],
    [
      [40, 12],
      [80, 12],
    ],
    [
      [25, 9],
      [120, 30],
      [50, 10],
      [79, 12],
    ],
  ] as const)("%j", async (sizes) => {
    const { screen, block, pass, resize } = stage(80, 12, long)
    block.changed()
    for (const [columns, rows] of sizes) {
      await resize(columns, rows)
      pass(300)
      expect(await screen.rows()).toEqual([prompt, ...long.map((line) => line.slice(0, columns))])
    }
    block.done()
    expect(await screen.rows()).toEqual([prompt])
    expect(await screen.cursor()).toEqual({ x: 0, y: 1 })
  })

  test("twice between two turns", async () => {
    const { screen, block, pass, resize } = stage(80, 12, long)
    block.changed()
    await resize(30, 12)
    await resize(64, 12)
    pass(300)
    expect((await screen.rows()).slice(1)).toEqual(long.map((line) => line.slice(0, 64)))
  })

  test("lower than the block: the beginning is shown, and nothing is left of it", async () => {
    const { screen, block, pass, resize } = stage(80, 12, ["1", "2", "3", "4", "5"])
    block.changed()
    await resize(80, 4)
    pass(300)
    expect(await screen.screen()).toEqual(["1", "2", "3"])
    block.done()
    expect(await screen.screen()).toEqual([])
  })
})

describe("typed meanwhile", () => {
  test("letters are echoed beneath and gone with the next turn", async () => {
    const { screen, block, pass, echo } = stage()
    block.changed()
    echo("abc^C")
    pass(300)
    expect(await screen.rows()).toEqual([prompt, "first", "second", "third"])
  })

  test.for([1, 2, 7])("%d line ends move the cursor, and the block stays one", async (count) => {
    const { screen, block, pass, echo } = stage()
    block.changed()
    echo("\n".repeat(count))
    block.lowered(count)
    block.message("0:42 elapsed")
    pass(300)
    expect(await screen.rows()).toEqual([prompt, "0:42 elapsed", "first", "second", "third"])
    block.done()
    expect(await screen.rows()).toEqual([prompt, "0:42 elapsed"])
  })
})

test("messages stay above, in order", async () => {
  const { screen, block } = stage(60, 5)
  block.message("early")
  block.changed()
  block.message("one")
  block.message("two\u001b[2J\nthree")
  expect(await screen.rows()).toEqual([
    prompt,
    "early",
    "one",
    "two·[2J",
    "three",
    "first",
    "second",
    "third",
  ])
})

test("hidden and shown beneath what others wrote", async () => {
  const { screen, block, pass } = stage()
  block.changed()
  block.hide()
  expect(await screen.rows()).toEqual([prompt])
  pass(1_000)
  screen.write("[1]+  Stopped\n$ fg\n")
  block.show()
  expect(await screen.rows()).toEqual([prompt, "[1]+  Stopped", "$ fg", "first", "second", "third"])
})

test("in the background it leaves the terminal alone", async () => {
  const { screen, block, pass, background } = stage()
  background(true)
  block.changed()
  pass(1_000)
  expect(await screen.rows()).toEqual([prompt])
  screen.write("$ ls\n")
  background(false)
  pass(300)
  expect(await screen.rows()).toEqual([prompt, "$ ls", "first", "second", "third"])
  background(true)
  screen.write("$ vi\n")
  block.done()
  expect((await screen.rows()).at(-1)).toBe("$ vi")
})

test("done twice, and a late change, write nothing", () => {
  const { screen, block, pass } = stage()
  block.changed()
  block.done()
  const written = screen.raw.length
  block.done()
  block.changed()
  pass(1_000)
  expect(screen.raw).toHaveLength(written)
})

test("every write begins and ends a synchronised update", () => {
  const { screen, block, pass } = stage()
  block.changed()
  pass(1_000)
  block.message("x")
  block.done()
  for (const text of screen.raw.slice(1)) {
    expect(text.startsWith("\u001b[?2026h")).toBe(true)
    expect(text.endsWith("\u001b[?2026l")).toBe(true)
  }
})
