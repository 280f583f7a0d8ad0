/** What to ask a web seed for, as a URL. */
import type { File, Torrent } from "../../evidence.ts"

/** Null for anything but HTTP. */
export function httpUrl(text: string): URL | null {
  const url = URL.parse(text)
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") return null
  url.hash = ""
  return url
}

const withoutFragment = (text: string): string => text.replace(/#.*$/s, "")

/**
 * BEP 19: of a single file the URL itself, with the file's name where it ends in `/`; else a folder, in which the torrent's name
 * is a folder and the file below it. Null where the file's path would not stay in that folder.
 */
export function fileUrl(seed: string, torrent: Pick<Torrent, "name" | "files">, file: File): URL | null {
  const base = withoutFragment(seed)
  if (isSingleFile(torrent)) return base.endsWith("/") ? below(base, [torrent.name]) : httpUrl(base)
  return below(base.endsWith("/") ? base : `${base}/`, [torrent.name, ...file.path.split("/")])
}

/** A folder with one file of the same name looks the same. */
const isSingleFile = ({ name, files }: Pick<Torrent, "name" | "files">): boolean =>
  files.length === 1 && files[0]?.path === name

function below(folder: string, elements: readonly string[]): URL | null {
  // `http:/` and a name would be a host of that name.
  if (httpUrl(folder) === null) return null
  if (elements.some((element) => element === "" || element === "." || element === "..")) return null
  return httpUrl(folder + elements.map((element) => encodeURIComponent(element.toWellFormed())).join("/"))
}

/** BEP 17: `?info_hash=…&piece=…`, and `&ranges=first-last` for a part of it. */
export function pieceUrl(
  seed: string,
  infoHash: Uint8Array,
  piece: number,
  range: { offset: number; lengthBytes: number } | null,
): URL | null {
  const base = withoutFragment(seed)
  const hash = Array.from(infoHash, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
  const part = range === null ? "" : `&ranges=${range.offset}-${range.offset + range.lengthBytes - 1}`
  return httpUrl(`${base}${base.includes("?") ? "&" : "?"}info_hash=${hash}&piece=${piece}${part}`)
}
