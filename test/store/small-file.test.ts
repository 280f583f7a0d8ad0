/** Whatever stands in place of a file of ours: nothing is waited for, and nothing large is read. */
import { execFileSync } from "node:child_process"
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { fileAnswers } from "../../src/store/answers.ts"
import { fileNodes } from "../../src/store/dht-nodes.ts"
import { openHistory } from "../../src/store/history.ts"
import { holdLock } from "../../src/store/lock.ts"
import { fileReadings } from "../../src/store/readings.ts"
import { loggedRuns, logRun } from "../../src/store/run-log.ts"
import { readSmallFile } from "../../src/store/small-file.ts"
import { redactionKey } from "../../src/store/state.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-small-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
const strange: [string, (path: string) => void][] = [
  ["a pipe", (path) => void execFileSync("mkfifo", [path])],
  ["a directory", (path) => mkdirSync(path)],
  ["a link to /dev/zero", (path) => symlinkSync("/dev/zero", path)],
  [
    "a gigabyte",
    (path) => {
      writeFileSync(path, "")
      truncateSync(path, 2 ** 30)
    },
  ],
]

describe.each(strange)("%s", (_, make) => {
  const at = (...names: string[]): string => {
    const path = join(folder, ...names)
    mkdirSync(join(path, ".."), { recursive: true })
    make(path)
    return path
  }

  it("is not read", () => {
    expect(() => readSmallFile(at("x"), 1_000)).toThrow(/./)
  })

  it("in place of answers, nodes, readings, runs and the key is as if nothing were there", () => {
    at(`${hash}.json`)
    at("dht-nodes-ipv4.json")
    at("runs.log")
    at("redaction.key")
    expect(fileAnswers(folder).recall(hash)).toBeNull()
    expect(fileReadings(folder).recall(hash)).toBeNull()
    expect(fileNodes(folder).recall("ipv4")).toEqual([])
    logRun(folder, {
      at: "2026-03-14T09:15:00.000Z",
      ms: 1,
      exit: 0,
      error: null,
      id: "9f86d081",
      targets: [],
    })
    expect(loggedRuns(folder).length).toBeLessThanOrEqual(1)
    expect(redactionKey(folder)).toHaveLength(32)
  })

  it("in place of a lock's pid keeps nobody from holding it", async () => {
    at("locks", "x.pid")
    const lock = await holdLock(folder, "x")
    expect(lock.held).toBe(true)
    if (lock.held) lock.free()
  })
})

it.each(strange.slice(0, 3))("%s in place of the history is said to be there", async (_, make) => {
  make(join(folder, "history.sqlite"))
  const history = await openHistory(folder)
  await expect(history.targets()).rejects.toMatchObject({ code: "cant-write" })
  await history.close()
})

it("reads what is small, and is what was written", () => {
  logRun(folder, {
    at: "2026-03-14T09:15:00.000Z",
    ms: 1,
    exit: 0,
    error: null,
    id: "9f86d081",
    targets: ["ü"],
  })
  const path = join(folder, "runs.log")
  expect(readSmallFile(path, statSync(path).size)).toEqual(readFileSync(path))
  expect(() => readSmallFile(path, statSync(path).size - 1)).toThrow("too large")
})
