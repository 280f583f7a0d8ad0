/** What a file must be to be audited at all: each way not to be, with what to do about it. */
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import type { BencodeDictionary, BencodeFault } from "./bencode.ts"

export const badMetainfo = (message: string): InputError =>
  new InputError("bad-metainfo", `not a usable torrent: ${message}`, "Rebuild the torrent.")

export const badPieces = (message: string): InputError =>
  new InputError("bad-pieces", message, "Rebuild the torrent.")

export function badEncoding(fault: BencodeFault, bytes: Uint8Array, name: string): InputError {
  const start = Buffer.from(bytes.subarray(0, 512))
    .toString("latin1")
    .replace(/^(\xef\xbb\xbf)?\s*/, "")
  if (/^(<!doctype|<html)/i.test(start))
    return new InputError("is-html", `${name} is a web page`, "Your download saved a login or error page.")
  // What ends early without having begun like a torrent is something else, such as `404: Not Found`.
  const begun = bytes.length === 0 || bytes[0] === 0x64
  if (begun && (fault.reason === "empty" || fault.reason === "truncated"))
    return new InputError("truncated", `torrent ends early at byte ${fault.offset}`, "Download again.")
  if (fault.reason === "too-deep" || fault.reason === "too-many")
    return new InputError(
      "bad-metainfo",
      fault.reason === "too-deep"
        ? `nested deeper than ${limits.metainfo.maxDepth} levels at offset ${fault.offset}`
        : `more than ${limits.metainfo.maxValues} values`,
      "No client makes such torrents: check where it comes from.",
    )
  const gzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  const hint = gzip
    ? "It is gzip data: `gunzip` it first."
    : /^magnet:/i.test(start)
      ? "It holds a magnet link: pass the link itself, in quotes."
      : "Check the download."
  const what =
    { "bad-integer": "bad integer", "bad-length": "bad length" }[fault.reason as string] ?? "bad byte"
  const offset = fault.reason === "truncated" ? 0 : fault.offset
  return new InputError("not-bencode", `not a torrent: ${what} at offset ${offset}`, hint)
}

export function noInfo(metainfo: BencodeDictionary | null): InputError {
  const resume = metainfo?.has("file-format") || metainfo?.has("info-hash") || metainfo?.has("pieces")
  return new InputError(
    "no-info",
    "no `info` dictionary",
    resume ? "This is resume data: pass the .torrent." : "Is this resume data?",
  )
}
