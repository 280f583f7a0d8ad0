import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeDirectory } from "../../src/store/directory.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-directory-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("makeDirectory", () => {
  it("makes what is missing, for the owner alone, and again does no harm", () => {
    const path = join(folder, "a", "b", "c")
    makeDirectory(path)
    makeDirectory(path)
    expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700)
    expect(statSync(path).mode & 0o777).toBe(0o700)
  })

  it("refuses a file in the way", () => {
    writeFileSync(join(folder, "file"), "")
    expect(() => makeDirectory(join(folder, "file"))).toThrow(/not a directory/)
    expect(() => makeDirectory(join(folder, "file", "below"))).toThrow(/ENOTDIR|EEXIST/)
  })

  it("comes back from /proc, where Node's own never does", () => {
    const below = existsSync("/proc/self") ? "/proc/torrent-audit/state" : "/dev/null/state"
    expect(() => makeDirectory(below)).toThrow(/ENOENT|EPERM|EACCES|ENOTDIR|EROFS/)
  })
})
