/**
 * A snapshot as bytes: JSON under brotli. Of 200 peers and 15,104 pieces, 480 KB of JSON become 51 KB. Bitfields taken out of base64
 * would save 2% more, the peers turned into columns 3%: not worth a format that only we can read.
 */
import { promisify } from "node:util"
import { brotliCompress, brotliDecompress, constants } from "node:zlib"
import { InputError } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Snapshot } from "../../report.ts"
import { bodyFormat } from "./tables.ts"

const { maxBodyBytes, maxSnapshotBytes, thoroughBytes } = limits.history

export async function packed(snapshot: Snapshot): Promise<Uint8Array> {
  const json = Buffer.from(JSON.stringify(snapshot))
  const body = json.length > maxSnapshotBytes ? null : await compress(json)
  if (body !== null && body.length <= maxBodyBytes) return body
  throw new InputError(
    "cant-write",
    `a snapshot of ${json.length} bytes is too large for the history`,
    "Save it with -o x.json.gz.",
  )
}

/** The best quality takes a second for 2 MiB. */
const compress = (json: Uint8Array): Promise<Uint8Array> =>
  promisify(brotliCompress)(json, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: json.length > thoroughBytes ? 5 : 11,
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
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json))
  } catch {
    return undefined
  }
}
