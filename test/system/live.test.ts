/** The live view as it is seen: the real command in a real terminal, its bytes shown by a terminal emulator. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type AddressInfo, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { openPty, type Pty } from "../support/pty.ts"

const cli = join(import.meta.dirname, "..", "..", "src", "cli.ts")

let home = ""
let silent: Server
let contacted: Promise<void>
let pty: Pty | null = null

/** Whom we ask takes the connection, and never says a word. */
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "torrent-audit-live-"))
  const { promise, resolve } = Promise.withResolvers<void>()
  contacted = promise
  silent = createServer((socket) => {
    socket.on("error", () => {})
    resolve()
  })
  await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening))
  const pieces = "x".repeat(20)
  writeFileSync(
    join(home, "x.torrent"),
    `d4:infod6:lengthi16384e4:name14:example-os.iso12:piece lengthi16384e6:pieces20:${pieces}ee`,
  )
})

afterEach(() => {
  pty?.kill()
  silent.close()
  rmSync(home, { recursive: true, force: true })
})

const auditWords = (timeout: string, ...more: string[]): string[] => {
  const { port } = silent.address() as AddressInfo
  const where = ["--tracker", `http://127.0.0.1:${port}/announce`, "--peer", `127.0.0.1:${port}`]
  const limits = ["--no-dht", "--no-pex", "--allow-local", "--no-history", "--timeout", timeout]
  return [process.execPath, cli, join(home, "x.torrent"), ...where, ...limits, ...more]
}

const environment = () => ({
  PATH: process.env["PATH"],
  HOME: home,
  TERM: "xterm-256color",
  LANG: "C.UTF-8",
  XDG_STATE_HOME: home,
  XDG_CACHE_HOME: home,
  XDG_CONFIG_HOME: home,
  INPUTRC: "/dev/null",
  HISTFILE: "/dev/null",
})

const open = (command: readonly string[], size?: [number, number]): Pty =>
  (pty = openPty(command, environment(), size))

