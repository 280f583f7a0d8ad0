/** Peer exchange (BEP 11) as a weapon. */
import { encode, type Encodable } from "../../../src/torrent/bencode.ts"
import { limits } from "../../../src/limits.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { Peer } from "../../../src/evidence.ts"
import { ownIds } from "../../../src/wire/extension-handshake.ts"
import type { HostileCase } from "../case.ts"
import { messages } from "../messages.ts"
import { afterHello, peerCase, type Act } from "./peer-stage.ts"

const speaking = (act: Act): Act => afterHello(act, { m: { ut_pex: 1 }, v: "qBittorrent/4.5.2", reqq: 500 })
const pex = (message: Encodable) => messages.extended(ownIds.ut_pex, encode(message))

/** Compact (BEP 23). */
const compact = (
  count: number,
  address: (i: number) => readonly number[],
  port: (i: number) => number,
): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) => Buffer.from([...address(i), port(i) >> 8, port(i) & 255])),
  )
const naming = (named: Uint8Array) =>
  pex({ added: named, "added.f": Buffer.alloc(named.length / 6, 0x12), dropped: Buffer.alloc(0) })

/** Of those that only PEX named. */
const namedIn = ({ peers }: Snapshot): Peer[] =>
  peers.filter(({ sources }) => sources.every(({ kind }) => kind === "pex"))

/** Whoever it named, none of them was dialled: loopback addresses may be, on the word of somebody at one. */
const dialsNone = (named: number) => (peer: Peer | undefined, snapshot: Snapshot) => {
  const dialled = namedIn(snapshot).filter(({ attempts }) => attempts.length > 0)
  if (dialled.length > 0) throw new Error(`dialled ${dialled.map(({ address }) => address).join(", ")}`)
  const added = peer?.pex?.added ?? 0
  if (added !== named) throw new Error(`${added} named, not ${named}`)
  return `${peer?.stage}; of ${added} named none was dialled`
}

export const peerPexCases: readonly HostileCase[] = [
  peerCase({
    id: "pex-long",
    stranger: "pex",
    does: "names 100,000 peers in one message",
    bound: "peer.maxExtensionBytes",
    act: speaking(({ send }) =>
      send(
        naming(
          compact(
            100_000,
            (i) => [11, i >> 16, (i >> 8) & 255, i & 255],
            () => 6_881,
          ),
        ),
      ),
    ),
    ended: /protocol-error: extension message of \d+ bytes/,
  }),
  peerCase({
    id: "pex-ten-thousand",
    stranger: "pex",
    does: "names 10,000 peers in one message of 60 KB",
    bound: "pex.maxPeersPerMessage",
    act: speaking(({ send }) =>
      send(
        pex({
          added: compact(
            10_000,
            (i) => [127, 9, i >> 8, i & 255],
            () => 6_881,
          ),
        }),
      ),
    ),
    check(peer, snapshot) {
      const added = peer?.pex?.added ?? Infinity
      if (added > limits.pex.maxPeersPerMessage) throw new Error(`took ${added}`)
      return `${added} of them taken, ${namedIn(snapshot).length} in the book`
    },
  }),
  peerCase({
    id: "pex-every-second",
    stranger: "pex",
    does: "sends 20 messages a second",
    bound: "pex.burstMessages",
    act: speaking(({ every, send }) => {
      let at = 0
      every(50, () =>
        send(
          naming(
            compact(
              50,
              (i) => [127, 10, at++ & 255, i],
              () => 6_881,
            ),
          ),
        ),
      )
    }),
    ended: /protocol-error: flood of PEX/,
  }),
  peerCase({
    id: "pex-private-places",
    stranger: "pex",
    does: "names link-local, multicast, broadcast, reserved and public addresses",
    bound: "address rules",
    act: speaking(({ send }) => {
      const hosts = [
        [169, 254, 169, 254],
        [224, 0, 0, 1],
        [255, 255, 255, 255],
        [0, 0, 0, 0],
        [240, 0, 0, 1],
        // Documentation (RFC 5737): public as far as rules go.
        [198, 51, 100, 7],
      ]
      send(
        naming(
          compact(
            hosts.length,
            (i) => hosts[i] ?? [],
            () => 6_881,
          ),
        ),
      )
    }),
    check: dialsNone(6),
  }),
  peerCase({
    id: "pex-victim-ports",
    stranger: "pex",
    does: "names the ports of SSH, mail, DNS, and databases at one address",
    bound: "address rules",
    act: speaking(({ send }) => {
      const ports = [22, 25, 53, 110, 143, 3_306, 5_432, 6_379, 0]
      send(
        naming(
          compact(
            ports.length,
            () => [127, 0, 0, 1],
            (i) => ports[i] ?? 0,
          ),
        ),
      )
    }),
    check: dialsNone(8),
  }),
  peerCase({
    id: "pex-not-bencode",
    stranger: "pex",
    does: "sends PEX that is no bencode",
    bound: "bencode guard",
    act: speaking(({ send }) => send(messages.extended(ownIds.ut_pex, Buffer.from("l-3:")))),
    ended: /protocol-error: PEX: bad-byte/,
  }),
  peerCase({
    id: "pex-wrong-types",
    stranger: "pex",
    does: "sends PEX whose lists are numbers and dictionaries",
    bound: "pex.maxPeersPerMessage",
    act: speaking(({ send }) =>
      send(pex({ added: 5, "added.f": { a: 1 }, dropped: ["x"], added6: Buffer.alloc(7) })),
    ),
    check: dialsNone(0),
  }),
]
