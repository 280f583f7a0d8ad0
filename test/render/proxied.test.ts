import { expect, test } from "vitest"
import { headerLines } from "../../src/render/header.ts"
import { createPage } from "../../src/render/page.ts"
import { snapshot } from "./snapshots.ts"

const page = createPage({ columns: 60, color: false, ascii: false, top: 5, verbose: false })
const contact = { encryption: "prefer", utp: false, proxy: true, off: [] as string[] } as const
const shown = (more: Partial<NonNullable<ReturnType<typeof snapshot>["run"]["contact"]>>) => {
  const { run, ...rest } = snapshot()
  return headerLines(snapshot({ ...rest, run: { ...run, contact: { ...contact, ...more } } }), page).join(
    "\n",
  )
}

test("a run through a proxy says so, and what was off", () => {
  expect(shown({ off: ["incoming connections", "LSD", "DHT", "UDP trackers", "uTP"] })).toContain(
    "  through a SOCKS5 proxy; off: incoming connections, LSD,\n  DHT, UDP trackers, uTP",
  )
  expect(shown({})).toMatch(/through a SOCKS5 proxy$/)
})

test("another run does not", () => {
  expect(shown({ proxy: false, off: [] })).not.toContain("proxy")
  expect(headerLines(snapshot(), page).join("\n")).not.toContain("proxy")
})

test("a copy that was given says what it was good for", () => {
  const { run, ...rest } = snapshot()
  const told = (right: number, wrong: number, missing: number) =>
    headerLines(snapshot({ ...rest, run: { ...run, reference: { right, wrong, missing } } }), page).join("\n")
  expect(told(28, 0, 0)).toMatch(/^ {2}your copy: 28 of 28 pieces right$/m)
  expect(told(0, 1, 27)).toMatch(/^ {2}your copy: 0 of 28 pieces right {2}1 changed {2}27 missing$/m)
  expect(headerLines(snapshot(), page).join("\n")).not.toContain("your copy")
})

test("a forged record can't fill the screen", () => {
  const lines = shown({ off: Array.from({ length: 1_000 }, () => `\u001b[2J${"x".repeat(1_000)}`) })
  expect(lines.length).toBeLessThan(1_200)
  expect(lines).not.toContain("\u001b")
})
