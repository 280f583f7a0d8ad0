/** What a command gets, without a process around it. */
import type { Context, Flags } from "../../src/commands/context.ts"

export interface Spoken extends Context {
  /** All that was printed so far. */
  out(): string
  err(): string
}

/** Its state, and everything else between runs, is in `home`. */
export function commandContext(home: string, targets: readonly string[] = [], flags: Flags = {}): Spoken {
  let [out, err] = ["", ""]
  return {
    out: () => out,
    err: () => err,
    targets,
    flags,
    environment: { HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home },
    stdin: null,
    stop: new AbortController().signal,
    terminal: {
      out: (text) => void (out += Buffer.from(text).toString()),
      get printed() {
        return out !== ""
      },
      err: (text) => void (err += text),
      stdoutIsTty: false,
      stderrIsTty: false,
      columns: 80,
      color: false,
      errorColor: false,
      ascii: false,
    },
  }
}
