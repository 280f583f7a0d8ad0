/**
 * What the clients call themselves: in the peer id (BEP 20) and in `v` of the extension handshake (BEP 10). A small list on purpose: what
 * isn't here contradicts nothing. libtorrent (Rasterbar) is in neither column: it is the library of many, who put their own name on
 * one side, on both, or on none.
 */
export interface Software {
  /** Clients of one code base, which take each other's names, are one family. */
  family: string
  id: RegExp
  v: RegExp
  /** Makes its ids so that no two installations share one, and no connection of another address either. */
  idsAreRandom: boolean
  source: string
}

export const software: readonly Software[] = [
  {
    family: "Transmission",
    id: /^-TR[0-9A-Za-z]{4}-/,
    v: /^Transmission[ /]\d/,
    idsAreRandom: true,
    source:
      "recorded here: 3.00 of Debian; transmission/transmission, libtransmission: peer-msgs writes v from its version",
  },
  {
    family: "qBittorrent",
    id: /^-qB[0-9A-Za-z]{4}-/,
    v: /^qBittorrent[ /]v?\d/,
    idsAreRandom: true,
    source:
      "recorded here: 4.5.2 of Debian; qbittorrent/qBittorrent#12570: peer id -qB4230-, qBittorrent/4.2.3",
  },
  {
    family: "Deluge",
    id: /^-DE[0-9A-Za-z]{4}-/,
    v: /^Deluge[ /]\d/,
    idsAreRandom: true,
    source: "recorded here: 2.0.3 of Debian: -DE203s-, Deluge/2.0.3 libtorrent/2.0.8.0",
  },
  {
    family: "rTorrent",
    id: /^-lt[0-9A-Za-z]{4}-/,
    v: /^(?:libTorrent|rtorrent|rTorrent)[ /]\d/,
    // Different users on different machines were seen with one id: rakshasa/libtorrent#38, rakshasa/rtorrent#440.
    idsAreRandom: false,
    source: "recorded here: 0.9.8 of Debian: -lt0D80-, libTorrent 0.13.8 (capital T: Rakshasa's library)",
  },
  {
    family: "aria2",
    id: /^A2-\d/,
    v: /^aria2\/\d/,
    idsAreRandom: false,
    source: "recorded here: 1.36.0 of Debian: A2-1-36-0-, aria2/1.36.0",
  },
  {
    family: "µTorrent",
    id: /^-(?:UT|UM|UE|UW|BT|WT)[0-9A-Za-z]{4}-/,
    v: /^(?:[uµμ]Torrent|BitTorrent)[ /]\d/,
    idsAreRandom: false,
    source:
      "transmission/transmission#1484, #1681: -UT, -UM, -UE, -UW; xiaomlove/nexusphp#309: BitTorrent 7.x, of the same code, -BT",
  },
  {
    family: "Vuze",
    id: /^-(?:AZ|BI)[0-9A-Za-z]{4}-/,
    v: /^(?:Azureus|Vuze|BiglyBT)[ /]\d/,
    idsAreRandom: false,
    source:
      "xiaomlove/nexusphp#309: -AZ5000-, Azureus 5.0.0.0; -BI3400-, BiglyBT 3.x; BiglyBT is Vuze's successor",
  },
  {
    family: "KTorrent",
    id: /^-KT[0-9A-Za-z]{4}-/,
    v: /^KTorrent[ /]\d/,
    idsAreRandom: false,
    source: "KTorrent, packetwriter.cpp: v is KTorrent and its version; BEP 20: -KT",
  },
  {
    family: "FrostWire",
    id: /^-FW[0-9A-Za-z]{4}-/,
    v: /^FrostWire\/\d/,
    idsAreRandom: false,
    source: "c0re100/qBittorrent-Enhanced-Edition#144: -FW6850-, FrostWire/6.8.5 libtorrent/1.2.7",
  },
]

const latin1 = (hex: string): string => Buffer.from(hex, "hex").toString("latin1")

/** Of a peer id in hex. */
export const softwareOfId = (peerId: string): Software | null =>
  software.find(({ id }) => id.test(latin1(peerId))) ?? null

export const softwareOfVersion = (v: string): Software | null =>
  software.find((each) => each.v.test(v)) ?? null

/** What a peer id says before its random part, as far as it is text: "-TR3000-", "A2-1-36-0-". */
export const prefixOf = (peerId: string): string =>
  /^(?:-[!-~]{6}-|[!-~]{1,8})/.exec(latin1(peerId))?.[0] ?? ""

/** Ids that programs were shipped with, or that examples taught: alanmcgovern/monotorrent#134, tutorials. */
const shipped: ReadonlySet<string> = new Set([
  "-MO1000-676515838224",
  "-TR2940-k8hj0wgej6ch",
  "00112233445566778899",
])

/** The last 12 of its 20 bytes; the rest names the client. */
const randomBytes = 12
const fewestValues = 6
const mostEqualSteps = 7

/**
 * A constant that a program was shipped with, or an example taught, names nobody: of 12 random bytes, letters or digits hardly ever fewer than
 * 6 differ, and hardly ever do 8 follow each other in equal steps.
 */
export function isConstant(peerId: string): boolean {
  if (shipped.has(latin1(peerId))) return true
  const tail = Buffer.from(peerId, "hex").subarray(-randomBytes)
  const steps = Array.from(tail.subarray(1), (byte, i) => byte - (tail[i] ?? 0))
  const commonest = Math.max(...steps.map((step) => steps.filter((other) => other === step).length))
  return new Set(tail).size < fewestValues || commonest > mostEqualSteps
}

/** Whether two who show this id must be the same client. */
export const isIdentity = (peerId: string): boolean =>
  softwareOfId(peerId)?.idsAreRandom === true && !isConstant(peerId)

/**
 * At most how likely it is that any `sharers` of `peers` have one id by chance: C(n, k)·10^(−12(k−1)), as if the 12 bytes were decimal digits,
 * the poorest alphabet that a client of the list uses.
 */
export function chanceOfSharing(peers: number, sharers: number): number {
  if (sharers < 2) return 1
  let log = -12 * (sharers - 1) * Math.LN10
  for (let i = 0; i < sharers; i++) log += Math.log((peers - i) / (i + 1))
  return Math.min(1, Math.exp(log))
}
