/**
 * PCP's MAP (RFC 6887) and NAT-PMP (RFC 6886), which share port 5351 of the gateway.
 *
 *   NAT-PMP request:  version 0 | op | 0 0 | inside port 2 | outside port 2 | lifetime 4
 *   NAT-PMP reply:    0 | op + 128 | result 2 | epoch 4 | inside port 2 | outside port 2 | lifetime 4   (op 0: address 4)
 *   PCP request:      version 2 | opcode | 0 0 | lifetime 4 | our address 16 | nonce 12 | protocol | 0 0 0 | ports 2 2 | address 16
 *   PCP reply:        2 | opcode + 128 | 0 | result | lifetime 4 | epoch 4 | 0 12 | nonce 12 | protocol | 0 0 0 | ports 2 2 | address 16
 */
import { fail, succeed, type Outcome } from "../../failure.ts"
import { formatAddress, parseAddress } from "../../torrent/address.ts"

export type Transport = "tcp" | "udp"

export interface MapRequest {
  transport: Transport
  insidePort: number
  outsidePort: number
  /** 0: release. */
  seconds: number
}

export interface Mapped {
  /** Null: not said in this reply. */
  host: string | null
  port: number
}

const ianaProtocol: Record<Transport, number> = { tcp: 6, udp: 17 }
const natPmpOps: Record<Transport, number> = { udp: 1, tcp: 2 }

const natPmpResults = [
  "",
  "version not supported",
  "not authorised",
  "network failure",
  "out of resources",
  "not supported",
]

export const encodeNatPmpAddress = (): Uint8Array => Uint8Array.of(0, 0)

export function encodeNatPmpMap({ transport, insidePort, outsidePort, seconds }: MapRequest): Uint8Array {
  const packet = Buffer.alloc(12)
  packet[1] = natPmpOps[transport]
  packet.writeUInt16BE(insidePort, 4)
  packet.writeUInt16BE(seconds === 0 ? 0 : outsidePort, 6)
  packet.writeUInt32BE(seconds, 8)
  return packet
}

/** Null: no reply to that request. */
function natPmpReply(data: Uint8Array, op: number, length: number): Outcome<Buffer> | null {
  const packet = Buffer.from(data)
  if (packet.length < 4 || packet[0] !== 0 || (packet[1] !== op + 128 && packet[1] !== 128 + 0xff))
    return null
  const result = packet.readUInt16BE(2)
  if (result !== 0) return fail("unsupported", natPmpResults[result] ?? `result ${result}`)
  return packet.length < length ? null : succeed(packet)
}

export function decodeNatPmpAddress(data: Uint8Array): Outcome<string> | null {
  const reply = natPmpReply(data, 0, 12)
  return reply?.ok ? succeed(formatAddress(reply.value.subarray(8, 12))) : reply
}

export function decodeNatPmpMap(
  data: Uint8Array,
  { transport, insidePort }: MapRequest,
): Outcome<Mapped> | null {
  const reply = natPmpReply(data, natPmpOps[transport], 16)
  if (!reply?.ok) return reply
  if (reply.value.readUInt16BE(8) !== insidePort) return null
  return succeed({ host: null, port: reply.value.readUInt16BE(10) })
}

const pcpVersion = 2
const mapOpcode = 1
const nonceBytes = 12
const pcpResults: Record<number, string> = {
  1: "version not supported",
  2: "not authorised",
  3: "malformed request",
  4: "opcode not supported",
  7: "network failure",
  8: "out of resources",
  9: "protocol not supported",
  10: "too many mappings",
  11: "outside port not available",
  12: "address mismatch",
}

const mapped16 = (host: string): Buffer => {
  const address = parseAddress(host) ?? new Uint8Array(4)
  return address.length === 16
    ? Buffer.from(address)
    : Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), address])
}

export function encodePcpMap(
  { transport, insidePort, outsidePort, seconds }: MapRequest,
  ours: string,
  nonce: Uint8Array,
): Uint8Array {
  const head = Buffer.alloc(24)
  head[0] = pcpVersion
  head[1] = mapOpcode
  head.writeUInt32BE(seconds, 4)
  mapped16(ours).copy(head, 8)
  const body = Buffer.alloc(36)
  Buffer.from(nonce).copy(body, 0, 0, nonceBytes)
  body[12] = ianaProtocol[transport]
  body.writeUInt16BE(insidePort, 16)
  body.writeUInt16BE(outsidePort, 18)
  mapped16("0.0.0.0").copy(body, 20)
  return Buffer.concat([head, body])
}

/** Null: no reply to that request. A NAT-PMP gateway answers in its own version, which is a refusal. */
export function decodePcpMap(
  data: Uint8Array,
  request: MapRequest,
  nonce: Uint8Array,
): Outcome<Mapped> | null {
  const packet = Buffer.from(data)
  if (packet.length >= 4 && packet[0] === 0) return fail("unsupported", "NAT-PMP alone")
  if (packet.length < 24 || packet[0] !== pcpVersion || packet[1] !== mapOpcode + 128) return null
  const body = packet.subarray(24)
  const isOurs =
    body.length >= 36 &&
    body.subarray(0, nonceBytes).equals(nonce) &&
    body[12] === ianaProtocol[request.transport] &&
    body.readUInt16BE(16) === request.insidePort
  const result = packet[3] ?? 0
  if (result !== 0)
    // An error need not repeat what it could not read.
    return isOurs || result === 1 || result === 3 || result === 4
      ? fail("unsupported", pcpResults[result] ?? `result ${result}`)
      : null
  if (!isOurs) return null
  return succeed({ host: formatAddress(new Uint8Array(body.subarray(20, 36))), port: body.readUInt16BE(18) })
}
