/** The feed against a grammar of RFC 4287, by libxml2. */
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { renderAtom } from "../../src/render/atom.ts"
import { row, warned } from "../render/rows.ts"
import { tool } from "./tool.ts"

const grammar = fileURLToPath(new URL("atom.rng", import.meta.url))
const check = (xml: string) => tool("xmllint", ["--noout", "--nonet", "--relaxng", grammar, "-"], xml)

const changing = [row(3), warned(2, "dead-tracker"), row(1)]

test.each([
  ["changes", renderAtom([changing])],
  ["nothing ever changed", renderAtom([[row(2), row(1)]])],
  ["nothing was audited", renderAtom([])],
  [
    "hostile names",
    renderAtom([changing.map((each) => ({ ...each, name: "]]><x>&\u0000\u0008\ufffe\ud800\u{1f600}" }))]),
  ],
])("valid: %s", async (_, xml) => {
  expect(await check(xml)).toEqual({ status: 0, out: "", err: "- validates\n" })
})

test.each([
  ["no id", (xml: string) => xml.replace(/<id>[^<]+<\/id>\n/, "")],
  ["no author", (xml: string) => xml.replace(/<author>.*<\/author>\n/, "")],
  ["another date", (xml: string) => xml.replace(/<updated>[^<]+</, "<updated>2026-03-14 09:15<")],
  ["an entry without a title", (xml: string) => xml.replace(/(<entry>\n<id>.*\n)<title>.*\n/, "$1")],
  ["two titles", (xml: string) => xml.replace(/<title>[^\n]+\n/, "$&$&")],
])("the check would see %s", async (_, breaking) => {
  const xml = renderAtom([changing])
  expect(breaking(xml)).not.toBe(xml)
  expect((await check(breaking(xml))).status).toBe(3)
})
