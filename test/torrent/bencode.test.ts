import bencode from "bencode"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { decode, encode, guardLibraries, spanOf, type BencodeValue } from "../../src/torrent/bencode.ts"

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const faultOf = (text: string) => {
  const decoded = decode(ascii(text))
  return decoded.ok ? null : `${decoded.fault.reason}@${decoded.fault.offset}`
}

const latin1 = fc.nat(255).map((code) => String.fromCharCode(code))
const anyValue: fc.Arbitrary<BencodeValue> = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.maxSafeInteger(),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 6 }),
    fc
      .array(fc.tuple(fc.string({ unit: latin1, maxLength: 8 }), tie("value")), { maxLength: 6 })
      .map((entries) => new Map(entries)),
  ),
})).value

describe("decode", () => {
  test("reads each kind of value", () => {
    const decoded = decode(ascii("d1:ai-7e1:bl0:2:xye1:cdee"))
    expect(decoded).toEqual({
      ok: true,
      end: 25,
      irregularities: new Map(),
      value: new Map<string, BencodeValue>([
        ["a", -7],
        ["b", [ascii(""), ascii("xy")]],
        ["c", new Map()],
      ]),
    })
  })

  test.each([
    ["", "empty@0"],
    // Both end or hang the package: a negative length moves its cursor back.
    ["l-3:", "bad-byte@1"],
    ["d-3:", "bad-byte@1"],
    ["-3:", "bad-byte@0"],
    ["x", "bad-byte@0"],
    ["e", "bad-byte@0"],
    ["di1ei2ee", "bad-byte@1"],
    ["d1:ae", "bad-byte@4"],
    ["3abc", "bad-byte@1"],
    ["l", "truncated@1"],
    ["d", "truncated@1"],
    ["d1:a", "truncated@4"],
    ["12", "truncated@2"],
    ["5:abcd", "truncated@6"],
    ["i12", "truncated@3"],
    ["i", "truncated@1"],
    ["ie", "bad-integer@1"],
    ["i-e", "bad-integer@2"],
    ["i--1e", "bad-integer@2"],
    ["i+1e", "bad-integer@1"],
    ["i1.5e", "bad-integer@2"],
    ["i 1e", "bad-integer@1"],
    ["i12345678901234567890e", "bad-integer@0"],
    ["2147483648:", "bad-length@0"],
    [`${"9".repeat(400)}:`, "bad-length@0"],
    ["i1ei2e", "trailing@3"],
    ["le\n", "trailing@2"],
  ])("%j is refused: %s", (text, fault) => expect(faultOf(text)).toBe(fault))

  test("nests to the limit and no deeper", () => {
    expect(faultOf("l".repeat(100) + "e".repeat(100))).toBe(null)
    expect(faultOf("l".repeat(101) + "e".repeat(101))).toBe("too-deep@100")
    expect(faultOf("d1:a".repeat(101) + "0:" + "e".repeat(101))).toBe("too-deep@400")
    expect(faultOf("l".repeat(1_000_000))).toBe("too-deep@100")
  })

  test("stops at a number of values that no honest sender needs", () => {
    expect(faultOf(`l${"0:".repeat(200_000)}e`)).toBe("too-many@399999")
    const decoded = decode(ascii("l0:0:e"), { maxValues: 3 })
    expect(decoded.ok).toBe(true)
  })

  test.each([
    ["i007e", "leading-zero", 0],
    ["i-0e", "leading-zero", 0],
    ["i-01e", "leading-zero", 0],
    ["03:abc", "leading-zero", 0],
    ["d1:b0:1:a0:e", "unsorted-keys", 6],
    ["d1:a0:1:a0:e", "duplicate-key", 6],
    ["d1:a0:1:b0:1:a0:e", "unsorted-keys", 11],
    ["d1:a0:1:b0:1:a0:e", "duplicate-key", 11],
    ["d9:__proto__0:e", "prototype-key", 1],
  ] as const)("%j is read, and noted as %s", (text, kind, offset) => {
    const decoded = decode(ascii(text))
    expect(decoded.ok && decoded.irregularities.get(kind)).toBe(offset)
  })

  test("notes nothing about a value that is as it should be", () => {
    for (const text of ["i0e", "i-10e", "0:", "10:aaaaaaaaaa", "d0:0:1:a0:2:aa0:1:b0:e"]) {
      const decoded = decode(ascii(text))
      expect(decoded.ok && decoded.irregularities.size).toBe(0)
    }
  })

  test("minus zero is zero", () => expect(decode(ascii("i-0e"))).toMatchObject({ value: 0 }))

  test("of duplicate keys the first counts", () => {
    const decoded = decode(ascii("d1:ai1e1:ai2ee"))
    expect(decoded.ok && decoded.value).toEqual(new Map([["a", 1]]))
  })

  test("keys keep every byte, and __proto__ is a key like any other", () => {
    const decoded = decode(ascii("d9:__proto__i1e2:\xff\x00i2ee"))
    expect(decoded.ok && decoded.value).toEqual(
      new Map([
        ["__proto__", 1],
        ["\xff\x00", 2],
      ]),
    )
  })

  test("reads a value that stands before other bytes when allowed, and says where it ends", () => {
    expect(decode(ascii("d1:ai1ee<payload>"), { allowTrailing: true })).toMatchObject({ ok: true, end: 8 })
  })

  test("works on a view into a larger buffer", () => {
    const decoded = decode(ascii("xxx2:abyyy").subarray(3, 7))
    expect(decoded.ok && decoded.value).toEqual(ascii("ab"))
  })

  test("returns on any bytes, and never throws", () => {
    const noise = fc.uint8Array({ maxLength: 200 })
    const syntax = fc
      .string({ unit: fc.constantFrom(...Array.from("idle0123456789:-x")), maxLength: 200 })
      .map(ascii)
    fc.assert(
      fc.property(fc.oneof(noise, syntax), (bytes) => {
        const decoded = decode(bytes, { allowTrailing: true })
        const at = decoded.ok ? decoded.end : decoded.fault.offset
        expect(at).toBeGreaterThanOrEqual(0)
        expect(at).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 2_000 },
    )
  })

  test("every strict beginning of a value is truncated, and nothing else", () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, cut) => {
        const whole = encode(value)
        const length = 1 + (cut % Math.max(1, whole.length - 1))
        expect(decode(whole.subarray(0, length))).toEqual({
          ok: false,
          fault: { reason: "truncated", offset: length },
        })
      }),
    )
  })
})

