/** Every limit that SECURITY.md quotes is the code's. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { capNames } from "../src/evidence.ts"
import { failureCodes } from "../src/failure.ts"
import { limits } from "../src/limits.ts"

const root = join(import.meta.dirname, "..")
const page = readFileSync(join(root, "SECURITY.md"), "utf8")
const rows = [...page.matchAll(/^\| [^|]*\| `(\w+(?:\.\w+)+)` \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, path = "", value = "", hit = ""]) => ({ path, value, hit }),
)
const units: Record<string, number> = { "": 1, s: 1_000, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

function numberOf(text: string): number {
  const [, digits = "", unit = ""] = /^([\d,]+)(?: (\w+))?$/.exec(text) ?? []
  return Number(digits.replaceAll(",", "")) * (units[unit] ?? NaN)
}

const inCode = (path: string): unknown =>
  path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], limits)

it("quotes the limits as they are", () => {
  expect(rows.length).toBeGreaterThan(50)
  const quoted = Object.fromEntries(rows.map(({ path, value }) => [path, numberOf(value)]))
  expect(quoted).toEqual(Object.fromEntries(rows.map(({ path }) => [path, inCode(path)])))
})

it("names caps and failures that there are", () => {
  const named = rows.flatMap(({ hit }) =>
    [...hit.matchAll(/(cap|failure) `([\w-]+)`/g)].map(([, kind, name]) => ({ kind, name })),
  )
  expect(named.length).toBeGreaterThan(20)
  const unknown = named.filter(
    ({ kind, name }) => !(kind === "cap" ? capNames : failureCodes).some((known) => known === name),
  )
  expect(unknown).toEqual([])
})

it("leads to files that there are", () => {
  const paths = [...page.matchAll(/\]\((?!https:)([^)]+)\)/g)].map(([, path = ""]) => path)
  // Results are written by a run of minutes.
  const missing = paths.filter((path) => !path.endsWith("RESULTS.md") && !existsSync(join(root, path)))
  expect(missing).toEqual([])
})
