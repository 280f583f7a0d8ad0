/** Tracker and web-seed URLs as they may be shown: no secret is left, whatever they look like. */
import { maskTrackerUrl, maskWebSeedUrl, mayHoldKey, protocolOf } from "../../../src/torrent/tracker-url.ts"
import { bytesOf, must, same, textOf } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

export const trackerUrl: FuzzTarget = {
  name: "tracker-url",
  group: "torrent",
  maxBytes: 2_048,
  run(input) {
    const url = textOf(input)
    must(["http", "https", "udp", "ws", "wss", "unknown"].includes(protocolOf(url)), "a protocol")
    for (const mask of [maskTrackerUrl, maskWebSeedUrl]) {
      const masked = mask(url)
      same(mask(masked), masked, "masked twice")
      must(masked.length <= 5 * url.length + 10, "no longer than it must be")
      must(!masked.includes("#") && !/\?[^=&]*[\da-z]{20}/i.test(masked), "no fragment, no long parameter")
    }
    const path = url.replace(/^([a-z][a-z\d+.-]*:\/\/)?[^/?#]*/i, "").replace(/#.*/s, "")
    if (!mayHoldKey(url)) must(!/[\da-f]{20}/i.test(path), "a key that goes unnoticed")
  },
  *seeds() {
    const texts = [
      "http://t.example/announce",
      "udp://t.example:1337/announce",
      "wss://t.example",
      "http://u:p@t.example/",
    ]
    texts.push("https://t.example/0123456789abcdef0123456789abcdef/announce?passkey=abcdefgh1234&compact=1#x")
    texts.push("http://abcdefghijklmnopqrstuvwxyz.onion/announce", "http://[::1]:80/a?b", "//a@b@c/d?e=f&g")
    for (const text of texts) yield bytesOf(text)
  },
}
