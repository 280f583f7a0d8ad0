/** BEP 10 extension handshake: a dictionary of `m` (extension name → message id, 0 = off), `v`, `p`, `reqq`, `yourip`; BEP 9 `metadata_size`; BEP 21 `upload_only`. */
import type { Extensions } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { BencodeDictionary, BencodeValue } from "../torrent/bencode.ts"
import { plainText } from "./plain-text.ts"

/** Extensions that we may speak, and the message ids that we ask others to use for them: `m` of our handshake. */
export const ownIds = { ut_pex: 1, ut_metadata: 2, ut_holepunch: 4, lt_donthave: 7 } as const
export type ExtensionName = keyof typeof ownIds

/** Ours, without `m`. Never `upload_only`: some clients then keep their pieces to themselves, or leave. */
export const ownHandshake = (
  version: string,
  listenPort: number | null,
): Record<string, string | number> => ({
  ...(listenPort === null ? {} : { p: listenPort }),
  reqq: limits.peer.defaultReqq,
  v: version,
})

/** A later handshake changes what it names and leaves the rest. */
export function mergeHandshake(handshake: BencodeDictionary, known: Extensions | null): Extensions {
  const { maxClientNameLength } = limits.peer
  const v = handshake.get("v")
  const ip = handshake.get("yourip")
  const uploadOnly = uploadOnlyIn(handshake) ?? known?.uploadOnly ?? null
  const changed = known?.uploadOnlyChanged === true || (known?.uploadOnly ?? uploadOnly) !== uploadOnly
  return {
    names: mergeNames(handshake.get("m"), known?.names ?? []),
    v: (v instanceof Uint8Array ? plainText(v, maxClientNameLength) : null) ?? known?.v ?? null,
    port: integerIn(handshake.get("p"), 1, 65_535) ?? known?.port ?? null,
    reqq: integerIn(handshake.get("reqq"), 1, Number.MAX_SAFE_INTEGER) ?? known?.reqq ?? null,
    uploadOnly,
    ...(changed && { uploadOnlyChanged: true }),
    metadataBytes: metadataBytesIn(handshake) ?? known?.metadataBytes ?? null,
    yourIp: (ip instanceof Uint8Array && (ip.length === 4 || ip.length === 16)) || known?.yourIp === true,
  }
}

/** The message id that they ask us to use; 0: they don't speak it; null: this handshake doesn't say. */
export function idIn(handshake: BencodeDictionary, name: ExtensionName): number | null {
  const m = handshake.get("m")
  return m instanceof Map ? integerIn(m.get(name), 0, 255) : null
}

/** BEP 9 `metadata_size` of this handshake, however long; null: it doesn't say. */
export const metadataBytesIn = (handshake: BencodeDictionary): number | null =>
  integerIn(handshake.get("metadata_size"), 0, Number.MAX_SAFE_INTEGER)

/** BEP 21. Some say -1. */
function uploadOnlyIn(handshake: BencodeDictionary): boolean | null {
  const value = integerIn(handshake.get("upload_only"), -1, Number.MAX_SAFE_INTEGER)
  return value === null ? null : value !== 0
}

const integerIn = (value: BencodeValue | undefined, least: number, most: number): number | null =>
  typeof value === "number" && value >= least && value <= most ? value : null

function mergeNames(m: BencodeValue | undefined, known: readonly string[]): string[] {
  const names = new Set(known)
  if (m instanceof Map)
    for (const [key, id] of m) {
      const name = plainText(Buffer.from(key, "latin1"), limits.peer.maxClientNameLength)
      if (name === null) continue
      if (id === 0) names.delete(name)
      else if (names.size < limits.peer.maxExtensionNames && integerIn(id, 1, 255) !== null) names.add(name)
    }
  return [...names]
}
