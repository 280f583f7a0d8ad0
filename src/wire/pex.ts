/**
 * BEP 11 peer exchange, as we hear it; we never send any. A message is a dictionary of compact peers (BEP 23, BEP 7):
 * added <6 each>, added.f <1 each>, added6 <18 each>, added6.f <1 each>, dropped <6 each>, dropped6 <18 each>
 */
import type { Endpoint } from "../evidence.ts"
import { fail, succeed, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import { formatAddress } from "../torrent/address.ts"
import { decode, type BencodeDictionary } from "../torrent/bencode.ts"
import { bytesOf, dictionaryOf } from "../torrent/bencode-values.ts"
import { formatEndpoint } from "../torrent/endpoint.ts"

export interface PexPeer {
  readonly address: Endpoint
  /** 1 prefers encryption, 2 seeder, 4 uTP, 8 holepunch, 16 the speaker dialled it; 0 also when none were sent. */
  readonly flags: number
}

/** As the speaker says: any address, ours and inward ones too. */
export interface PexMessage {
  readonly added: readonly PexPeer[]
  readonly dropped: readonly Endpoint[]
  /** Entries that were not taken: beyond our caps, or with port 0. */
  readonly left: number
}

export interface PexReader {
  /** A failure (`protocol-error`) is a reason to end the session. */
  read(payload: Uint8Array, nowMs: number): Outcome<PexMessage>
}

const { maxMessageBytes, maxPeersPerMessage, maxPeersPerSession, burstMessages, messageMs } = limits.pex

/** For one session: bounds what it says, and how often. */
export function createPexReader(): PexReader {
  let room = maxPeersPerSession
  let paidUntilMs = -Infinity
  return {
    read(payload, nowMs) {
      paidUntilMs = Math.max(paidUntilMs, nowMs) + messageMs
      if (paidUntilMs - nowMs > burstMessages * messageMs) return fail("protocol-error", "flood of PEX")
      const message = decodePex(payload, room)
      if (message.ok) room -= message.value.added.length + message.value.dropped.length
      return message
    },
  }
}

/** Takes at most `room` entries. */
export function decodePex(payload: Uint8Array, room: number = Infinity): Outcome<PexMessage> {
  if (payload.length > maxMessageBytes) return fail("protocol-error", `PEX of ${payload.length} bytes`)
  const decoded = decode(payload, { allowTrailing: true })
  if (!decoded.ok) return fail("protocol-error", `PEX: ${decoded.fault.reason} at ${decoded.fault.offset}`)
  const message = dictionaryOf(decoded.value)
  if (message === null) return fail("protocol-error", "PEX: not a dictionary")

  const added = collect(message, "added", Math.min(maxPeersPerMessage, room))
  const dropped = collect(message, "dropped", Math.min(maxPeersPerMessage, room - added.peers.length))
  return succeed({
    added: added.peers,
    dropped: dropped.peers.map(({ address }) => address),
    left: added.left + dropped.left,
  })
}

const families: readonly { suffix: string; addressBytes: number }[] = [
  { suffix: "", addressBytes: 4 },
  { suffix: "6", addressBytes: 16 },
]
const portBytes = 2

/** Of both families, each address once. An incomplete entry at the end of a list is no entry. */
function collect(
  message: BencodeDictionary,
  list: "added" | "dropped",
  most: number,
): { peers: PexPeer[]; left: number } {
  const found = new Map<Endpoint, PexPeer>()
  let left = 0
  for (const { suffix, addressBytes } of families) {
    const bytes = bytesOf(message.get(list + suffix)) ?? new Uint8Array()
    const flags = bytesOf(message.get(`${list}${suffix}.f`))
    const entryBytes = addressBytes + portBytes
    for (let index = 0; (index + 1) * entryBytes <= bytes.length; index++) {
      const entry = bytes.subarray(index * entryBytes, (index + 1) * entryBytes)
      const port = ((entry[addressBytes] ?? 0) << 8) | (entry[addressBytes + 1] ?? 0)
      const address = formatEndpoint(formatAddress(entry.subarray(0, addressBytes)), port)
      if (found.has(address)) continue
      if (port === 0 || found.size >= most) left++
      else found.set(address, { address, flags: flags?.[index] ?? 0 })
    }
  }
  return { peers: [...found.values()], left }
}
