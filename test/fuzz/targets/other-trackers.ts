/** UDP trackers' datagrams, WebSocket trackers' messages and frames, and BEP 14 announces. */
import { createHash } from "node:crypto"
import {
  decodeDatagram,
  parseAnnounce,
  parseConnect,
  parseError,
  parseScrape,
} from "../../../src/discovery/tracker/udp-codec.ts"
import { toReason } from "../../../src/discovery/tracker/reply.ts"
import { parseMessage } from "../../../src/discovery/tracker/ws-codec.ts"
import { decodeAnnounce, encodeAnnounce } from "../../../src/discovery/lsd/codec.ts"
import { failureCodes } from "../../../src/failure.ts"
import { limits } from "../../../src/limits.ts"
import { bindingOf } from "../../../src/network/binding.ts"
import { webSocketFrom } from "../../../src/network/websocket.ts"
import { bytesOf, choicesIn, inPieces, must, pieces, same, unsafeInTerminals } from "../claims.ts"
import { announceInBounds, countsInBounds, refusalInBounds } from "../replies.ts"
import { playedBy } from "../stream.ts"
import type { FuzzTarget } from "../target.ts"

export const udpTracker: FuzzTarget = {
  name: "udp-tracker",
  group: "discovery",
  maxBytes: 1_500,
  run(input) {
    const datagram = decodeDatagram(input)
    if (datagram === null) return must(input.length < 8, "too short")
    const { action, transactionId, body } = datagram
    must(action >= 0 && transactionId >= 0 && transactionId < 2 ** 32, "unsigned numbers")
    const connected = parseConnect(body)
    if (connected.ok) same(connected.value.length, 8, "a connection id")
    for (const family of ["ipv4", "ipv6"] as const) {
      const announced = parseAnnounce(body, family)
      if (announced.ok) announceInBounds(announced.value)
      else refusalInBounds(announced)
    }
    const scraped = parseScrape(body)
    if (scraped.ok) countsInBounds(scraped.value)
    const refused = parseError(body)
    if (!refused.ok) refusalInBounds(refused)
  },
  *seeds() {
    yield Uint8Array.of(0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8)
    yield Uint8Array.of(0, 0, 0, 1, 1, 2, 3, 4, 0, 0, 7, 8, 0, 0, 0, 1, 0, 0, 0, 2, 127, 0, 0, 1, 26, 225)
    yield Uint8Array.of(
      0,
      0,
      0,
      3,
      1,
      2,
      3,
      4,
      ...Buffer.from("not on the list 10.0.0.1 0123456789abcdefabcd"),
    )
  },
}

const infoHash = bytesOf("0123456789abcdefghij")
const messages = [
  '{"action":"announce","info_hash":"0123456789abcdefghij","interval":120,"complete":1,"incomplete":2}',
  '{"action":"scrape","files":{"0123456789abcdefghij":{"complete":1,"incomplete":0,"downloaded":5}}}',
  '{"failure reason":"go away \\u001b[31m","action":"announce"}',
  '{"action":"announce","info_hash":"0123456789abcdefghij","offer":{"sdp":"x"},"peer_id":"x","offer_id":"y"}',
]

export const wsTracker: FuzzTarget = {
  name: "ws-tracker-message",
  group: "discovery",
  run(input) {
    const reply = parseMessage(input, infoHash)
    if (reply === null) return
    if (!reply.ok) return refusalInBounds(reply)
    countsInBounds(reply.value)
    if (reply.value.action === "announce") {
      const { intervalMs, warning } = reply.value
      must(intervalMs === null || intervalMs >= limits.tracker.minIntervalMs, "an interval")
      must(!unsafeInTerminals.test(warning ?? ""), "a warning")
    }
  },
  *seeds() {
    for (const message of messages) yield bytesOf(message)
  },
  dictionary: [
    '"action":"announce"',
    '"info_hash":',
    '"files":{',
    '"complete":1e400',
    '"__proto__":{',
    "[[[[[[",
  ],
}

/** RFC 6455 §1.3. */
const acceptOf = (request: string): string => {
  const key = /sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? ""
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
}

