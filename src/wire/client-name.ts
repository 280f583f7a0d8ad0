/** BEP 20: which software a peer says it is, by its peer id and by `v` of its extension handshake. Both are claims. */
import parsePeerId from "bittorrent-peerid"
import { plainText } from "./plain-text.ts"

export interface ClientName {
  /** With the version, if one is given. */
  client: string | null
  family: string | null
}

export function identifyClient(peerId: Uint8Array, v: string | null): ClientName {
  const byId = fromPeerId(peerId)
  const byVersion = v === null ? null : fromVersion(v)
  // When the two disagree, the peer id names it, as it does for all the tools that show no `v`.
  const name = byId && (!byVersion || byVersion.family !== byId.family) ? byId : byVersion
  if (name === null) return { client: v, family: null }
  return { client: shown(name), family: name.family }
}

interface Name {
  family: string
  version: string | null
}

/** rTorrent names only its library. */
const shown = ({ family, version }: Name): string => {
  const known = version?.replace(/^(\d+\.\d+\.\d+)\.0$/, "$1")
  if (family === "rTorrent") return known === undefined ? "rTorrent" : `rTorrent (libTorrent ${known})`
  return known === undefined ? family : `${family} ${known}`
}

type VersionStyle = (digits: string) => string

/** 0–9, then A = 10 and so on. */
const digit = (character: string): string => String(Number.parseInt(character, 36))
const digitsOf = (text: string): string[] => text.split("").map(digit)
const fourDigits: VersionStyle = (text) => digitsOf(text).join(".")
const threeDigits: VersionStyle = (text) => digitsOf(text.slice(0, 3)).join(".")
/** 3000 = 3.00, and from 4 on 4060 = 4.0.6. */
const transmission: VersionStyle = (text) =>
  text < "4" ? `${digit(text.charAt(0))}.${text.slice(1, 3)}` : threeDigits(text)
const trailingLetterIsStage: VersionStyle = (text) =>
  /[0-9]$/.test(text) ? fourDigits(text) : threeDigits(text)
const pairs: VersionStyle = (text) => `${Number(text.slice(0, 2))}.${Number(text.slice(2))}`

/** What bittorrent-peerid lacks or reads differently. */
const azureusStyle: Readonly<Record<string, readonly [family: string, style: VersionStyle]>> = {
  BI: ["BiglyBT", fourDigits],
  BT: ["BitTorrent", threeDigits],
  DE: ["Deluge", trailingLetterIsStage],
  FD: ["Free Download Manager", threeDigits],
  GT: ["anacrolix/torrent", () => ""],
  LT: ["libtorrent", fourDigits],
  PI: ["PicoTorrent", fourDigits],
  TA: ["torrent-audit", threeDigits],
  TR: ["Transmission", transmission],
  UT: ["µTorrent", threeDigits],
  WD: ["WebTorrent Desktop", pairs],
  WW: ["WebTorrent", pairs],
  lt: ["rTorrent", fourDigits],
  qB: ["qBittorrent", fourDigits],
}

function fromPeerId(peerId: Uint8Array): Name | null {
  const text = Buffer.from(peerId).toString("latin1")
  const aria = /^A2-(\d{1,3})-(\d{1,3})-(\d{1,3})-/.exec(text)
  if (aria) return { family: "aria2", version: aria.slice(1).join(".") }
  const [, code = "", version = ""] = /^-([A-Za-z]{2})([0-9A-Za-z]{4})-/.exec(text) ?? []
  const known = Object.hasOwn(azureusStyle, code) ? azureusStyle[code] : undefined
  if (known) return { family: known[0], version: known[1](version) || null }
  return fromTable(peerId)
}

/** The package reads bytes as UTF-8, in which a random id can be anything. */
function fromTable(peerId: Uint8Array): Name | null {
  try {
    const { client, version } = parsePeerId(Buffer.from(peerId))
    const family = plainText(Buffer.from(client), maxNameLength)
    if (family === null || /unknown|invalid/i.test(family)) return null
    const text = version === undefined || version === null ? "" : String(version)
    return { family, version: plainText(Buffer.from(text), maxNameLength) }
  } catch {
    return null
  }
}
const maxNameLength = 40

/** "qBittorrent/4.5.2", "Transmission 3.00", "libTorrent 0.13.8", "µTorrent 3.5.5": by lower-case name, where that isn't the family. */
const familyOfName: Readonly<Record<string, string>> = {
  azureus: "Vuze",
  biglybt: "BiglyBT",
  bittorrent: "BitTorrent",
  deluge: "Deluge",
  libtorrent: "libtorrent",
  picotorrent: "PicoTorrent",
  qbittorrent: "qBittorrent",
  rtorrent: "rTorrent",
  transmission: "Transmission",
  utorrent: "µTorrent",
  webtorrent: "WebTorrent",
  μtorrent: "µTorrent", // Greek mu
  µtorrent: "µTorrent", // micro sign
}

function fromVersion(v: string): Name | null {
  const [, name = "", version] = /^(.*?\S)[\s/]+v?(\d[^\s]*)/.exec(v) ?? []
  if (version === undefined || !/\p{L}/u.test(name)) return null
  // Rakshasa's libTorrent, capital T, is rTorrent's; Rasterbar's libtorrent is everybody's.
  if (name === "libTorrent") return { family: "rTorrent", version }
  const key = name.toLowerCase()
  return { family: (Object.hasOwn(familyOfName, key) ? familyOfName[key] : undefined) ?? name, version }
}
