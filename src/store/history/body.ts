/**
 * A snapshot as bytes: JSON under brotli. Of 200 peers and 15,104 pieces, 480 KB of JSON become 59 KB. Bitfields taken out of base64
 * would save 2% more, the peers turned into columns 3%: not worth a format that only we can read.
 */
import { promisify } from "node:util"
import { brotliCompressSync, brotliDecompress, constants } from "node:zlib"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Snapshot } from "../../report.ts"
import { jsonExcess } from "../json-bounds.ts"

/** JSON under brotli. */
export const bodyFormat = 1

const { maxBodyBytes, maxSnapshotBytes } = limits.history

export function packed(snapshot: Snapshot): Uint8Array {
  const json = Buffer.from(JSON.stringify(snapshot))
  const body = json.length > maxSnapshotBytes ? null : compress(json)
  if (body !== null && body.length <= maxBodyBytes) return body
  throw new InputError(
    "cant-write",
    `a snapshot of ${json.length} bytes is too large for the history`,
    "Save it with -o x.json.gz.",
  )
}

/**
 * A hundredth of the work of the best quality (0.2 s for 10 MB), and a sixth more bytes. Not in Node's other threads: each of them
 * keeps the memory that it once took, and a `watch` would grow.
 */
const compress = (json: Uint8Array): Uint8Array =>
  brotliCompressSync(json, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: json.length,
    },
  })

/** Throws InputError `bad-snapshot` where it isn't one, and never unpacks more than a bound. */
export async function unpacked(body: Uint8Array, format: number, name: string): Promise<Snapshot> {
  const { validSnapshot } = await import("../snapshot-file.ts")
  const what = `the kept snapshot ${name}`
  if (format !== bodyFormat)
    throw new InputError(
      "bad-snapshot",
      `${what} is packed in a way newer than mine`,
      "Upgrade torrent-audit.",
    )
  const json = await promisify(brotliDecompress)(body, { maxOutputLength: maxSnapshotBytes }).catch(
    () => null,
  )
  try {
    return validSnapshot(what, json === null ? undefined : parsed(json))
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const newer = error.message.includes("newer than mine")
    const hint = newer ? error.hint : "`torrent-audit history` lists other audits of it."
    throw new InputError(error.code, error.message, hint)
  }
}

function parsed(json: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(json)
    return jsonExcess(text) === null ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}
