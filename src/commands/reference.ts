/** `--reference DIR`: read before anything is sent; for a magnet link once its files are known. */
import type { Depth } from "../evidence.ts"
import { InputError } from "../failure.ts"
import type { GatherTools, Target } from "../gather.ts"
import { openReference, unusableReference } from "../store/reference-copy.ts"
import { refuseMissingReference } from "../store/reference-files.ts"
import type { Metainfo } from "../torrent/metainfo.ts"
import type { Reference } from "../torrent/reference.ts"
import type { Context } from "./context.ts"

type ReferenceTool = Pick<GatherTools, "openReference">

/**
 * Closes what it opened once `use` is done. At depths that ask for no block nothing is read. Throws InputError, for a magnet
 * link only if DIR isn't there.
 */
export async function withReference<T>(
  target: Target,
  depth: Depth,
  context: Pick<Context, "flags" | "terminal" | "stop">,
  use: (tool: ReferenceTool) => Promise<T>,
): Promise<T> {
  const given = context.flags.reference
  const where = given === true ? undefined : given?.at(-1)
  if (where === undefined) return use({})
  await refuseMissingReference(where)
  if (depth !== "sample" && depth !== "full") return use({})
  const opened: Reference[] = []
  const read = async (metainfo: Metainfo, onProgress: (fraction: number) => void = () => {}) => {
    const copy = await openReference(where, metainfo, { signal: context.stop, onProgress })
    opened.push(copy)
    return copy
  }
  try {
    return await use("magnet" in target ? lazily(read) : await atOnce(target.metainfo, read, context))
  } finally {
    for (const copy of opened) await copy.close()
  }
}

type Read = (metainfo: Metainfo, onProgress?: (fraction: number) => void) => Promise<Reference>

async function atOnce(
  metainfo: Metainfo,
  read: Read,
  { flags, terminal }: Pick<Context, "flags" | "terminal">,
): Promise<ReferenceTool> {
  const shown = terminal.stderrIsTty && flags.quiet !== true ? percentOn(terminal.err) : null
  const copy = await read(metainfo, shown?.update).finally(() => shown?.done())
  return { openReference: () => Promise.resolve(copy) }
}

/** In the middle of a run, a copy that holds none of the files is in the record as such, and the run goes on. */
const lazily = (read: Read): ReferenceTool => ({
  openReference: (metainfo) =>
    read(metainfo).catch((error: unknown) => {
      if (error instanceof InputError) return unusableReference(metainfo)
      throw error
    }),
})

/** One line, written over. */
function percentOn(write: (text: string) => void): { update: (fraction: number) => void; done: () => void } {
  let last = ""
  return {
    update(fraction) {
      const line = `Reading your copy: ${Math.floor(100 * fraction)}%`
      if (line !== last) write(`\r${line}`)
      last = line
    },
    done() {
      if (last !== "") write(`\r${" ".repeat(last.length)}\r`)
    },
  }
}
