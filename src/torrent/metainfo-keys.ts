/** All that is read of a torrent: of other keys not even the values are built. */
import { OneByOne, oneString, type Wanted, type WantedKeys } from "./bencode.ts"

const whole = (...keys: readonly string[]): WantedKeys => new Map(keys.map((key) => [key, null]))

/** Half a million of them, built all at once, would take more than twice the memory of what is kept of them. */
const files = new OneByOne(whole("attr", "length", "path", "path.utf-8"))

export const infoKeys: WantedKeys = new Map<string, Wanted>([
  ...whole(
    "attr",
    "file tree",
    "length",
    "meta version",
    "name",
    "name.utf-8",
    "piece length",
    "pieces",
    "private",
  ),
  ["files", files],
])

export const metainfoKeys: WantedKeys = new Map<string, Wanted>([
  ...whole("announce", "comment", "comment.utf-8", "created by", "created by.utf-8", "creation date"),
  ...whole("encoding", "piece layers", "private"),
  ["announce-list", new OneByOne(new OneByOne(oneString))],
  ["httpseeds", new OneByOne(oneString)],
  ["nodes", new OneByOne(null)],
  ["url-list", new OneByOne(oneString)],
  // Of resume data and the like, which are told apart by them.
  ...whole("file-format", "info-hash", "pieces"),
  ["info", infoKeys],
])
