/** Standard input, which may never end: the first signal ends the waiting for it. */
import type { Readable } from "node:stream"
import { InputError } from "../failure.ts"

export type StandardInput = () => AsyncIterable<Uint8Array>

export async function* standardInput(
  stop: AbortSignal,
  stdin: Readable = process.stdin,
): AsyncGenerator<Uint8Array> {
  const end = () => void stdin.destroy()
  if (stop.aborted) end()
  stop.addEventListener("abort", end, { once: true })
  try {
    for await (const chunk of stdin as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    if (!stop.aborted) throw error
  } finally {
    stop.removeEventListener("abort", end)
  }
  if (stop.aborted)
    throw new InputError(String(stop.reason), "stopped before standard input ended", "Nothing was sent.")
}
