/** `torrent-audit dht …` within this process: what the command line would be given, print and return. */
import type { Context } from "../../src/commands/context.ts"
import { dht } from "../../src/commands/dht.ts"
import { parse } from "../../src/commands/parse.ts"
import { InputError } from "../../src/failure.ts"

export interface RanDht {
  /** Null: refused. */
  status: number | null
  out: string
  /** What stdout was given, as bytes. */
  bytes: Uint8Array
  err: string
  refusal: InputError | null
}

export async function runDht(
  words: readonly string[],
  terminal: Partial<Context["terminal"]> = {},
): Promise<RanDht> {
  const { flags, targets } = await parse(["dht", ...words], ["dht"])
  const out: Uint8Array[] = []
  let err = ""
  const context: Context = {
    targets,
    flags,
    environment: {},
    stdin: null,
    stop: new AbortController().signal,
    terminal: {
      out: (text) => void out.push(typeof text === "string" ? new TextEncoder().encode(text) : text),
      get printed() {
        return out.length > 0
      },
      err: (text) => void (err += text),
      stdoutIsTty: false,
      stderrIsTty: false,
      columns: 80,
      color: false,
      errorColor: false,
      ascii: false,
      ...terminal,
    },
  }
  const ended = await dht(context).catch((error: unknown) => {
    if (error instanceof InputError) return error
    throw error
  })
  const bytes = new Uint8Array(Buffer.concat(out))
  const refusal = ended instanceof InputError ? ended : null
  return {
    status: ended instanceof InputError ? null : ended,
    out: new TextDecoder().decode(bytes),
    bytes,
    err,
    refusal,
  }
}
