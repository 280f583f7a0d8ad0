/** A snapshot that somebody else made, or damaged: what `report` and `diff` read back. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase, Stage, Staged } from "../case.ts"
import { largeSnapshot, savedSnapshot } from "./saved-snapshot.ts"
import {
  MiB,
  borne,
  demand,
  fileCases,
  fileIn,
  forbid,
  pipeIn,
  refused,
  repeated,
  sparse,
} from "./file-stage.ts"

const snapshotCase = fileCases("snapshot")

const bad = (
  id: string,
  does: string,
  bound: string,
  text: () => Uint8Array | string,
  as?: HostileCase["honest"],
  name = "old.json",
): HostileCase =>
  snapshotCase(
    id,
    does,
    bound,
    (stage) => refused("bad-snapshot", { args: ["report", fileIn(stage, name, text())] }),
    as,
  )

const changed = (change: (snapshot: Record<string, unknown>) => void): string => {
  const snapshot = JSON.parse(savedSnapshot()) as Record<string, unknown>
  change(snapshot)
  return JSON.stringify(snapshot)
}

/** Every number that is one becomes this one, and stays of the same kind. */
const withNumbers = (number: string): string =>
  savedSnapshot().replaceAll(/(?<=":|\[|,)\d+(?=[,\]}])/g, number)

const honestLarge = (stage: Stage): Promise<Staged> =>
  Promise.resolve(
    borne({
      args: ["report", fileIn(stage, "large.json.gz", gzipSync(largeSnapshot()))],
      exits: [0, 1, 2, 3],
      withinMs: 120_000,
      check: () => "read",
    }),
  )

export const snapshotCases: readonly HostileCase[] = [
  snapshotCase("300-mb", "has 300 MB", "256 MiB", (stage) =>
    refused("bad-snapshot", { args: ["report", sparse(stage, "old.json", 300_000_000)] }),
  ),
  bad(
    "gzip-bomb",
    "is a gzip of 300 MB of spaces",
    "256 MiB unzipped",
    () => gzipSync(repeated(" ", 300_000_000)),
    honestLarge,
    "old.json.gz",
  ),
  bad(
    "gzip-of-lists",
    "is a gzip of 60 million empty lists",
    "snapshot.maxValues",
    () => gzipSync(Buffer.concat([Buffer.from("["), repeated("[],", 60_000_000), Buffer.from("0]")])),
    honestLarge,
    "old.json.gz",
  ),
  bad("deep", "nests a million lists", "snapshot.maxDepth", () => repeated("[", MiB)),
  snapshotCase(
    "deep-elsewhere",
    "has a field that no version knows, 50 levels deep",
    "snapshot.maxDepth",
    (stage) => {
      const deep = `${'{"a":'.repeat(50)}1${"}".repeat(50)}`
      const file = fileIn(stage, "old.json", savedSnapshot().replace("{", `{"strange":${deep},`))
      return borne({
        args: ["report", file, "--json"],
        exits: [0, 1, 2, 3],
        check({ snapshot, stdout }) {
          if (snapshot === null) throw new Error("no snapshot")
          forbid(stdout, '"strange"', "kept")
          return "judged again; what no version knows is left out"
        },
      })
    },
  ),
  bad("wrong-types", "has a text wherever a number was", "schema", () =>
    savedSnapshot().replaceAll(/(?<=":)\d+(?=[,}])/g, '"many"'),
  ),
  bad("lists-for-objects", "has a list wherever an object was", "schema", () =>
    changed((snapshot) => {
      for (const key of Object.keys(snapshot)) if (key !== "schemaVersion") snapshot[key] = [[]]
    }),
  ),
  bad("huge-numbers", "has 1e308 for every number", "schema", () => withNumbers("1e308")),
  bad("most-numbers", "has 2⁵³ − 1 for every number", "schema", () => withNumbers("9007199254740991")),
  bad("negative-numbers", "has −1 for every number", "schema", () => withNumbers("-1")),
  bad("truncated", "breaks off in the middle", "JSON", () => savedSnapshot().slice(0, -5_000)),
  snapshotCase("prototype", "has __proto__ and constructor for keys", "own properties only", (stage) => {
    const file = fileIn(
      stage,
      "old.json",
      savedSnapshot().replaceAll(
        /\{(?=")/g,
        '{"__proto__":{"status":"ok"},"constructor":{"prototype":{"status":1}},',
      ),
    )
    return borne({
      args: ["report", file, "--json"],
      exits: [0, 1, 2, 3],
      check({ snapshot }) {
        const { status } = (JSON.parse(savedSnapshot()) as Snapshot).verdict
        if (snapshot?.verdict.status !== status) throw new Error(`judged ${snapshot?.verdict.status}`)
        return `judged as without them: ${status}`
      },
    })
  }),
  snapshotCase(
    "page-with-script",
    "is an HTML report with another script and a hostile name in it",
    "escaped",
    (stage) => {
      const evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`"
      const inside = changed((snapshot) => {
        ;(snapshot["torrent"] as { name: string }).name = evil
      }).replaceAll("<", "\\u003c")
      const page = `<!doctype html><script>alert(0)</script><script type="application/json" id="snapshot">${inside}</script>`
      const file = fileIn(stage, "old.html", page)
      return borne({
        args: ["report", file, "-o", join(stage.folder, "new.html")],
        exits: [0, 1, 2, 3],
        check() {
          const written = readFileSync(join(stage.folder, "new.html"), "utf8")
          forbid(written, /<script>alert|<img src=x/, "the script got into the page")
          demand(written, "&lt;/script&gt;", "the name, escaped")
          return "read; the new page holds the name as text"
        },
      })
    },
  ),
  snapshotCase("pipe", "is a pipe", "regular files only", ({ folder }) =>
    refused("no-file", { args: ["report", pipeIn(folder, "old.json")] }),
  ),
]
