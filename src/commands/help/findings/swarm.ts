import type { FindingHelps } from "./text.ts"

export const swarmFindings: FindingHelps = {
  "no-seeder": {
    means:
      "Nobody was reached who holds every piece. Where the sources that answered list nobody at all, the torrent can't be downloaded now: that fails.",
    tested:
      "By the bitfields of all peers reached. It warns once 80% of the swarm was reached and every tracker that may work had its say.",
    spares:
      "Below that share it is inconclusive: the seeder may be among those behind NAT. A web seed that has every piece counts as one who holds everything. Super-seeders and peers that show less than they hold leave it open.",
    advice: "Seed it again from a full copy, or bring a seeder back before the leechers leave.",
  },
  "missing-pieces": {
    means:
      "The reached peers together lack pieces, so that nobody can complete the files they are in; the finding names pieces and files.",
    tested: "All bitfields held together, HAVEs applied. It fails once 80% of the swarm was reached.",
    spares:
      "Where fewer were reached, those who weren't may hold the rest: inconclusive, and the verdict is UNKNOWN. Pieces that a whole web seed has are not missing.",
    advice:
      "Seed it again from a full copy. Otherwise audit again later, for longer, or from another network.",
  },
  "below-threshold": {
    means:
      "The swarm does not meet a limit that you set: --min-seeders, --min-availability, or a range of -w and -c.",
    tested:
      "The metric as measured is held against the range; -c fails, -w warns. See `torrent-audit help thresholds`.",
    spares:
      "A limit broken by what was reached, but not by what those whom we couldn't reach would allow, is inconclusive; --strict makes it count.",
    advice: "Find out what changed (`torrent-audit diff --last 2 TARGET`), or choose another limit.",
  },
  "last-seeder": {
    means: "Every copy hangs on one seeder: once it leaves, new leechers depend on each other.",
    tested:
      "Exactly one seeder among the reached, with 80% of the swarm reached. It says something about the swarm and accuses nobody.",
    spares: "With less reach it is inconclusive. A whole web seed counts as a second source.",
    advice: "Add a second seeder, best in another network, or a web seed.",
  },
  "one-network": {
    means:
      "One /24 (IPv6: /48) holds nine tenths of the reached hosts, or all the seeding ones: one outage, one operator or one block list would take the torrent down.",
    tested:
      "By the addresses of reached hosts, three or more, if those elsewhere don't hold every piece between them.",
    spares:
      "With fewer than three hosts, at local addresses, or from a fully redacted snapshot nothing is said; with little reach it is inconclusive. A peer with two addresses is in both networks. Nobody is accused: seedboxes share networks.",
    advice: "Add a seeder somewhere else.",
  },
  "scarce-pieces": {
    means: "There is no seeder, and some pieces are on one leecher only: if it leaves, they are lost.",
    tested: "Copies of each piece among the reached, with 80% of the swarm reached.",
    spares:
      "With less reach it is inconclusive. A lone seeder is the matter of last-seeder; whole web seeds hold every piece as well.",
    advice: "Bring a seeder back before these leechers leave.",
  },
  "all-choked": {
    means: "Peers hold pieces, and none of them let us have any in this run.",
    tested:
      "We said interested and waited (40 s; pace lab 12 s) for an unchoke. Allowed-fast pieces (BEP 6) were asked for meanwhile.",
    spares:
      "Always inconclusive: who never unchokes us can't be told from one whose upload slots are full. BEP 3 clients give a stranger a slot only every 30 s.",
    advice:
      "Audit again later, or for longer (--timeout 10m). If these are your seeds, raise their upload slots.",
  },
  "low-reach": {
    means:
      "Fewer than 80% of the peers heard of told us what they hold. That is normal on the public Internet: NAT, firewalls and those who left.",
    tested: "Reached over heard of, with the reasons of the others (timeout, refused, reset…).",
    spares:
      "Always inconclusive, and the reason why other findings may be. An unreachable peer is not a fake.",
    advice:
      "Peers behind NAT only show when they dial us: open a port (--port, `torrent-audit doctor --map`), give it longer, or audit from a second place.",
  },
  "stalled-progress": {
    means: "Leechers that were met in several runs gained nothing between them.",
    tested:
      "Their bitfields in three runs or more, this one included; earlier runs are kept on this machine (--no-history: not).",
    spares:
      "Always inconclusive: paused, choked by everybody, without a source, or content with part of the files and silent about it (BEP 21) look the same.",
    advice: "If many stand still at the same share, look for missing-pieces.",
  },
  "private-leak": {
    means: "A private torrent's peers can be found outside its tracker, by the DHT, PEX or LSD (BEP 27).",
    tested:
      "Only by what came before it was known to be private: a magnet link doesn't say so. It warns if such a peer is in the swarm indeed. A peer is accused if it sends PEX although it has the metadata.",
    spares:
      "Who joined by a magnet link and lacks the metadata can't know. To name ut_pex among one's extensions is no leak. A private torrent is never looked up in the DHT by us to find out.",
    advice:
      "Look for clients that ignore the private flag; trackers ban them. Give out .torrent files, not magnets.",
  },
}
