import { assert, constantFrom, json, nat, property } from "fast-check"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { readConfigFile } from "../../src/store/config-file.ts"
import { jsonErrorAt } from "../../src/store/json-error.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-config-file-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (content: string | Uint8Array): string => {
  writeFileSync(join(folder, "config.json"), content)
  return join(folder, "config.json")
}

describe("readConfigFile", () => {
  it("gives the object, a byte order mark or not", async () => {
    expect(await readConfigFile(file('{"top": 5}'), false)).toEqual({ top: 5 })
    expect(await readConfigFile(file('\ufeff{"top": 5}'), false)).toEqual({ top: 5 })
  })

  it("is quiet about one that isn't there only where nobody named it", async () => {
    for (const path of [join(folder, "none.json"), join(file("{}"), "below.json")]) {
      expect(await readConfigFile(path, false)).toBe(null)
      await expect(readConfigFile(path, true)).rejects.toMatchObject({
        code: "bad-config",
        message: `cannot read ${path}: no such file`,
      })
    }
  })

  it.each<[string, () => string, RegExp]>([
    ["a directory", () => folder, /is a directory$/],
    ["a device", () => "/dev/zero", /is not a regular file$/],
    [
      "a loop",
      () => (symlinkSync("loop", join(folder, "loop")), join(folder, "loop")),
      /go round in circles$/,
    ],
    ["too large", () => file(" ".repeat(65_537)), /is larger than 64 KiB$/],
    ["empty", () => file(""), /not JSON at line 1, column 1$/],
    ["text", () => file("maxPeers: 5"), /not JSON at line 1, column 1$/],
    ["binary", () => file(Buffer.from([0, 255, 254])), /not JSON at line 1, column 1$/],
    ["nested without end", () => file("[".repeat(60_000)), /not JSON at line 1, column \d+$/],
    ["a list", () => file("[1]"), /not an object$/],
    ["null", () => file("null"), /not an object$/],
  ])("refuses %s", async (_, make, message) => {
    await expect(readConfigFile(make(), true)).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringMatching(message) as string,
    })
  })
})

describe("jsonErrorAt", () => {
  it.each([
    ['{"a": 1,}', 1, 9],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ["{ a: 1 }", 1, 3],
    ["{ 'a': 1 }", 1, 3],
    ['{"a": 01}', 1, 8],
    ['{"a": "x\ny"}', 1, 7],
    ['{"a": [1, 2}', 1, 12],
    ['{"a": tru}', 1, 7],
    ['{"a" 1}', 1, 6],
    ['{"a": 1} x', 1, 10],
    ['{"a": // why\n 1}', 1, 7],
    ['{"a": "\\x"}', 1, 7],
    ['{"a": "\u007f\u0085é😀"}', 1, 15],
  ])("%j: line %i, column %i", (source, line, column) => {
    expect(jsonErrorAt(source)).toEqual({ line, column })
  })

  it("follows all that is JSON to its end", () => {
    assert(
      property(json(), (source) => {
        expect(jsonErrorAt(source)).toEqual({ line: 1, column: source.length + 1 })
      }),
      { numRuns: 300 },
    )
  })

  it("stops before the end of what is cut off or has something in it, or after it at most", () => {
    assert(
      property(json(), nat(), constantFrom("}", "]", ",", ":", "'", "\u0000"), (source, place, stray) => {
        const at = place % (source.length + 1)
        const broken = source.slice(0, at) + stray + source.slice(at)
        const isJson = (() => {
          try {
            JSON.parse(broken)
            return true
          } catch {
            return false
          }
        })()
        expect(jsonErrorAt(broken).column <= broken.length).toBe(!isJson)
      }),
      { numRuns: 300 },
    )
  })
})
