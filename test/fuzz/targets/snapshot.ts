/** Snapshots read back: JSON, packed JSON and pages of ours → the schema → judged again → every view. */
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import * as z from "zod"
import { evidenceOf, snapshotOf } from "../../../src/commands/snapshot.ts"
import type { Evidence } from "../../../src/evidence.ts"
import { renderHtml } from "../../../src/render/html.ts"
import { snapshot as schema, type Snapshot } from "../../../src/report.ts"
import { redact } from "../../../src/store/redact.ts"
import { readSnapshot, serialise, validSnapshot } from "../../../src/store/snapshot-file.ts"
import { choicesIn, must, orRefused, orRefusedLater, same } from "../claims.ts"
import { edited } from "../edits.ts"
import { scratchFile } from "../scratch.ts"
import { safeInEveryView } from "../views.ts"
import type { FuzzTarget } from "../target.ts"

const names = [
  "scrape",
  "nobody",
  "healthy",
  "moved-webseed",
  "dual-homed",
  "redacted",
  "leaked-private",
  "corrupter",
]
names.push("over-claimer", "withholder", "udp-blocked", "web-peers")

export const evidenceNamed = (name: string): Evidence =>
  JSON.parse(
    readFileSync(new URL(`../../../fixtures/swarms/${name}/evidence.json`, import.meta.url), "utf8"),
  ) as Evidence

const known = new Map<string, Snapshot>()
function snapshotNamed(name: string): Snapshot {
  const found = known.get(name) ?? snapshotOf(evidenceNamed(name))
  known.set(name, found)
  return found
}

function judgedAgain(saved: Snapshot): void {
  const judged = snapshotOf(evidenceOf(saved))
  const checked = schema.safeParse(judged)
  must(
    checked.success,
    `the report of a good snapshot: ${checked.success ? "" : z.prettifyError(checked.error)}`,
  )
  const failed = judged.findings.find(({ verdict }) => verdict === "error")
  must(failed === undefined, `an audit that throws: ${failed?.audit} ${failed?.because}`)
  safeInEveryView(judged)
}

export const edits: FuzzTarget = {
  name: "snapshot-edits",
  group: "files",
  maxBytes: 256,
  run(input) {
    const choices = choicesIn(input)
    const base = snapshotNamed(names[choices.number(names.length - 1)] ?? "healthy")
    const saved = orRefused(() => validSnapshot("x.json", edited(base, choices)))
    if (saved === null) return
    judgedAgain(saved)
    const renamed = redact(evidenceOf(saved), "full", new Uint8Array(32))
    same(renamed.peers.length, saved.peers.length, "redacted, as many peers")
  },
  *seeds() {
    for (const at of names.keys()) yield Uint8Array.of(at)
    for (const at of names.keys())
      yield Uint8Array.from({ length: 60 }, (_, index) => (at + index * (at + 3) * 7) % 256)
  },
}

export const text: FuzzTarget = {
  name: "snapshot-file",
  group: "files",
  maxBytes: 12_000,
  async run(input) {
    const saved = await orRefusedLater(() => readSnapshot(scratchFile("snapshot.json", input)))
    if (saved) judgedAgain(saved)
  },
  *seeds() {
    const small = snapshotNamed("scrape")
    const written = Buffer.from(serialise(small))
    yield written
    yield gzipSync(written)
    const page = renderHtml(small, { history: [], commandLine: null })
    const start = page.indexOf("<script")
    yield Buffer.from(`<!doctype html>${page.slice(start, page.indexOf("</script>", start) + 9)}`)
    yield Buffer.from('{"schemaVersion":"9.0"}')
    yield Buffer.from('{"schemaVersion":"1.0","tool":{}}')
  },
  dictionary: [
    '"schemaVersion":"1.5"',
    "<script",
    'id="snapshot">',
    "</script>",
    "null",
    "[]",
    "{}",
    "1e999",
    "-1",
    '"__proto__":',
  ],
}
