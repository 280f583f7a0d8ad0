import * as fc from "fast-check"
import { expect, it } from "vitest"
import { plainJson } from "../../src/evidence/plain-json.ts"

const obeyed = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u

it("is the same value, without what a terminal obeys", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const text = plainJson({ [name]: [name, 1] })
      expect(JSON.parse(text)).toEqual({ [name]: [name, 1] })
      expect(text).not.toMatch(obeyed)
    }),
  )
  const every = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))
  expect(JSON.parse(plainJson(every))).toEqual(every)
  expect(every.filter((character) => obeyed.test(plainJson(character)))).toEqual([])
  expect(plainJson("\u009b31m\u202ex\u2028é…")).toBe(String.raw`"\u009b31m\u202ex\u2028é…"`)
})