const title = /^exampl.*iso .* elapsed, \d:\d\d at most$/m
const status = /^\d:\d\d elapsed, \d:\d\d at most; /gm
const atPrompt = /\n\S*[#$]$/
const isDrawn = (rows: string): boolean => title.test(rows) && /^ . connect /m.test(rows)
const count = (text: string, what: RegExp): number => [...text.matchAll(what)].length

/** A turn later than now. */
async function redrawn(terminal: Pty): Promise<void> {
  const before = terminal.written.length
  await terminal.until(() => terminal.written.length > before)
}

describe("a run", () => {
  test("asked, resized and stopped: one block at all times, and nothing of it afterwards", async () => {
    const terminal = open(["sh", "-c", 'echo "$ torrent-audit"; exec "$@"', "sh", ...auditWords("60s")])
    await terminal.until(isDrawn)
    terminal.keys("\r")
    await terminal.until((rows) => count(rows, status) === 1 && isDrawn(rows))
    process.kill(await terminal.pid, "SIGUSR2")
    await terminal.until((rows) => count(rows, status) === 2 && isDrawn(rows))
    // Nobody could continue it, so that Ctrl-Z doesn't stop it: the block comes back.
    terminal.keys("\u001a")
    await terminal.until(() => terminal.written.some(({ text }) => text.includes("^Z")))
    for (let turn = 0; turn < 3; turn++) await redrawn(terminal)
    expect(count(await terminal.until(isDrawn), / at most$/gm)).toBe(1)
    terminal.keys("typed, and not sent")
    for (const [columns, rows] of [
      [50, 24],
      [120, 30],
      [64, 12],
      [80, 24],
    ] as const) {
      await terminal.resize(columns, rows)
      await redrawn(terminal)
      const shown = await terminal.until((text) => isDrawn(text) && !text.includes("typed"))
      expect(count(shown, / at most$/gm)).toBe(1)
      expect(count(shown, /^ . connect /gm)).toBe(1)
      expect(shown.startsWith("$ torrent-audit\n0:0")).toBe(true)
    }
    terminal.keys("\u0003")
    expect(await terminal.exit).toBe(130)
    const left = (await terminal.screen.rows()).join("\n")
    expect(left).toMatch(
      /^\$ torrent-audit\n0:0\d elapsed[^]*\nStopping: finishing the record; press Ctrl-C again to quit now\.\n\? UNKNOWN/,
    )
    expect(left).not.toMatch(title)
    expect(left).not.toMatch(/^ . connect /m)
    expect(turnsPerSecond(terminal)).toBeLessThanOrEqual(4)
  })

  test("it ends by the deadline that it names", async () => {
    const terminal = open(auditWords("5s", "--json"))
    await terminal.until(isDrawn)
    const drawnAt = performance.now()
    await terminal.exit
    // Judging and printing come after it.
    expect(performance.now() - drawnAt).toBeLessThan(5_000 + 1_500)
    const times = terminal.written.flatMap(({ text }) => [
      ...text.matchAll(/0:(\d\d) elapsed, 0:05 at most/g),
    ])
    expect(Math.max(...times.map(([, seconds]) => Number(seconds)))).toBeLessThanOrEqual(5)
  })

  test("the second Ctrl-C leaves nothing behind either", async () => {
    const terminal = open(auditWords("60s"))
    await terminal.until(isDrawn)
    terminal.keys("\u0003\u0003")
    expect(await terminal.exit).toBe(130)
    expect((await terminal.screen.rows()).join("\n")).not.toMatch(/ at most$| connect /m)
  })

  test("a terminal that can't move its cursor is left alone", async () => {
    const terminal = (pty = openPty(auditWords("3s"), { ...environment(), TERM: "dumb" }))
    await terminal.exit
    expect(terminal.written.map(({ text }) => text).join("")).not.toMatch(/\p{Cc}\[|elapsed/u)
  })
})

describe("in a shell", () => {
  const shell = () => open(["bash", "--norc", "--noprofile", "-i"])
  /** Before its home is taken from it. */
  async function leave(terminal: Pty) {
    terminal.keys("exit\r")
    await terminal.exit
  }
  const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ")

  test("suspended by Ctrl-Z, and taken back", async () => {
    const terminal = shell()
    terminal.keys(`clear; ${quoted(auditWords("60s"))}\r`)
    await terminal.until(isDrawn)
    terminal.keys("\u001a")
    const stopped = await terminal.until((rows) => /Stopped/.test(rows) && atPrompt.test(rows))
    expect(stopped).not.toMatch(title)
    terminal.keys("fg\r")
    const back = await terminal.until(isDrawn)
    expect(count(back, / at most$/gm)).toBe(1)
    terminal.keys("\r")
    await terminal.until((rows) => count(rows, status) === 1 && isDrawn(rows))
    terminal.keys("\u0003")
    const left = await terminal.until((rows) => rows.includes("UNKNOWN") && atPrompt.test(rows))
    expect(left).not.toMatch(title)
    await leave(terminal)
  })

  test("a background job draws nothing and takes no keys, until it is brought to the front", async () => {
    const terminal = shell()
    terminal.keys(`clear; ${quoted(auditWords("60s"))} &\r`)
    await contacted
    terminal.keys("echo so-$((6*7)); jobs\r")
    const shown = await terminal.until((rows) => /^so-42\n\[1\]\S*\s+Running/m.test(rows))
    expect(shown).not.toMatch(title)
    terminal.keys("fg\r")
    await terminal.until(isDrawn)
    terminal.keys("\r")
    await terminal.until((rows) => count(rows, status) === 1 && isDrawn(rows))
    terminal.keys("\u0003\u0003")
    await terminal.until((rows) => rows.includes("Stopping") && atPrompt.test(rows))
    await leave(terminal)
  })
})

/** Of the quickest second, messages and resizes aside: a turn overwrites the block, and neither of them does. */
function turnsPerSecond({ written }: Pty): number {
  const turns = written.flatMap(({ ms, text }) => [...text.matchAll(/\[\d+A(?!\p{Cc})/gu)].map(() => ms))
  return Math.max(...turns.map((from) => turns.filter((ms) => ms >= from && ms < from + 1_000).length))
}
