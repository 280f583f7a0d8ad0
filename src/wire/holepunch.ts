/**
 * BEP 55 `ut_holepunch`: a relay tells two of its peers to dial each other over uTP at once.
 * <type 1: 0 rendezvous, 1 connect, 2 error><address type 1: 0 IPv4, 1 IPv6><address 4 or 16><port 2><error 4>
 */
import type { Endpoint } from "../evidence.ts"
import { formatAddress, parseAddress } from "../torrent/address.ts"
import { formatEndpoint, parseEndpoint } from "../torrent/endpoint.ts"

const kinds = ["rendezvous", "connect", "error"] as const
const errors = ["none", "no such peer", "not connected", "no support", "no self"] as const
export type HolepunchError = (typeof errors)[number]

export interface HolepunchMessage {
  readonly kind: (typeof kinds)[number]
  /** As they say: any address, ours and inward ones too. */
  readonly endpoint: Endpoint
  /** "none" unless the kind is `error`; null: a number that the BEP doesn't name. */
  readonly error: HolepunchError | null
}

const addressBytes = [4, 16] as const

/** Null: not a message of BEP 55, or one about port 0. libtorrent sends the error number in errors only. */
export function decodeHolepunch(payload: Uint8Array): HolepunchMessage | null {
  const kind = kinds[payload[0] ?? -1]
  const length = addressBytes[payload[1] ?? -1]
  if (kind === undefined || length === undefined || payload.length < 2 + length + 2) return null
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const port = view.getUint16(2 + length)
  if (port === 0) return null
  const endpoint = formatEndpoint(formatAddress(payload.subarray(2, 2 + length)), port)
  if (kind !== "error") return { kind, endpoint, error: "none" }
  if (payload.length < 2 + length + 2 + 4) return null
  return { kind, endpoint, error: errors[view.getUint32(2 + length + 2)] ?? null }
}

/** Null: not an address and a port. */
export function encodeHolepunch(
  kind: HolepunchMessage["kind"],
  endpoint: Endpoint,
  error: HolepunchError = "none",
): Uint8Array | null {
  const at = parseEndpoint(endpoint)
  const address = at && parseAddress(at.host)
  if (!at || !address) return null
  const payload = new Uint8Array(2 + address.length + 2 + 4)
  const view = new DataView(payload.buffer)
  payload[0] = kinds.indexOf(kind)
  payload[1] = address.length === 4 ? 0 : 1
  payload.set(address, 2)
  view.setUint16(2 + address.length, at.port)
  view.setUint32(2 + address.length + 2, errors.indexOf(error))
  return payload
}
