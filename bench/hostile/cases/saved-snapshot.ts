/** Snapshots of ours, as a file holds them, for those who damage them. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { snapshotOf } from "../../../src/commands/snapshot.ts"
import type { Evidence } from "../../../src/evidence.ts"

const fixture = join(import.meta.dirname, "..", "..", "..", "fixtures", "swarms", "healthy", "evidence.json")
const evidence = (): Evidence => JSON.parse(readFileSync(fixture, "utf8")) as Evidence

export const savedSnapshot = (): string => JSON.stringify(snapshotOf(evidence()))

/** 240 MB, nearly all of it a field of some later version: what memory a snapshot may take that is read back. */
export const largeSnapshot = (): string =>
  savedSnapshot().replace("{", `{"later":"${"x".repeat(240_000_000)}",`)
