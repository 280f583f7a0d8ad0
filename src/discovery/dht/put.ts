/** Asking nodes to keep something: a peer (BEP 5 `announce_peer`), or an item (BEP 44 `put`). Both need the node's token back. */
import type { Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Encodable } from "../../torrent/bencode.ts"
import type { Wanted } from "../../torrent/dht-item.ts"
import type { DhtClient, KrpcReply } from "./client.ts"
import type { FoundItems, SentItem } from "./items.ts"
import type { FoundNode } from "./lookup.ts"
import { idFits } from "./node-id.ts"

export interface Stored {
  node: FoundNode
  outcome: Outcome<KrpcReply>
}

type Arguments = Readonly<Record<string, Encodable>>

/** The nearest nodes that gave a token: those whom the next reader asks. BEP 42: as many of them whose id fits. */
function keepers(closest: readonly FoundNode[]): FoundNode[] {
  const offering = closest.filter(({ token }) => token !== null)
  const fitting = offering.filter(({ id, host }) => idFits(id, host) !== false)
  return [...new Set([offering, fitting].flatMap((nodes) => nodes.slice(0, limits.dht.closest)))]
}

/** Never rejects. */
const storeAt = (
  client: DhtClient,
  nodes: readonly FoundNode[],
  method: "announce_peer" | "put",
  argumentsFor: (node: FoundNode) => Arguments,
  signal: AbortSignal,
): Promise<Stored[]> =>
  Promise.all(
    nodes.map(async (node) => {
      const args = { ...argumentsFor(node), token: node.token ?? new Uint8Array() }
      return { node, outcome: await client.query(node, method, args, signal) }
    }),
  )

export const announcePeer = (
  client: DhtClient,
  closest: readonly FoundNode[],
  { infoHash, port }: { infoHash: Uint8Array; port: number },
  signal: AbortSignal,
): Promise<Stored[]> => {
  const args = { info_hash: infoHash, port, implied_port: 0 }
  return storeAt(client, keepers(closest), "announce_peer", () => args, signal)
}

export interface Put {
  /** Decoded from its bencoding, which encoding it again gives back. */
  value: Encodable
  mutable: (Pick<Wanted, "salt"> & { publicKey: Uint8Array; seq: bigint; signature: Uint8Array }) | null
  /** Only a node that holds this sequence number may replace it. */
  cas: bigint | null
}

export const putItem = (
  client: DhtClient,
  found: Pick<FoundItems, "closest" | "sent">,
  put: Put,
  signal: AbortSignal,
): Promise<Stored[]> =>
  storeAt(
    client,
    keepers(found.closest),
    "put",
    ({ address }) => putArguments(put, found.sent.get(address)),
    signal,
  )

function putArguments({ value, mutable, cas }: Put, held: SentItem | undefined): Arguments {
  if (mutable === null) return { v: value }
  const { publicKey, salt, seq, signature } = mutable
  return {
    v: value,
    k: publicKey,
    seq: Number(seq),
    sig: signature,
    ...(salt.length > 0 ? { salt } : {}),
    // A node without the item is not to be sent one.
    ...(cas !== null && held ? { cas: Number(cas) } : {}),
  }
}