describe("encode", () => {
  test("what is encoded decodes to the same, in BEP 3's one form", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value)
        expect(decode(bytes)).toEqual({ ok: true, value, end: bytes.length, irregularities: new Map() })
      }),
      { numRuns: 500 },
    )
  })

  test("sorts keys by bytes, where the package sorts by UTF-16 units", () => {
    expect(Buffer.from(encode({ "😀": 1, "\uff5e": 2, a: 3 }))).toEqual(
      Buffer.from("d1:ai3e3:\uff5ei2e4:😀i1ee"),
    )
  })

  test("refuses what bencode has no form for", () => {
    expect(() => encode(1.5)).toThrow(TypeError)
    expect(() => encode([Number.NaN])).toThrow(TypeError)
  })
})

describe("spanOf", () => {
  const spanned = (text: string, key: string) => {
    const span = spanOf(ascii(text), key)
    return span && text.slice(span.start, span.end)
  }
  test("gives the bytes as received", () => {
    expect(spanned("d1:ai1e4:infod1:bi007e1:ai1eee", "info")).toBe("d1:bi007e1:ai1ee")
  })
  test("takes the first of two", () => expect(spanned("d4:infoi1e4:infoi2ee", "info")).toBe("i1e"))
  test("looks at the top level only", () => expect(spanned("d1:ad4:infoi1eee", "info")).toBe(null))
  test("takes a key for itself only", () => expect(spanned("d3:infi1e04:infoi2ee", "info")).toBe("i2e"))
  test("is null for what is no dictionary, or broken", () => {
    for (const text of ["", "l4:infoe", "d", "d4:info", "d4:infox", "4:info"])
      expect(spanned(text, "info")).toBe(null)
  })
})

describe("guardLibraries", () => {
  guardLibraries()
  guardLibraries()

  test.each([
    "l-3:",
    "d-3:",
    "l".repeat(200_000),
    "d1:a",
    "5:abc",
    "ie",
    "d9:__proto__d1:ai1eee",
    "d09:__proto__dee",
  ])("a library that decodes %.30j gets an Error", (text) =>
    expect(() => bencode.decode(ascii(text))).toThrow(/^bencode: /),
  )

  test("leaves the package's results as they are", () => {
    expect(bencode.decode(ascii("d1:mdee"))).toEqual({ m: {} })
    expect(bencode.decode(Buffer.from("2:ab"), "utf8")).toBe("ab")
    expect(bencode.decode("i5e")).toBe(5)
    expect(bencode.decode(ascii("xxi5e"), 2)).toBe(5)
    expect(bencode.decode(null)).toBe(null)
    expect(bencode.decode(new Uint8Array())).toBe(null)
    // ut_metadata: a dictionary, and then the piece.
    expect(bencode.decode(ascii("d5:piecei0ee\x00\xff"))).toEqual({ piece: 0 })
  })

  test("any bytes end in a result or an Error", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from("idle0123:-")), maxLength: 40 }),
        (text) => {
          const sound = text === "" || decode(ascii(text), { allowTrailing: true }).ok
          let refusal = ""
          try {
            bencode.decode(ascii(text))
          } catch (error) {
            refusal = String(error)
          }
          expect(refusal).toMatch(sound ? /^$/ : /^Error: bencode: /)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
