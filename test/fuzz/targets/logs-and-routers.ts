/** A tracker's log of announces, and what routers and proxies answer. */
import { announceLog } from "../../../src/evidence.ts"
import { controlOf, decodeAnswer, locationOf } from "../../../src/commands/doctor/upnp.ts"
import {
  decodeNatPmpAddress,
  decodeNatPmpMap,
  decodePcpMap,
  encodeNatPmpMap,
  encodePcpMap,
} from "../../../src/commands/doctor/pcp.ts"
import { failureCodes } from "../../../src/failure.ts"
import { limits } from "../../../src/limits.ts"
import { framing } from "../../../src/network/socks.ts"
import { collectAnnounces } from "../../../src/store/announce-log.ts"
import { parseAddress } from "../../../src/torrent/address.ts"
import { bytesOf, must, same, unsafeInTerminals } from "../claims.ts"
import { isPeer } from "../replies.ts"
import type { FuzzTarget } from "../target.ts"

const infoHashV1 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
const percent = infoHashV1.replace(/../g, "%$&")

async function* streamed(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part)
}

export const log: FuzzTarget = {
  name: "announce-log",
  group: "files",
  async run(input) {
    const of = { infoHashV1, infoHashV2: null }
    const { signal } = new AbortController()
    const whole = await collectAnnounces(streamed([input]), of, signal)
    const step = 1 + (input.length % 13)
    const parts = Array.from({ length: Math.ceil(input.length / step) }, (_, at) =>
      input.subarray(at * step, (at + 1) * step),
    )
    const cut = await collectAnnounces(streamed(parts), of, signal)
    same(cut, whole, "the same in other pieces")
    must(announceLog.safeParse(whole).success, "evidence")
    const { reports, lines, unreadable, dropped } = whole
    must(unreadable <= lines && reports.length + dropped <= lines, "no more than there are")
    must(
      reports.length <= limits.announceLog.maxReports && reports.every(({ address }) => isPeer(address)),
      "reports",
    )
    must(
      reports.every(({ at }, index) => index === 0 || (reports[index - 1]?.at ?? "") <= at),
      "in order",
    )
  },
  *seeds() {
    yield bytesOf(
      `{"at":"2026-03-14T09:15:00.000Z","infoHash":"${infoHashV1}","ip":"192.0.2.7","port":6881,"peerId":"2d5452","event":"started","uploaded":0,"left":4}\n` +
        `{"at":1773479700,"infoHash":"${percent}","ip":"::ffff:192.0.2.7","port":1}\n`,
    )
    yield bytesOf(
      `192.0.2.7 - - [14/Mar/2026:10:15:00 +0100] "GET /announce?info_hash=${percent}&port=6881&left=0&peer_id=${"a".repeat(20)} HTTP/1.1" 200 153 "-" "x"\n` +
        `host 2001:db8::1 - - [14/Mar/2026:10:15:00 -0530] "GET /x/announce.php?info_hash=${percent}&port=80&event=stopped HTTP/1.0" 200 1\r\n`,
    )
  },
  dictionary: [
    `"infoHash":"${infoHashV1}"`,
    `?info_hash=${percent}&`,
    '"at":',
    '"port":',
    "\\x41",
    '\\"',
    '" 200 ',
    "&port=",
  ],
}

const request = { transport: "tcp", insidePort: 6_881, outsidePort: 6_881, seconds: 120 } as const
const nonce = new Uint8Array(12).fill(5)

export const mappings: FuzzTarget = {
  name: "port-mapping",
  group: "files",
  maxBytes: 1_200,
  run(input) {
    const address = decodeNatPmpAddress(input)
    if (address?.ok) must(parseAddress(address.value) !== null, "an address")
    for (const mapped of [decodeNatPmpMap(input, request), decodePcpMap(input, request, nonce)]) {
      if (mapped === null) continue
      if (!mapped.ok)
        must(
          failureCodes.includes(mapped.failure.code) && !unsafeInTerminals.test(mapped.failure.detail ?? ""),
          "why not",
        )
      else must(mapped.value.port >= 0 && mapped.value.port < 65_536, "a port")
    }
  },
  *seeds() {
    const answered = (bytes: Uint8Array, at: number) =>
      bytes.map((byte, index) => (index === at ? byte + 128 : byte))
    yield Uint8Array.of(0, 128, 0, 0, 0, 0, 0, 1, 203, 0, 113, 9)
    const map = answered(encodeNatPmpMap(request), 1)
    yield Uint8Array.of(...map.subarray(0, 4), 0, 0, 0, 9, ...map.subarray(4))
    yield answered(encodePcpMap(request, "192.168.1.2", nonce), 1)
    yield Uint8Array.of(0, 129, 0, 2)
  },
}

export const upnp: FuzzTarget = {
  name: "upnp",
  group: "files",
  run(input) {
    const url = locationOf(input, "192.168.1.1")
    must(
      url === null || (url.hostname === "192.168.1.1" && url.protocol === "http:" && url.username === ""),
      "where it came from",
    )
    const at = new URL("http://192.168.1.1:5000/rootDesc.xml")
    const control = controlOf(input, at)
    if (control) {
      must(control.url.host === at.host && control.url.username === "", "its own host")
      must(
        /^urn:schemas-upnp-org:service:WAN(IP|PPP)Connection:[12]$/.test(control.type),
        "a type that needs no escaping",
      )
    }
    for (const status of [200, 500]) {
      const answer = decodeAnswer(status, input, "NewExternalIPAddress")
      must(
        answer.ok ? answer.value.length <= 500 : !unsafeInTerminals.test(answer.failure.detail ?? ""),
        "an answer",
      )
    }
  },
  *seeds() {
    yield bytesOf("HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://192.168.1.1:5000/rootDesc.xml\r\n\r\n")
    yield bytesOf(
      "<root><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>/ctl/IPConn</controlURL></service></root>",
    )
    yield bytesOf("<s:Body><NewExternalIPAddress>203.0.113.9</NewExternalIPAddress></s:Body>")
    yield bytesOf("<errorCode>718</errorCode>")
  },
  dictionary: [
    "<service>",
    "</service>",
    "<serviceType>",
    "<controlURL>",
    "http://192.168.1.1",
    "LOCATION: ",
    "&amp;",
    "@",
  ],
}

let frames: Awaited<ReturnType<typeof framing>> | null = null

export const socks: FuzzTarget = {
  name: "socks-frame",
  group: "discovery",
  maxBytes: 1_500,
  async run(input) {
    frames ??= await framing()
    const frame = frames.decode(input)
    if (frame === null) return
    must(frame.port >= 0 && frame.port < 65_536 && frame.data.length <= input.length, "a frame")
    if (parseAddress(frame.host) === null) return
    const again = frames.decode(frames.encode(frame))
    same(again && { ...again, data: [...again.data] }, { ...frame, data: [...frame.data] }, "framed again")
  },
  *seeds() {
    yield Uint8Array.of(0, 0, 0, 1, 127, 0, 0, 1, 26, 225, 1, 2, 3)
    yield Uint8Array.of(0, 0, 0, 4, ...new Uint8Array(15), 1, 0, 80, 9)
    yield Uint8Array.of(0, 0, 0, 3, 4, 97, 46, 98, 99, 0, 80)
  },
}
