/** A command's context in a home of its own, and what it prints. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import type { Context, Flags } from "../../src/commands/context.ts"

export interface OwnContext extends Context {
  readonly home: string
  /** What was printed since the last call. */
  out(): string
  err(): string
}

export function ownContext(flags: Flags = {}, more: Partial<Context> = {}): OwnContext {
  const home = mkdtempSync(join(tmpdir(), "torrent-audit-own-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  let [out, err] = ["", ""]
  const taken = (text: string, forget: () => void) => {
    forget()
    return text
  }
  return {
    targets: [],
    flags,
    environment: { XDG_STATE_HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home },
    stdin: null,
    stop: new AbortController().signal,
    terminal: {
      out: (text) => void (out += typeof text === "string" ? text : Buffer.from(text).toString()),
      err: (text) => void (err += text),
      get printed() {
        return out !== ""
      },
      stdoutIsTty: false,
      stderrIsTty: false,
      columns: 80,
      color: false,
      errorColor: false,
      ascii: false,
    },
    ...more,
    home,
    out: () => taken(out, () => (out = "")),
    err: () => taken(err, () => (err = "")),
  }
}
