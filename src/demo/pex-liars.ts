/** BEP 11: a peer that names others who don't exist. */
import { encode } from "../torrent/bencode.ts"
import type { Behaviour } from "./steps.ts"

/** Our id for `ut_pex`, in `m` of our extension handshake. */
const ownId = 1
/** BEP 11: no more than 50 in a message; one a minute, the first at once. */
const mostNamed = 50

/** Names these IPv4 peers ("host:port") to everybody who speaks PEX. Each is said to be a seeder that can be reached. */
export const namesByPex =
  (named: readonly string[]): Behaviour =>
  (steps) => ({
    ...steps,
    greet(visit, theirs) {
      visit.wire.extendedMapping = { ...visit.wire.extendedMapping, [ownId]: "ut_pex" }
      visit.wire.on("extended", (name) => {
        if (name !== "handshake" || (visit.wire.peerExtendedMapping["ut_pex"] ?? 0) === 0) return
        visit.wire.extended("ut_pex", messageOf(named.slice(0, mostNamed)))
      })
      steps.greet(visit, theirs)
    },
  })

/** Hosts to which no TCP connection leads: "this network" (0/8) and multicast (224/4). */
export const nowhere = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${at % 2 === 0 ? 0 : 224 + (at % 16)}.77.${at}.9:6881`)

/** 0x02: it only uploads; 0x10: it was reached. */
const flags = 0x12

function messageOf(named: readonly string[]): Uint8Array {
  const compact = Buffer.alloc(6 * named.length)
  named.forEach((address, at) => {
    const [host = "", port = ""] = address.split(":")
    host.split(".").forEach((part, byte) => compact.writeUInt8(Number(part), 6 * at + byte))
    compact.writeUInt16BE(Number(port), 6 * at + 4)
  })
  return encode({ added: compact, "added.f": Buffer.alloc(named.length, flags), dropped: Buffer.alloc(0) })
}
