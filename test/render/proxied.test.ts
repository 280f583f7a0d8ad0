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

test("a forged record can't fill the screen", () => {
  const lines = shown({ off: Array.from({ length: 1_000 }, () => `\u001b[2J${"x".repeat(1_000)}`) })
  expect(lines.length).toBeLessThan(1_200)
  expect(lines).not.toContain("\u001b")
})
