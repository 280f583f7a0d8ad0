import * as fc from "fast-check"
import { expect, test } from "vitest"
import { maskTrackerUrl, maskWebSeedUrl, mayHoldKey, protocolOf } from "../../src/torrent/tracker-url.ts"

const key = "0123456789abcdef0123456789abcdef"

test.each([
  ["http://tracker.example.org:6969/announce", "http://tracker.example.org:6969/announce"],
  ["udp://bt2.example.org:6969", "udp://bt2.example.org:6969"],
  ["https://[2001:db8::7]:443/announce.php", "https://[2001:db8::7]:443/announce.php"],
  [`https://t.example/${key}/announce`, "https://t.example/***/announce"],
  [`wss://t.example/${key}`, "wss://t.example/***"],
  [`wss://t.example:443/announce?passkey=${key}`, "wss://t.example:443/announce?passkey=***"],
  [`udp://t.example:80/announce/${key}`, "udp://t.example:80/announce/***"],
  [`https://t.example/announce.php?passkey=${key}`, "https://t.example/announce.php?passkey=***"],
  ["https://t.example/announce.php?pid=7&compact=1", "https://t.example/announce.php?pid=***&compact=1"],
  [`https://t.example/announce?${key}`, "https://t.example/announce?***"],
  [`https://t.example/announce?${key}=1`, "https://t.example/announce?***=***"],
  [`https://t.example/announce?compact=${key}`, "https://t.example/announce?compact=***"],
  ["https://user:secret@t.example/announce", "https://***@t.example/announce"],
  ["https://a@b@t.example/announce", "https://***@t.example/announce"],
  [`https://${key}.t.example/announce`, "https://***.t.example/announce"],
  ["https://t.example/AbCdEfGhIj/announce", "https://t.example/***/announce"],
  ["https://t.example/12345678/announce", "https://t.example/***/announce"],
  [`https://t.example/%61${key}/announce`, "https://t.example/***/announce"],
  [`https://t.example/announce#${key}`, "https://t.example/announce"],
  [`t.example/${key}`, "t.example/***"],
  [`not a url ${key}`, "not a url ***"],
  [
    "http://abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion:80/a",
    "http://abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion:80/a",
  ],
])("%s", (url, masked) => expect(maskTrackerUrl(url)).toBe(masked))

test("no key gets through, wherever it stands", () => {
  const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
  const secret = fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength: 20, maxLength: 40 })
  const place = fc.constantFrom(
    (text: string) => `https://t.example/${text}/announce`,
    (text: string) => `udp://t.example:1/announce/${text}`,
    (text: string) => `https://t.example/a?k=${text}&event=started`,
    (text: string) => `https://t.example/a?${text}`,
    (text: string) => `https://u:${text}@t.example/a`,
    (text: string) => `https://${text}.example/a`,
    (text: string) => `/${text}`,
  )
  fc.assert(
    fc.property(secret, place, (text, put) => {
      expect(maskTrackerUrl(put(text))).not.toContain(text)
    }),
  )
})

test("masking what is masked changes nothing", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string()),
      (url) => {
        expect(maskTrackerUrl(maskTrackerUrl(url))).toBe(maskTrackerUrl(url))
      },
    ),
  )
})

test("a web seed keeps its path, and loses the rest", () => {
  expect(maskWebSeedUrl("https://u:p@m.example/pub/example-os-13.1-amd64.iso?token=abc")).toBe(
    "https://***@m.example/pub/example-os-13.1-amd64.iso?token=***",
  )
})

test.each([
  ["http://a/", "http"],
  ["HTTPS://a/", "https"],
  ["udp://a:1", "udp"],
  ["ws://a", "ws"],
  ["wss://a", "wss"],
  ["ftp://a", "unknown"],
  ["a:80", "unknown"],
  ["", "unknown"],
  ["constructor:", "unknown"],
])("protocol of %s", (url, protocol) => expect(protocolOf(url)).toBe(protocol))

test.each([
  ["http://bt2.tracker.example.org:6969/announce", false],
  ["https://[2001:db8::7]/announce.php?compact=1", false],
  ["udp://tracker.example.org:80", false],
  ["udp://tracker.example.org:80/announce", false],
  ["wss://tracker.example.org/", false],
  ["http://tracker.example.org/announce#top", false],
  [`wss://tracker.example.org/${key}`, true],
  [`http://tracker.example.org/${key}/announce`, true],
  ["http://tracker.example.org/a1b2/announce", true],
  ["http://tracker.example.org/12/announce", true],
  ["http://tracker.example.org/thirteenchars/announce", true],
  ["http://tracker.example.org/%61/announce", true],
  ["http://tracker.example.org/announce?pid=7", true],
  ["http://tracker.example.org/announce?x", true],
  ["udp://tracker.example.org:80/announce?x=1", true],
  ["http://me@tracker.example.org/announce", true],
])("%s may hold somebody's key: %s", (url, may) => expect(mayHoldKey(url)).toBe(may))
