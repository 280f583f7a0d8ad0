/** Ports where nobody is sent on a stranger's word, and those where trackers and peers are. */
import { describe, expect, test } from "vitest"
import { admission } from "../../src/gather/admission.ts"
import { admits, barsPort } from "../../src/torrent/endpoint.ts"
import { isServicePort, type PortRule } from "../../src/torrent/ports.ts"

/** Of trackers in public lists, by protocol. */
const trackers = {
  udp: [
    25, 80, 443, 451, 1337, 1984, 2710, 2715, 3218, 3391, 3418, 6666, 6961, 6969, 8000, 8080, 9337, 9999,
    17272,
  ],
  http: [80, 443, 451, 1096, 1337, 2095, 2701, 2710, 6881, 6961, 6969, 7777, 8000, 8080, 8443, 11450],
} as const

const open: Record<PortRule, readonly number[]> = {
  ...trackers,
  // Defaults of clients, and of containers that hold them.
  peer: [80, 443, 1024, 6881, 6889, 6969, 6999, 8080, 8999, 16881, 25401, 45000, 49152, 50000, 51413, 65535],
}

const closed: Record<PortRule, readonly number[]> = {
  peer: [
    1, 21, 22, 23, 25, 53, 110, 123, 139, 161, 389, 445, 587, 993, 1023, 1433, 1900, 2375, 3306, 3389,
  ].concat([5060, 5353, 5432, 5900, 6379, 6667, 9100, 9200, 11211, 27017]),
  http: [22, 25, 53, 110, 143, 465, 587, 2049, 3306, 5060, 5432, 6000, 6379, 6667, 9100, 11211, 27017],
  udp: [19, 53, 111, 123, 137, 161, 389, 520, 1434, 1900, 3478, 3702, 5060, 5353, 11211],
}

describe.each(["peer", "http", "udp"] as const)("%s", (rule) => {
  test.each(open[rule])("port %i is open", (port) => expect(isServicePort(port, rule)).toBe(false))
  test.each(closed[rule])("port %i is not", (port) => expect(isServicePort(port, rule)).toBe(true))
})

test("what it costs: fewer than one honest peer in a thousand, of those that choose a port at random", () => {
  const barred = Array.from({ length: 64_512 }, (_, i) => 1_024 + i).filter((port) =>
    isServicePort(port, "peer"),
  )
  expect(barred.length / 64_512).toBeLessThan(0.001)
})

describe("on whose word", () => {
  const rules = admission({
    allowLocal: false,
    pace: "normal",
    trackers: [],
    peers: ["8.8.8.8:25", "9.9.9.9:22"],
    named: ["8.8.8.8:25", "[2a00:1450:0::1]:22"],
    dhtBootstrap: [],
    lsd: false,
  })
  const at = (port: number) => ({ peer: admits(rules.peer("tracker", "http://t/"), "8.8.8.8", port) })

  test.each(["tracker", "dht", "pex", "lsd", "incoming"] as const)("a peer named by %s", (kind) => {
    expect(barsPort(rules.peer(kind, "1.1.1.1:6881"), "8.8.8.8", 25)).toBe(true)
    expect(barsPort(rules.peer(kind, "1.1.1.1:6881"), "8.8.8.8", 6881)).toBe(false)
  })

  test("the user's own --peer wins, and nothing that a magnet link names beside it", () => {
    const manual = rules.peer("manual", null)
    expect(admits(manual, "8.8.8.8", 25)).toBe(true)
    expect(admits(manual, "2a00:1450::1", 22)).toBe(true)
    expect(admits(manual, "9.9.9.9", 22)).toBe(false)
    expect(at(25)).toEqual({ peer: false })
  })

  test.each([
    ["http://t.example:25/announce", "torrent", 25, false],
    ["http://t.example:25/announce", "user", 25, true],
    ["udp://t.example:25/announce", "torrent", 25, true],
    ["udp://t.example:53/announce", "torrent", 53, false],
    ["udp://t.example:53/announce", "user", 53, true],
    ["wss://t.example:6379/announce", "torrent", 6379, false],
    ["https://t.example:8443/announce", "torrent", 8443, true],
  ] as const)("%s of the %s", (url, origin, port, admitted) =>
    expect(admits(rules.tracker(url, origin), "8.8.8.8", port)).toBe(admitted),
  )

  test("web seeds", () => {
    expect(admits(rules.webSeed("http://w.example:22/"), "8.8.8.8", 22)).toBe(false)
    expect(admits(rules.webSeed("http://w.example:8080/"), "8.8.8.8", 8080)).toBe(true)
  })
})
