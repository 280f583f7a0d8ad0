/** Who a demo peer says it is: peer id prefix (BEP 20) and `v` (BEP 10), as the real clients write them. */
export interface Client {
  prefix: string
  v: string | null
}

export const clients = {
  transmission: { prefix: "-TR3000-", v: "Transmission 3.00" },
  qbittorrent: { prefix: "-qB4520-", v: "qBittorrent/4.5.2" },
  deluge: { prefix: "-DE203s-", v: "Deluge/2.0.3 libtorrent/2.0.8.0" },
  libtorrent: { prefix: "-LT2080-", v: "libtorrent/2.0.8.0" },
  biglybt: { prefix: "-BI3200-", v: "BiglyBT 3.2.0.0" },
  rtorrent: { prefix: "-lt0D98-", v: "libTorrent 0.13.8" },
  aria2: { prefix: "A2-1-36-0-", v: null },
} as const satisfies Record<string, Client>

export function makePeerId(client: Client, random: Uint8Array): Uint8Array {
  const prefix = Buffer.from(client.prefix, "latin1")
  return Buffer.concat([prefix, random]).subarray(0, 20)
}
