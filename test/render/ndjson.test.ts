import { expect, test } from "vitest"
import { renderNdjson, streamLine } from "../../src/render/ndjson.ts"
import { renderProm } from "../../src/render/prom.ts"
import { rich } from "./snapshots.ts"

test("numbered lines, each a document, the snapshot last", () => {
  const at = "2026-03-14T09:15:01.000Z"
  const phase = { type: "phase", at, phase: "trackers" } as const
  const lines = renderNdjson([phase], rich())
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1))
  expect(lines.map(({ type }) => type)).toEqual([
    "phase",
    "finding",
    "finding",
    "finding",
    "finding",
    "snapshot",
  ])
  expect(lines[0]).toEqual({ seq: 1, at, type: "phase", phase: "trackers" })
  expect(lines[1]).toMatchObject({ at: "2026-03-14T09:17:51.000Z", finding: { audit: "dead-tracker" } })
  expect(lines.at(-1)?.["snapshot"]).toEqual(rich())
})

test("a run that says it lasted for ages ends all the same", () => {
  const drawn = rich()
  const aged = { ...drawn, run: { ...drawn.run, durationMs: Number.MAX_SAFE_INTEGER } }
  expect(renderNdjson([], aged)).toContain('"at":"9999-12-31T23:59:59.999Z"')
  expect(renderProm([aged])).toContain("last_success_timestamp_seconds")
})

test("seq, at and type come first, and no line has a break in it", () => {
  const line = streamLine(7, { type: "error", at: "x", code: "no-file", message: "a\nb\u2028", hint: "" })
  expect(line).toBe('{"seq":7,"at":"x","type":"error","code":"no-file","message":"a\\nb\\u2028","hint":""}\n')
})
