/** BEP 44 `get`: looks an item up, and takes nothing on a node's word. */
import type { Endpoint } from "../../evidence.ts"
import { spanOf } from "../../torrent/bencode.ts"
import { readItem, type Item, type ItemFlaw, type Wanted } from "../../torrent/dht-item.ts"
import type { DhtClient, KrpcReply } from "./client.ts"
import { lookup, type LookupOptions, type LookupResult } from "./lookup.ts"

export type SentItem = { ok: true; item: Item } | { ok: false; flaw: ItemFlaw }

export interface FoundItems extends LookupResult {
  /** The valid one with the highest sequence number. */
  newest: Item | null
  /** Every item that a node sent, good or not. */
  sent: Map<Endpoint, SentItem>
}

export interface ItemLookup extends Omit<LookupOptions, "target" | "method" | "args"> {
  wanted: Wanted
}

/** Never rejects. */
export async function lookUpItem(client: DhtClient, { wanted, ...options }: ItemLookup): Promise<FoundItems> {
  const sent = new Map<Endpoint, SentItem>()
  const result = await lookup(client, {
    ...options,
    target: wanted.target,
    method: "get",
    onReply(node) {
      const read = sentItem(node.reply, wanted)
      if (read) sent.set(node.address, read)
      options.onReply?.(node)
    },
  })
  return { ...result, newest: newestOf(sent.values()), sent }
}

function sentItem({ packet }: KrpcReply, wanted: Wanted): SentItem | null {
  const span = spanOf(packet, "r")
  const read = span && readItem(packet.subarray(span.start, span.end), wanted)
  if (!read) return null
  if (!read.ok) return read
  return read.item && { ok: true, item: read.item }
}

export function newestOf(sent: Iterable<SentItem>): Item | null {
  let newest: Item | null = null
  for (const one of sent) {
    if (!one.ok) continue
    if (newest === null || sequence(one.item) > sequence(newest)) newest = one.item
  }
  return newest
}

const sequence = (item: Item): bigint => item.mutable?.seq ?? -1n
