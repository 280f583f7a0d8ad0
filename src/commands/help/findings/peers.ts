import type { FindingHelps } from "./text.ts"

export const peerFindings: FindingHelps = {
  "corrupt-data": {
    means: "A peer sends bytes that don't match the torrent's hashes.",
    tested:
      "Each sampled piece is taken whole from one peer, so that wrong data has one author. It is accused after two wrong pieces, or one wrong twice, that another peer or your own copy (--reference) has right.",
    spares: "Once is too little. Where nobody sends a piece right, the torrent itself may be broken.",
    advice: "If this is your seed, recheck its disk. Otherwise nothing: clients ban it.",
  },
  "unserved-claims": {
    means: "A peer claims pieces that it never sends: its completeness is not true.",
    tested:
      "It refused or ignored requests for the same claimed pieces again and again, 30 s apart, while it served others and other peers served those; or refused them on two connections without a choke.",
    spares:
      "A choke, a close and our own limits never count. Silence counts only if it sent later requests first. A refusal that passes is no lie.",
    advice: "If this is your client, recheck its files.",
  },
  "shared-peer-id": {
    means: "One peer id answers at four places or more at one time: one client counted as many.",
    tested:
      "Complete handshakes with one id of a client that makes its ids at random; two other such ids must have been met.",
    spares:
      "Two lines and a VPN make three places. IPv4 and IPv6, a restart, a move, and software that gives all its users one id are left out.",
    advice: "Count them as one.",
  },
  "crowded-host": {
    means: "Several peers of one address are one client under several names.",
    tested:
      "Four or more that gain the same pieces within 2 ms, twelve times and nine in ten, which no copy is fast enough for.",
    spares:
      "Households, campuses, seedboxes and carrier NAT put many honest peers at one address; neighbours copy from each other: inconclusive. At a local address nobody is accused.",
    advice: "Count them as one supply.",
  },
  "client-mismatch": {
    means: "A peer names one client in its peer id and another in its extension handshake.",
    tested: "Both names are of a short list of clients that are known under both.",
    spares:
      "Forks, shared libraries, anonymous modes and whatever isn't in the list contradict nothing; neither do reserved bits, which options change.",
    advice: "Don't go by its name. It says nothing about its data.",
  },
  "snubbing-peer": {
    means: "A peer unchoked us and never sent a byte of what was asked for.",
    tested:
      "Asked for a minute on each of two connections, without a choke, a reject or any part of an answer, while others served us and its own line was shown to work.",
    spares:
      "One silence is a stall. Cut short by --timeout, with our own line silent, or without a sign of life near its end it is inconclusive.",
    advice:
      "If this is your client, look at its disk and its upload limit. Two minutes and a half are enough to ask twice.",
  },
  "any-hash-echo": {
    means:
      "A peer shakes hands on 20 random bytes that nobody ever published: its handshake says nothing about this torrent.",
    tested: "Only peers that shook hands and never sent a right byte are asked.",
    spares:
      "If whoever answers does so on any info hash, a box on our own line may answer for all: inconclusive.",
    advice: "Don't count it. Audit from another network if it is everybody.",
  },
  "rewound-progress": {
    means:
      "A download went back again and again while its client never restarted: what it says of its progress is not true.",
    tested:
      "Three falls of a twentieth of the pieces (and four), at one address with one peer id, and as much gained again in between; earlier runs count.",
    spares:
      "A recheck, a restart, lost resume data, super-seeding and withheld bitfields do it once or across a change of peer id. Who takes pieces back openly (BEP 54) isn't accused.",
    advice: "If this is your client, check its disk.",
  },
}
