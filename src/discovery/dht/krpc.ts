/**
 * BEP 5's KRPC: one bencoded dictionary per datagram.
 *
 *   query  { t, y: "q", q: method, a: { id, … }, ro: 1, v }   `ro` (BEP 43): we ask and never answer
 *   reply  { t, y: "r", r: { id, … }, ip, v }                  `ip` (BEP 42): the asker's own address and port
 *   error  { t, y: "e", e: [code, text] }
 */
import { fail, succeed, type Failure, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { formatAddress } from "../../torrent/address.ts"
import { bytesOf, dictionaryOf, integerOf, listOf } from "../../torrent/bencode-values.ts"
import { decode, encode, type BencodeDictionary, type Encodable } from "../../torrent/bencode.ts"

export const idBytes = 20

/** Who we are: two letters and a version. */
const ourVersion = Uint8Array.of(0x54, 0x41, 0, 1)

export interface Query {
  transaction: Uint8Array
  method: string
  /** Ours, 20 bytes. */
  id: Uint8Array
  args: Readonly<Record<string, Encodable>>
}

export const encodeQuery = ({ transaction, method, id, args }: Query): Uint8Array =>
  encode({ t: transaction, y: "q", q: method, ro: 1, v: ourVersion, a: { ...args, id } })

export interface Answer {
  /** As the node says, 20 bytes. */
  id: Uint8Array
  /** `r`. */
  body: BencodeDictionary
  /** `v`, shortened. */
  version: Uint8Array | null
  /** BEP 42 `ip`: where it sees us. */
  seenAs: { host: string; port: number } | null
  /** The datagram as received: BEP 44 hashes and signs a value's own bytes. */
  packet: Uint8Array
}

/** What was asked is found by its transaction id alone; a failure is an answer, too. */
export interface Message {
  transaction: Uint8Array
  outcome: Outcome<Answer>
}

/** Null: no reply to anything, as is a query. A failure without a transaction id: `decode` could not read it. */
export function decodeMessage(data: Uint8Array): Message | { transaction: null; failure: Failure } | null {
  const { maxPacketBytes, maxDepth, maxValues, maxVersionBytes } = limits.dht
  if (data.length > maxPacketBytes) return unreadable("too-large", `${data.length} bytes`)
  const decoded = decode(data, { maxDepth, maxValues, allowTrailing: true })
  if (!decoded.ok) return unreadable("bad-bencode", decoded.fault.reason)
  const message = dictionaryOf(decoded.value)
  const transaction = bytesOf(message?.get("t"))
  if (!message || !transaction) return unreadable("bad-reply", "no transaction id")
  const kind = Buffer.from(bytesOf(message.get("y")) ?? []).toString("latin1")
  if (kind === "q") return null
  if (kind === "e") return { transaction, outcome: fail("dht-error", errorText(listOf(message.get("e")))) }
  const body = dictionaryOf(message.get("r"))
  const id = bytesOf(body?.get("id"))
  if (kind !== "r" || !body) return { transaction, outcome: fail("bad-reply", "no reply dictionary") }
  if (id?.length !== idBytes) return { transaction, outcome: fail("bad-reply", "no node id") }
  const version = bytesOf(message.get("v"))?.subarray(0, maxVersionBytes) ?? null
  const seenAs = seenAddress(bytesOf(message.get("ip")))
  return { transaction, outcome: succeed({ id, body, version, seenAs, packet: data }) }
}

const unreadable = (code: Failure["code"], detail: string) => ({
  transaction: null,
  failure: { code, detail },
})

const errorNames: Readonly<Record<number, string>> = {
  201: "generic error",
  202: "server error",
  203: "protocol error",
  204: "method unknown",
  205: "value too big",
  206: "wrong signature",
  207: "salt too big",
  301: "compare-and-swap mismatch",
  302: "sequence number too low",
}

/** Its text is the node's, and may name anything: only the number counts (BEP 5, 44). */
function errorText(error: ReturnType<typeof listOf>): string | null {
  const code = integerOf(error?.[0])
  if (code === null) return null
  const name = errorNames[code]
  return name === undefined ? `${code}` : `${code} ${name}`
}

function seenAddress(bytes: Uint8Array | null): Answer["seenAs"] {
  if (bytes?.length !== 6 && bytes?.length !== 18) return null
  const at = bytes.length - 2
  return {
    host: formatAddress(bytes.subarray(0, at)),
    port: ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0),
  }
}
