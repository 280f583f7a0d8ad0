/** A payload whose torrent is of BEP 52, v2 alone or hybrid: libtorrent makes it, so that nobody here judges himself. */
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { keyStream, layOut, payloadOf, type Payload, type PayloadOptions } from "./payload.ts"
import { output } from "./processes.ts"

const script = fileURLToPath(new URL("torrent_maker.py", import.meta.url))

interface Printed {
  info: string
  pieceLayers: string
  pieceCount: number
  v1: string | null
  v2: string
}

/** Every file begins with a piece of its own, in the order of the tree. */
export async function createTreePayload(options: PayloadOptions, kind: "v2" | "hybrid"): Promise<Payload> {
  const { name, pieceBytes, directory } = options
  let from = 0
  const extents = layOut(options.sizeBytes)
    .toSorted((a, b) => (a.path.join("/") < b.path.join("/") ? -1 : 1))
    .map((file) => {
      const extent = { ...file, from }
      from += Math.ceil(file.length / pieceBytes) * pieceBytes
      return extent
    })
  const last = extents.at(-1)
  const bytes = keyStream(name, (last?.from ?? 0) + (last?.length ?? 0))
  const content = Buffer.alloc(bytes.length)
  for (const extent of extents) bytes.copy(content, extent.from, extent.from, extent.from + extent.length)

  const made = {
    infoBytes: Buffer.alloc(0),
    pieceLayers: null,
    infoHash: "",
    infoHashV2: "",
    content,
    extents,
  }
  const original = join(directory, `${name}-original`)
  payloadOf(options, made).writeTo(original, "all")
  const wish = { directory: original, name, paths: extents.map(({ path }) => path), pieceBytes }
  const argument = JSON.stringify({ ...wish, hybrid: kind === "hybrid" })
  const printed = JSON.parse(await output("/usr/bin/python3", [script, argument])) as Printed
  const payload = payloadOf(options, {
    ...made,
    infoBytes: Buffer.from(printed.info, "base64"),
    pieceLayers: Buffer.from(printed.pieceLayers, "base64"),
    infoHash: printed.v1 ?? printed.v2.slice(0, 40),
    infoHashV2: printed.v2,
  })
  if (payload.pieceCount !== printed.pieceCount)
    throw new Error(`${payload.pieceCount} pieces, libtorrent says ${printed.pieceCount}`)
  return payload
}
