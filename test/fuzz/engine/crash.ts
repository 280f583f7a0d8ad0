/** An input that broke something, kept as a file. */
import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export type CrashKind = "throw" | "hang" | "memory"

/** Returns the file: the input as it is; beside it, `.txt` says what happened. */
export function keepCrash(
  folder: string,
  target: string,
  kind: CrashKind,
  bytes: Uint8Array,
  why: string,
): string {
  const hash = createHash("sha1").update(bytes).digest("hex").slice(0, 12)
  const file = join(folder, target, `${kind}-${hash}`)
  mkdirSync(join(folder, target), { recursive: true })
  writeFileSync(file, bytes)
  writeFileSync(`${file}.txt`, `${why}\n`)
  return file
}

export const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? String(error)) : `thrown: ${String(error)}`

/** The same for inputs that break the same thing: the message without its numbers, and the first place of the program's. */
export function signature(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 80)
  const frame = /(?:src|targets|sessions|node_modules)\/[^\s()]+?(?=:\d)/.exec(error.stack ?? "")?.[0] ?? ""
  const what = /^broken: [^:]*/.exec(error.message)?.[0] ?? error.message.replace(/"[^"]*"|\d+/g, "…")
  return `${error.name}: ${what.slice(0, 80)} ${frame}`
}

/** Fewer bytes that still do the same, within `tries` runs. */
export async function shrink(
  bytes: Uint8Array,
  tries: number,
  breaks: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let best = bytes
  let left = tries
  for (let part = Math.ceil(best.length / 2); part >= 1; part = Math.floor(part / 2)) {
    for (let at = 0; at < best.length && left > 0; left--) {
      const candidate = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + part)])
      if (await breaks(candidate)) best = candidate
      else at += part
    }
  }
  return best
}
