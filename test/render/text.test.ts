import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  escape,
  escapeCell,
  fit,
  fitMiddle,
  fitWords,
  flow,
  padStart,
  width,
  wrap,
} from "../../src/render/text.ts"

describe("width", () => {
  test.for([
    ["", 0],
    ["plain", 5],
    ["naïve", 5],
    ["nai\u0308ve", 5],
    ["漢字", 4],
    ["ｗｉｄｅ", 8],
    ["한국", 4],
    ["🙂", 2],
    ["🇩🇪", 2],
    ["𠀀", 2],
    ["a\u200bb", 2],
    ["▇✓▲×–≥…", 7],
    ["\u001b[31mred\u001b[39m", 3],
  ] as const)("%j takes %d columns", ([text, columns]) => {
    expect(width(text)).toBe(columns)
  })
})

describe("escape", () => {
  test.for([
    ["\u001b[31mred", "·[31mred"],
    ["\u009b2J", "·2J"],
    ["two\r\nlines\tand a tab", "two··lines·and a tab"],
    ["\u202egpj.exe", "·gpj.exe"],
    ["\u2066a\u2069", "·a·"],
    ["in\u200bvis\u2060ible\ufeff\u00ad", "invisible"],
    ["a\u2028b", "a·b"],
    ["no\u00a0break\u3000space", "no break space"],
    ["\ud800lone", "\ufffdlone"],
    ["z\u0301\u0301\u0301\u0301\u0301\u0301", "ź\u0301\u0301\u0301"],
    ["private \ue000", "private ·"],
  ] as const)("%j shows as %j", ([text, shown]) => {
    expect(escape(text)).toBe(shown)
  })

  test.for([
    ["café – 5 × 3 ≥ 2…", "cafe - 5 x 3 >= 2..."],
    ["漢字", "??"],
    ["\u001b→", ".->"],
  ] as const)("%j shows as %j in ASCII", ([text, shown]) => {
    expect(escape(text, true)).toBe(shown)
  })

  test("a cell drops what terminals disagree about", () => {
    expect(escapeCell("ok 👍 x\u0331 漢")).toBe("ok · x· 漢")
  })

  test("what is too long is cut before it is looked at", () => {
    expect(escape("x".repeat(1_000_000))).toHaveLength(2_001)
  })
})

test.for([
  ["example.iso", 11, "example.iso"],
  ["example.iso", 8, "example…"],
  ["漢字漢字", 6, "漢字…"],
  ["漢字漢字", 5, "漢字…"],
  ["漢字漢字", 4, "漢…"],
  ["abc", 1, "…"],
  ["abc", 0, ""],
] as const)("%j in %d columns is %j", ([text, columns, cut]) => {
  expect(fit(text, columns, "…")).toBe(cut)
})

test("a cut in the middle keeps the end", () => {
  expect(fitMiddle("[2001:db8:85a3:1234:5678:8a2e:370:7334]:51413", 25, "…")).toBe(
    "[2001:db8:85a3:1…4]:51413",
  )
  expect(fitMiddle("a.very.long.file.name.mkv", 16, "...")).toBe("a.very.lo....mkv")
})

test("a number is padded by its columns", () => {
  expect(padStart("漢", 4)).toBe("  漢")
})

test("words wrap, long ones break", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"])
  expect(wrap("one two three", 7, 3)).toEqual(["one", "two", "three"])
  expect(wrap("abcdefghij kl", 4)).toEqual(["abcd", "efgh", "ij", "kl"])
  expect(wrap("漢字漢字", 3)).toEqual(["漢", "字", "漢", "字"])
  expect(wrap("漢", 1)).toEqual(["漢"])
  expect(wrap("", 5)).toEqual([""])
})

test("items stand side by side while they fit", () => {
  expect(flow(["aa", "bb", "cccccccc", "d"], 7)).toEqual(["aa  bb", "ccccccc", "c  d"])
})

test("cutting never takes more columns than it may, and wrapping loses nothing but spaces", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.integer({ min: 2, max: 40 }),
      (text, columns) => {
        const safe = escape(text)
        expect(width(fit(safe, columns, "…"))).toBeLessThanOrEqual(columns)
        expect(width(fitMiddle(safe, columns, "…"))).toBeLessThanOrEqual(columns)
        expect(width(fitWords(safe, columns, "…"))).toBeLessThanOrEqual(columns)
        const lines = wrap(safe, columns)
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns)
        expect(lines.join("").replaceAll(" ", "")).toBe(safe.replaceAll(" ", ""))
      },
    ),
  )
})

test.each([
  ["whole words only", 14, "whole words …"],
  ["whole words only", 16, "whole words only"],
  ["a word that is unbelievably", 20, "a word that is …"],
  ["onewordonewordoneword", 10, "onewordon…"],
])("«%s» in %i columns ends after a word", (text, columns, cut) => {
  expect(fitWords(text, columns, "…")).toBe(cut)
})
