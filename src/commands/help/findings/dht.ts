import type { FindingHelps } from "./text.ts"

export const dhtFindings: FindingHelps = {
  "dht-absent": {
    means:
      "The DHT names nobody for this torrent, although peers were reached otherwise: a magnet link without trackers won't find it.",
    tested:
      "A lookup to its end, eight answering nodes or more, and three reached hosts whom that DHT could know (each address family has its own, BEP 32).",
    spares:
      "No node answered: that is our network. Nodes that send counts in place of names, lookups cut short and peers at local addresses leave it open.",
    advice: "Seed it from a client with the DHT on, for this torrent too.",
  },
  "dht-eclipse": {
    means:
      "The nodes next to the info hash are not there by chance: somebody may decide what the DHT says about this torrent.",
    tested:
      "Ids denser than around random keys, ids that don't fit their addresses (BEP 42) more often than elsewhere, or one network holding many of the nearest; corrected for all tests.",
    spares:
      "A DHT of fewer than 1,000 nodes can't be told from an attack. The finding is about the DHT; no peer is accused.",
    advice: "Keep trackers in the torrent, and don't judge it by the DHT alone.",
  },
  "dht-phantoms": {
    means:
      "None of the addresses that one DHT node gives lives, while those of other nodes near the same key do: they are stale or made up.",
    tested:
      "20 dialled hosts or more on either side, a quarter of the others' alive; nobody else names any of its hosts.",
    spares:
      "rTorrent writes ports byte-swapped, WebTorrent forgets no announce: both are known and left out. Dead addresses alone show nothing.",
    advice: "None needed: clients lose time with them, no more.",
  },
  "dht-scrape-mismatch": {
    means:
      "One node's BEP 33 filter holds ten times what those of all others hold together: the DHT's count of this torrent is forged, or old.",
    tested:
      "Only if three of the others are nearer to the info hash, so that whoever announced to the odd one announced to them as well.",
    spares:
      "More counted than named proves nothing: nodes list a hundred at most and keep the departed for half an hour.",
    advice: "Go by the peers that were reached, not by that count.",
  },
  "pex-phantoms": {
    means: "A peer tells others of peers that no connection can lead to.",
    tested:
      "Five hosts in networks that TCP can't reach, or 30 hosts of one /24 (/48), or 30 ports of one host, none alive, that nobody else ever named.",
    spares:
      "Dead addresses convict nobody: an honest speaker lists the ports that its neighbours dialled from. Neither do flags, nor a NAT that others know of too, nor its own network.",
    advice:
      "If this is your client, look for what feeds it. Otherwise nothing: clients pass such addresses over.",
  },
}
