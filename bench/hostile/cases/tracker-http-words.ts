/** HTTP trackers whose answers are in time and of a size, and whose words are the weapon. */
import type { Tracker } from "../../../src/evidence.ts"
import { limits } from "../../../src/limits.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase } from "../case.ts"
import { answer, rawServer } from "./tracker-server.ts"
import { announcesOf, compactPeers, demandCap, demandOne, demandShort, trackerCase } from "./tracker-stage.ts"

const text = (value: string): string => `${Buffer.byteLength(value, "latin1")}:${value}`
const reply = (more: string): string => `d8:completei1e10:incompletei0e${more}e`
const ok = /announce ok/

interface Said {
  id: string
  does: string
  bound: string
  expect: RegExp
  timeoutSeconds?: number
  body: () => string | Uint8Array
  verify?(snapshot: Snapshot, tracker: Tracker): string
  /** Of the heads of all requests: as `verify`. */
  readonly seen?: (requests: readonly string[]) => string
}

const said: readonly Said[] = [
  {
    id: "http-tracker-negative-length",
    does: "sends `l-3:`",
    bound: "bencode scan",
    expect: /bad-bencode/,
    body: () => "l-3:",
  },
  {
    id: "http-tracker-negative-key",
    does: "sends `d-3:`",
    bound: "bencode scan",
    expect: /bad-bencode/,
    body: () => "d-3:",
  },
  {
    id: "http-tracker-deep",
    does: "nests 10,000 lists",
    bound: "bencode.maxDepth",
    expect: /bad-bencode: too-deep/,
    body: () => "l".repeat(10_000) + "e".repeat(10_000),
  },
  {
    id: "http-tracker-tiny-values",
    does: "sends a list of 200,000 empty dictionaries",
    bound: "bencode.maxValues",
    expect: /bad-bencode: too-many/,
    body: () => `d5:peersl${"de".repeat(200_000)}ee`,
  },
  {
    id: "http-tracker-long-integer",
    does: "sends an integer of a million digits",
    bound: "bencode.maxIntegerDigits",
    expect: /bad-bencode: bad-integer/,
    body: () => `d8:intervali${"9".repeat(1_000_000)}ee`,
  },
  {
    id: "http-tracker-long-length",
    does: "says that a string has 10²⁰⁰⁰⁰⁰ bytes",
    bound: "bencode scan",
    expect: /bad-bencode/,
    body: () => `d${"9".repeat(200_000)}:xe`,
  },
  {
    id: "http-tracker-not-dictionary",
    does: "sends an HTML page",
    bound: "the answer counts as none",
    expect: /bad-bencode/,
    body: () => `<html>${"<b>".repeat(100_000)}`,
  },
  {
    id: "http-tracker-million-peers",
    does: "names 349,000 peers, as many as the body may hold, of whom there are none",
    bound: "tracker.maxPeersPerReply",
    expect: ok,
    body: () => reply(`8:intervali1800e5:peers${text(compactPeers(349_000).toString("latin1"))}`),
    verify: (snapshot) => demandCap(snapshot, "tracker-peers"),
  },
  {
    id: "http-tracker-peer-dictionaries",
    does: "names peers by hosts, names and ports that are none",
    bound: "no name is looked up",
    expect: ok,
    body() {
      const entries = [
        `d2:ip${text("x".repeat(100_000))}4:porti80ee`,
        `d2:ip${text("evil.example.org")}4:porti80ee`,
        `d2:ip${text("127.0.0.1")}4:porti-1ee`,
        `d2:ip${text("127.0.0.1")}4:porti99999999999ee`,
        "d2:iple4:portdee",
        "de",
        "i5e",
      ]
      return reply(`8:intervali1800e5:peersl${entries.join("").repeat(10)}e`)
    },
    verify(_, tracker) {
      const count = announcesOf(tracker)[0]?.peerCount
      if (count !== 0) throw new Error(`${count} peers taken`)
      return "no peer taken"
    },
  },
  {
    id: "http-tracker-interval-zero",
    does: "asks to be asked again after 0 s",
    bound: "tracker.defaultIntervalMs",
    expect: ok,
    body: () => reply("8:intervali0e12:min intervali0e5:peers0:"),
    verify: (_, tracker) => demandOne(tracker),
  },
  {
    id: "http-tracker-interval-one",
    does: "asks to be asked again every second",
    bound: "tracker.maxAnnounces",
    expect: ok,
    body: () => reply("8:intervali1e12:min intervali1e5:peers0:"),
    verify(_, tracker) {
      const count = announcesOf(tracker).length
      if (count > limits.tracker.maxAnnounces) throw new Error(`${count} announces`)
      return `${count} announces`
    },
  },
  {
    id: "http-tracker-interval-huge",
    does: "asks to be asked again after 2⁶³ s",
    bound: "tracker.maxIntervalMs",
    expect: ok,
    body: () => reply("8:intervali9223372036854775807e5:peers0:"),
    verify: (_, tracker) => demandOne(tracker),
  },
  {
    id: "http-tracker-interval-text",
    does: "writes every number as a text",
    bound: "tracker.defaultIntervalMs",
    expect: /announce ok/,
    body: () => "d8:complete2:-110:incomplete4:lots8:interval3:NaN5:peers0:e",
    verify: (_, tracker) => demandOne(tracker),
  },
  {
    id: "http-tracker-counts",
    does: "counts 10¹⁸ seeders and −5 leechers",
    bound: "a count is below 2³¹",
    expect: ok,
    body: () => "d8:completei1000000000000000000e10:incompletei-5e8:intervali1800e5:peers0:e",
    verify(_, tracker) {
      const [first] = announcesOf(tracker)
      if (first?.seeders !== null || first.leechers !== null) throw new Error("believed")
      return "neither believed"
    },
  },
  {
    id: "http-tracker-reason-escape",
    does: "refuses with 1 MB of terminal escapes and HTML",
    bound: "tracker.maxReasonLength",
    expect: /tracker-refused/,
    body: () =>
      `d14:failure reason${text("\u001b]0;owned\u0007\u001b[2J<script>alert(1)</script>\u009b31m".repeat(25_000))}e`,
    verify(_, tracker) {
      demandShort(tracker.scrape?.failure?.detail)
      return demandShort(announcesOf(tracker)[0]?.failure?.detail)
    },
  },
  {
    id: "http-tracker-warning-flood",
    does: "warns with 1 MB of escapes, every second",
    bound: "tracker.maxReasonLength",
    expect: ok,
    body: () => reply(`8:intervali1e15:warning message${text("\u001b[31mwarned ".repeat(80_000))}5:peers0:`),
    verify: (_, tracker) => announcesOf(tracker).map(({ warning }) => demandShort(warning))[0] ?? "",
  },
  {
    id: "http-tracker-tracker-id",
    does: "gives a tracker id of 1 MB, to be sent back every second",
    bound: "256 bytes",
    expect: ok,
    body: () => reply(`8:intervali1e5:peers0:10:tracker id${text("i".repeat(1_000_000))}`),
    seen(requests) {
      const longest = Math.max(...requests.map(({ length }) => length))
      if (longest > 2_000) throw new Error(`a request of ${longest} bytes`)
      return `${requests.length} requests, none longer than usual`
    },
  },
  {
    id: "http-tracker-retry-in",
    does: "refuses, and asks to be asked again at once",
    bound: "tracker.maxAnnounces",
    expect: /tracker-refused/,
    body: () => `d14:failure reason2:no8:retry ini0ee`,
    verify: (_, tracker) => demandOne(tracker),
  },
  {
    id: "http-tracker-one-victim",
    does: "names 5,000 ports of one link-local host",
    bound: "address rules",
    expect: ok,
    body() {
      const bytes = Buffer.alloc(30_000)
      for (let i = 0; i < 5_000; i++) bytes.set([169, 254, 169, 254, i >> 8, i & 255], i * 6)
      return reply(`8:intervali1800e5:peers${text(bytes.toString("latin1"))}`)
    },
    verify({ peers }) {
      const dialled =
        peers?.filter(({ address, attempts }) => address.startsWith("169.") && attempts.length > 0) ?? []
      if (dialled.length > 0) throw new Error(`${dialled.length} of them dialled`)
      return "none dialled"
    },
  },
]

export const trackerHttpWordCases: readonly HostileCase[] = said.map(({ body, seen, ...each }) =>
  trackerCase("http-tracker", {
    ...each,
    async start(stage) {
      const bytes = body()
      const { port, requests } = await rawServer(stage, (line) => answer(line, bytes))
      return { url: `http://127.0.0.1:${port}/announce`, ...(seen && { seen: () => seen(requests) }) }
    },
  }),
)
