/** Node ids: distances between them (BEP 5), and whether one fits its address (BEP 42). */
import { parseAddress } from "../../torrent/address.ts"
import { addressKind } from "../../torrent/endpoint.ts"
import { idBytes } from "./krpc.ts"

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")

/** XOR, as 40 hex digits: their order as text is that of the distances. */
export function distanceBetween(a: Uint8Array, b: Uint8Array): string {
  const distance = Buffer.allocUnsafe(idBytes)
  for (let i = 0; i < idBytes; i++) distance[i] = (a[i] ?? 0) ^ (b[i] ?? 0)
  return distance.toString("hex")
}

/** CRC-32C (Castagnoli), reflected. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffff_ffff) >>> 0
}

const ipv4Mask = Uint8Array.of(0x03, 0x0f, 0x3f, 0xff)
const ipv6Mask = Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff)

/**
 * BEP 42: the id's first 21 bits are those of crc32c((address & mask) | r << 29, or 61), its last byte holds r in the low three
 * bits. Of an IPv6 address the high 64 bits count. Null for an address that isn't public: it is exempt.
 */
export function idFits(id: Uint8Array, host: string): boolean | null {
  const address = parseAddress(host)
  if (!address || addressKind(host) !== "public") return null
  const mask = address.length === 4 ? ipv4Mask : ipv6Mask
  const masked = mask.map((byte, i) => byte & (address[i] ?? 0))
  masked[0] = (masked[0] ?? 0) | (((id[idBytes - 1] ?? 0) & 7) << 5)
  const crc = crc32c(masked)
  return (
    id[0] === crc >>> 24 && id[1] === ((crc >>> 16) & 0xff) && ((id[2] ?? 0) & 0xf8) === ((crc >>> 8) & 0xf8)
  )
}
