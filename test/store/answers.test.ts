import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { AnswerMemory, StoredAnswer } from "../../src/discovery/answers.ts"
import { fileAnswers } from "../../src/store/answers.ts"

let directory: string
let now = new Date("2026-11-21T10:00:00.000Z")
const key = "a".repeat(40)
const other = "b".repeat(40)

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "answers-"))
  now = new Date("2026-11-21T10:00:00.000Z")
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const memory = (at = directory): AnswerMemory => fileAnswers(at, () => now)

const answer = (overrides: Partial<StoredAnswer> = {}): StoredAnswer => ({
  announce: {
    at: "2026-11-21T10:00:00.000Z",
    atMs: 12,
    ms: 3.5,
    event: "started",
    family: "ipv4",
    ok: true,
    failure: null,
    tries: 1,
    reused: false,
    seeders: 2,
    leechers: 3,
    downloads: null,
    selfCount: 1,
    intervalMs: 1_800_000,
    minIntervalMs: 900_000,
    numwant: 200,
    peerCount: 1,
    warning: null,
  },
  scrape: null,
  peers: ["192.0.2.1:6881", "[2001:db8::1]:6881"],
  port: 40_123,
  askedAt: "2026-11-21T10:00:00.000Z",
  notBefore: "2026-11-21T10:15:00.000Z",
  ...overrides,
})

test("a later process gets the same answer back", () => {
  memory().remember(key, answer())
  expect(memory().recall(key)).toEqual(answer())
  expect(memory().recall(other)).toBeNull()
})

test("a new answer replaces the old one and leaves one file", () => {
  memory().remember(key, answer())
  memory().remember(key, answer({ peers: [] }))
  expect(memory().recall(key)).toEqual(answer({ peers: [] }))
  expect(readdirSync(directory)).toEqual([`${key}.json`])
})

test("the directory is made when needed, and the file is the user's alone", () => {
  const deep = join(directory, "state", "answers")
  memory(deep).remember(key, answer())
  expect(memory(deep).recall(key)).toEqual(answer())
  expect(statSync(join(deep, `${key}.json`)).mode & 0o777).toBe(0o600)
  expect(statSync(deep).mode & 0o777).toBe(0o700)
})

test.each([
  ["nothing", ""],
  ["no JSON", "{"],
  ["another document", "[]"],
  ["null", "null"],
  ["a wrong type inside", JSON.stringify({ ...answer(), peers: [1] })],
  ["a negative count", JSON.stringify({ ...answer(), announce: { ...answer().announce, seeders: -1 } })],
  ["no port of ours", JSON.stringify({ ...answer(), port: undefined })],
  ["a port that is none", JSON.stringify(answer({ port: 65_536 }))],
  ["a time that is none", JSON.stringify(answer({ notBefore: "soon" }))],
  ["far too much", `${JSON.stringify(answer())}${" ".repeat(2_000_000)}`],
])("a file holding %s is forgotten", (_, content) => {
  memory().remember(key, answer())
  writeFileSync(join(directory, `${key}.json`), content)
  expect(memory().recall(key)).toBeNull()
})

test("a key is never a path", () => {
  writeFileSync(join(directory, "x.json"), JSON.stringify(answer()))
  expect(memory(join(directory, "sub")).recall("../x")).toBeNull()
  memory(join(directory, "sub")).remember("../y", answer())
  expect(readdirSync(directory)).toEqual(["x.json"])
})

test("what has been due for a day is forgotten, and its file removed by the next write", () => {
  memory().remember(key, answer())
  now = new Date("2026-11-22T10:14:59.000Z")
  expect(memory().recall(key)).toEqual(answer())
  now = new Date("2026-11-22T10:15:01.000Z")
  expect(memory().recall(key)).toBeNull()
  memory().remember(other, answer({ notBefore: "2026-11-22T10:30:00.000Z" }))
  expect(readdirSync(directory)).toEqual([`${other}.json`])
})

test("a directory that is a file costs the memory, not the run", () => {
  const path = join(directory, "taken")
  writeFileSync(path, "")
  memory(path).remember(key, answer())
  expect(memory(path).recall(key)).toBeNull()
})

test("a directory without write permission keeps what it has", () => {
  memory().remember(key, answer())
  chmodSync(directory, 0o500)
  memory().remember(other, answer())
  chmodSync(directory, 0o700)
  expect(memory().recall(key)).toEqual(answer())
  // Root may write anywhere, so only the half-written file is never allowed.
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([])
})