export const webSocket: FuzzTarget = {
  name: "websocket",
  group: "discovery",
  async run(input) {
    const choices = choicesIn(input)
    const isUpgraded = choices.number(7) > 0
    const parts = pieces(choices)
    const upgrade = (request: string) =>
      isUpgraded
        ? Buffer.from(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(request)}\r\n\r\n`,
          )
        : new Uint8Array()
    let received = 0
    const opened = await webSocketFrom(bindingOf({}), () => playedBy(parts, upgrade))({
      url: new URL("ws://192.0.2.1/"),
      address: { host: "192.0.2.1", family: "ipv4" },
      headers: {},
      maxMessageBytes: 1_024,
      maxBytes: 3_000,
      maxHeaderBytes: 4_096,
      closeMs: 1,
      onMessage(data) {
        received++
        must(data.length <= 1_024, `a message of ${data.length} bytes`)
      },
      signal: new AbortController().signal,
    })
    if (!opened.ok) return must(failureCodes.includes(opened.failure.code), "a known code")
    opened.value.send("hello")
    const why = await opened.value.ended
    must(failureCodes.includes(why.code) && !unsafeInTerminals.test(why.detail ?? ""), "why it ended")
    must(received <= input.length, "no more messages than bytes")
  },
  *seeds() {
    const frame = (...bytes: number[]) =>
      new Uint8Array(Buffer.concat([Uint8Array.of(1), inPieces(Uint8Array.from(bytes))]))
    yield frame(0x81, 2, 0x68, 0x69, 0x88, 0)
    yield frame(0x01, 1, 0x61, 0x80, 1, 0x62, 0x89, 0, 0x8a, 0)
    yield frame(0x82, 126, 1, 0, ...new Uint8Array(256), 0x88, 2, 3, 232)
    yield frame(0x82, 127, 0, 0, 0, 0, 0, 0, 8, 0, ...new Uint8Array(64))
    yield new Uint8Array(
      Buffer.concat([Uint8Array.of(0), inPieces(bytesOf("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"))]),
    )
  },
  dictionary: ["HTTP/1.1 200 OK\r\n\r\n", "\x88\x02\x03\xe8", "\x82\x7f", "\xc1\x02", "\x09\x00"],
}

export const lsd: FuzzTarget = {
  name: "lsd",
  group: "discovery",
  run(input) {
    const announce = decodeAnnounce(input)
    if (announce === null) return
    const { port, infoHashes, cookie } = announce
    must(input.length <= limits.lsd.maxDatagramBytes, "a datagram within bounds")
    must(port > 0 && port < 65_536 && infoHashes.length > 0, "a port and a hash")
    must(infoHashes.length <= limits.lsd.maxHeaders, "hashes within bounds")
    must(
      infoHashes.every((hash) => /^[\da-f]{40}$/.test(hash)),
      "hashes",
    )
    if (/[\r\n]/.test(cookie ?? "") || infoHashes.length > 20) return
    const again = decodeAnnounce(encodeAnnounce("239.192.152.143:6771", announce))
    if (again) same({ ...again, cookie: null }, { ...announce, cookie: null }, "announced again")
  },
  *seeds() {
    const infoHashes = ["0123456789abcdef0123456789abcdef01234567"]
    yield encodeAnnounce("239.192.152.143:6771", { port: 6_881, infoHashes, cookie: "me" })
    yield encodeAnnounce("[ff15::efc0:988f]:6771", {
      port: 1,
      infoHashes: [...infoHashes, "f".repeat(40)],
      cookie: null,
    })
    for (const port of [0, 65_536])
      yield encodeAnnounce("239.192.152.143:6771", { port, infoHashes, cookie: null })
  },
  dictionary: ["BT-SEARCH * HTTP/1.1\r\n", "Infohash: ", "Port: ", "cookie: ", "\r\n\r\n"],
}

export const reason: FuzzTarget = {
  name: "tracker-sentence",
  group: "discovery",
  maxBytes: 1_024,
  run(input) {
    const text = toReason(input)
    must(text.length <= limits.tracker.maxReasonLength && text.isWellFormed(), "within bounds")
    must(!unsafeInTerminals.test(text) && !/[\p{Cc}\p{Cf}\n]/u.test(text), "one plain line")
    must(!/(?<![\d.])\d{1,3}(\.\d{1,3}){3}(?![\d.])/.test(text), `no address: ${text}`)
  },
  *seeds() {
    for (const text of [
      "not registered",
      "your ip 1.2.3.4 [::1] fe80::1 is banned",
      "key 0123456789abcdefABCDEF \u202eevil\x1b[31m",
    ])
      yield new Uint8Array(Buffer.from(text))
  },
}
