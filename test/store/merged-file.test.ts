/** Documents about several places, of strangers: what doesn't fit is refused before anything is made of it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { merge } from "../../src/commands/merge.ts"
import { report } from "../../src/commands/report.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { limits } from "../../src/limits.ts"
import { mergeSnapshots } from "../../src/merge.ts"
import type { Merged } from "../../src/report/merged.ts"
import { validMerged } from "../../src/store/merged-file.ts"
import { validSnapshot } from "../../src/store/snapshot-file.ts"
import { anEvidence, aRun, aSeeder, aTorrent } from "../support/builders.ts"
import { ownContext } from "../support/own-context.ts"

const ours = (): Merged =>
  mergeSnapshots(
    ["ams", "nyc"].map((label) => ({
      label,
      snapshot: anEvidence({ run: aRun({ id: label }), peers: [aSeeder(1)] }),
    })),
    "0.0.0",
  )

const refused = (document: unknown): string | null => {
  try {
    validMerged("x.json", document)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return null
}

const files = Array.from({ length: 1_000 }, (_, n) => ({
  path: `${n}`,
  sizeBytes: 1,
  firstPiece: 0,
  lastPiece: 15,
  pad: false,
}))

test("ours is read, and is no snapshot", () => {
  expect(refused(ours())).toBeNull()
  expect(() => validSnapshot("x.json", ours())).toThrow("x.json is of several places")
})

test.each<[string, (document: Merged) => unknown, string]>([
  ["of no place", (document) => ({ ...document, vantages: [] }), "vantages: Too small"],
  [
    "of 65 places",
    (document) => ({ ...document, vantages: Array.from({ length: 65 }, () => document.vantages[0]) }),
    "vantages: Too big",
  ],
  [
    "a place without audits",
    (document) => ({ ...document, vantages: [{ ...document.vantages[0], rounds: [] }] }),
    "vantages.0.rounds: Too small",
  ],
  [
    "a label that is none",
    (document) => ({ ...document, vantages: [{ ...document.vantages[0], label: "../x\u001b" }] }),
    "vantages.0.label",
  ],
  [
    "another torrent among them",
    (document) => ({
      ...document,
      vantages: [
        {
          ...document.vantages[0],
          rounds: [anEvidence({ torrent: aTorrent({ infoHashV1: "cc".repeat(20) }) })],
        },
      ],
    }),
    "different torrents",
  ],
  [
    "files that overlap, in one of them",
    (document) => ({
      ...document,
      vantages: [{ ...document.vantages[0], rounds: [anEvidence({ torrent: aTorrent({ files }) })] }],
    }),
    "torrent.files: they overlap",
  ],
  [
    "more audits of all places than can be held against each other",
    (document) => ({
      ...document,
      vantages: Array.from({ length: 2 }, (_, n) => ({
        ...document.vantages[n],
        rounds: Array.from({ length: limits.merge.maxRounds / 2 + n }, () => anEvidence({ peers: [] })),
      })),
    }),
    "vantages: more than 500 audits",
  ],
  ["another major version", (document) => ({ ...document, schemaVersion: "2.0" }), "newer than mine"],
])("%s", (_, make, why) => {
  expect(refused(make(ours()))).toContain(why)
})

test.each<[string, unknown]>([
  ["a number", 5],
  [
    "audits with escapes",
    [{ label: "\u001b]0;x\u0007", rounds: [{ ...anEvidence(), run: { startedAt: "\u001b[31m" } }] }],
  ],
])("a snapshot with a field of that name, %s: it is one place's", async (_, vantages) => {
  const context = ownContext({})
  const path = join(context.home, "ams.json")
  writeFileSync(path, JSON.stringify({ ...snapshotOf(anEvidence()), vantages }))
  const other = join(context.home, "nyc.json")
  writeFileSync(other, JSON.stringify(snapshotOf(anEvidence({ run: aRun({ id: "nyc" }) }))))
  expect(await report({ ...context, targets: [path] })).toBe(0)
  expect(await merge({ ...context, targets: [path, other] })).toBe(0)
  expect(context.out()).not.toContain("\u001b")
})
