/** A command's context in a home of its own, and what it prints. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import type { Context, Flags } from "../../src/commands/context.ts"
import { commandContext } from "./command-context.ts"

export interface OwnContext extends Context {
  readonly home: string
  /** What was printed since the last call. */
  out(): string
  err(): string
}

export function ownContext(flags: Flags = {}, more: Partial<Context> = {}): OwnContext {
  const home = mkdtempSync(join(tmpdir(), "torrent-audit-own-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const context = commandContext(home, [], flags)
  const [out, err] = [sinceLast(() => context.out()), sinceLast(() => context.err())]
  return { ...context, ...more, home, out, err }
}

function sinceLast(all: () => string): () => string {
  let from = 0
  return () => {
    const said = all().slice(from)
    from += said.length
    return said
  }
}
