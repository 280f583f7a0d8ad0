import * as fc from "fast-check"
import { expect, test } from "vitest"
import { lsdGroups, lsdSource, type LsdQuestion } from "../../src/discovery/lsd.ts"
import { decodeAnnounce, encodeAnnounce } from "../../src/discovery/lsd/codec.ts"
import type { Observation } from "../../src/discovery/source.ts"
import type { Family } from "../../src/evidence.ts"
import { fail, failure, succeed, type Failure, type Outcome } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { realNetwork, type Multicast, type Network } from "../../src/network.ts"
import { infoHash, patience } from "./question.ts"

const hash = Buffer.from(infoHash).toString("hex")
const other = "0".repeat(40)
const local = { allowLocal: true, allowLoopback: false, refusePublic: false }

const said = (lines: readonly string[]) =>
  Buffer.from(["BT-SEARCH * HTTP/1.1", ...lines, "", "", ""].join("\r\n"))
const announceOf = (port: number | string, hashes: readonly string[] = [hash], cookie = "theirs") =>
  said([
    "Host: 239.192.152.143:6771",
    `Port: ${port}`,
    ...hashes.map((each) => `Infohash: ${each}`),
    `cookie: ${cookie}`,
  ])

/** Two multicast groups without wires, and a clock that a test moves. */
function fakeNetwork(broken: Partial<Record<Family, Failure>> = {}) {
  let nowMs = 0
  const sleepers: { atMs: number; wake: () => void }[] = []
  const sent: { family: Family; atMs: number; text: string }[] = []
  const members = new Map<
    Family,
    { hear: Parameters<Network["multicast"]>[2]; fail: (why: Failure) => void }
  >()
  const network: Network = {
    ...realNetwork(),
    localHosts: () => ["192.168.1.2"],
    now: () => nowMs,
    date: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((wake) => {
        if (signal.aborted) return wake()
        sleepers.push({ atMs: nowMs + ms, wake })
        signal.addEventListener("abort", () => wake(), { once: true })
      }),
    multicast(family, group, hear, onError): Promise<Outcome<Multicast>> {
      expect(group).toEqual(lsdGroups[family])
      const why = broken[family]
      if (why) return Promise.resolve({ ok: false, failure: why })
      members.set(family, { hear, fail: onError })
      return Promise.resolve(
        succeed({
          send(data) {
            sent.push({ family, atMs: nowMs, text: Buffer.from(data).toString("latin1") })
            return Promise.resolve(succeed(1))
          },
          close: () => void members.delete(family),
        }),
      )
    },
  }
  const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    network,
    sent,
    members,
    breathe,
    hear(data: Uint8Array, host = "192.168.1.7", family: Family = "ipv4") {
      members.get(family)?.hear(data, { host, port: 6771 })
    },
    async pass(ms: number) {
      nowMs += ms
      for (const { atMs, wake } of sleepers.splice(0).toSorted((a, b) => a.atMs - b.atMs)) {
        if (atMs <= nowMs) wake()
        else sleepers.push({ atMs, wake })
      }
      await breathe()
    },
  }
}

async function begin(overrides: Partial<LsdQuestion> = {}, broken: Partial<Record<Family, Failure>> = {}) {
  const fake = fakeNetwork(broken)
  const source = lsdSource({
    infoHash,
    port: 40_123,
    families: ["ipv4", "ipv6"],
    rules: local,
    network: fake.network,
    startedMs: 0,
    ...overrides,
  })
  const observations: Observation[] = []
  const run = new AbortController()
  const reading = (async () => {
    for await (const observation of source.discover(run.signal)) observations.push(observation)
  })()
  let settled = false
  void source.settled.then(() => {
    settled = true
  })
  await fake.breathe()
  return {
    ...fake,
    settled: () => settled,
    source,
    observations,
    end: async () => {
      run.abort()
      await reading
    },
    peers: async () => {
      await fake.breathe()
      return observations.flatMap(({ peers }) => peers)
    },
  }
}

test("both groups are told at once, and then every five minutes", async () => {
  const lsd = await begin()
  const cookie = /cookie: ([0-9a-f]{16})\r\n/.exec(lsd.sent[0]?.text ?? "")?.[1]
  const text = (host: string) =>
    `BT-SEARCH * HTTP/1.1\r\nHost: ${host}\r\nPort: 40123\r\nInfohash: ${hash}\r\ncookie: ${cookie}\r\n\r\n\r\n`
  expect(lsd.sent).toEqual([
    { family: "ipv4", atMs: 0, text: text("239.192.152.143:6771") },
    { family: "ipv6", atMs: 0, text: text("[ff15::efc0:988f]:6771") },
  ])
  await lsd.pass(299_999)
  expect(lsd.sent).toHaveLength(2)
  await lsd.pass(1)
  expect(lsd.sent.map(({ atMs }) => atMs)).toEqual([0, 0, 300_000, 300_000])
  await lsd.end()
  expect(lsd.members.size).toBe(0)
})

test("it is settled when those who heard us had a moment to dial, or none can have heard", async () => {
  const lsd = await begin()
  expect(lsd.settled()).toBe(false)
  await lsd.pass(limits.lsd.answerMs)
  expect(lsd.settled()).toBe(true)
  await lsd.end()

  const why = failure("unreachable")
  const deaf = await begin({}, { ipv4: why, ipv6: why })
  expect([deaf.settled(), deaf.source.failures]).toEqual([true, { ipv4: why, ipv6: why }])
  await deaf.end()
})

test("who announces our info hash is a peer, named by itself", async () => {
  const lsd = await begin()
  lsd.hear(announceOf(6881))
  lsd.hear(announceOf(6882, [other]))
  lsd.hear(announceOf(51_413, [other, hash.toUpperCase()]), "fd00::7", "ipv6")
  lsd.hear(announceOf(6881))
  await lsd.breathe()
  expect(lsd.observations).toEqual([
    { kind: "lsd", via: "192.168.1.7:6881", at: "1970-01-01T00:00:00.000Z", peers: ["192.168.1.7:6881"] },
    { kind: "lsd", via: "[fd00::7]:51413", at: "1970-01-01T00:00:00.000Z", peers: ["[fd00::7]:51413"] },
  ])
  await lsd.end()
})

test("our own announce comes back and is none of theirs", async () => {
  const lsd = await begin()
  lsd.hear(Buffer.from(lsd.sent[0]?.text ?? ""), "192.168.1.2")
  lsd.hear(Buffer.from(lsd.sent[0]?.text ?? ""), "192.168.1.99")
  lsd.hear(said(["Port: 40123", `Infohash: ${hash}`]), "192.168.1.2")
  expect(await lsd.peers()).toEqual([])
  // Another client of this machine, and another machine's client at our port.
  lsd.hear(announceOf(6881), "192.168.1.2")
  lsd.hear(announceOf(40_123), "192.168.1.3")
  expect(await lsd.peers()).toEqual(["192.168.1.2:6881", "192.168.1.3:40123"])
  await lsd.end()
})

test("addresses are admitted by the caller's rules", async () => {
  const lsd = await begin({ rules: { ...local, refusePublic: true } })
  for (const host of ["8.8.8.8", "127.0.0.1", "169.254.1.1", "224.0.0.1", "fe80::1%eth0", "::1", "nonsense"])
    lsd.hear(announceOf(6881), host)
  lsd.hear(announceOf(6881), "::ffff:10.0.0.7")
  expect(await lsd.peers()).toEqual(["10.0.0.7:6881"])
  await lsd.end()
})

test("a flood is bounded by second, by host and in all, and each is recorded once", async () => {
  const { maxDatagramsPerSecond, maxPeers, maxPeersPerHost } = limits.lsd
  const lsd = await begin()
  for (let port = 1; port <= 1_000; port++) lsd.hear(announceOf(port))
  expect(await lsd.peers()).toHaveLength(maxPeersPerHost)
  expect(lsd.source.capsHit).toEqual([{ cap: "lsd-peers", atMs: 0, dropped: 1_000 - maxPeersPerHost }])

  for (let i = 0; i < 2 * maxPeers; i++) {
    if (i % maxDatagramsPerSecond === 0) await lsd.pass(1_000)
    lsd.hear(announceOf(6881), `10.0.${i >> 8}.${i & 255}`)
  }
  expect(await lsd.peers()).toHaveLength(maxPeers)
  expect(lsd.source.capsHit).toEqual([
    { cap: "lsd-peers", atMs: 0, dropped: 1_000 + 2 * maxPeers - maxPeers },
  ])
  await lsd.end()
})

test("who listens nowhere only hears", async () => {
  const lsd = await begin({ port: null })
  await lsd.pass(900_000)
  expect(lsd.sent).toEqual([])
  lsd.hear(announceOf(6881))
  expect(await lsd.peers()).toEqual(["192.168.1.7:6881"])
  await lsd.end()
})

test("a family that can't join is told of and costs only itself", async () => {
  const lsd = await begin({}, { ipv6: failure("unreachable", "EADDRNOTAVAIL") })
  expect(lsd.source.failures).toEqual({ ipv6: { code: "unreachable", detail: "EADDRNOTAVAIL" } })
  expect(lsd.sent.map(({ family }) => family)).toEqual(["ipv4"])
  await lsd.end()
  const none = await begin({ families: [] })
  expect(none.settled()).toBe(true)
  await none.end()
})

test("an error of the socket ends its family alone", async () => {
  const lsd = await begin()
  lsd.members.get("ipv4")?.fail(failure("no-socket"))
  await lsd.breathe()
  expect([...lsd.members.keys()]).toEqual(["ipv6"])
  expect(lsd.source.failures).toEqual({ ipv4: { code: "no-socket", detail: null } })
  await lsd.end()
})

test("stop ends it at once: nothing more is sent or heard", async () => {
  const lsd = await begin()
  const { hear } = lsd.members.get("ipv4") ?? { hear: () => {} }
  lsd.source.stop()
  hear(announceOf(6881), { host: "192.168.1.7", port: 6771 })
  await lsd.pass(900_000)
  expect(lsd.members.size).toBe(0)
  expect(lsd.sent).toHaveLength(2)
  expect(await lsd.peers()).toEqual([])
  await lsd.source.farewell(new AbortController().signal)
  await lsd.end()
})

test("stopped before it began, it never joins", async () => {
  const fake = fakeNetwork()
  const source = lsdSource({
    infoHash,
    port: 1,
    families: ["ipv4"],
    rules: local,
    network: fake.network,
    startedMs: 0,
  })
  source.stop()
  await source.settled
  for await (const observation of source.discover(new AbortController().signal))
    expect(observation).toBe("never")
  expect(fake.sent).toEqual([])
})

test.each<[string, string | Uint8Array, number | null]>([
  ["a plain one", said(["Port: 6881", `Infohash: ${hash}`]), 6881],
  ["names in any case, spaces anywhere", said(["PORT:6881", `infohash :  ${hash.toUpperCase()}  `]), 6881],
  ["bare line feeds", `BT-SEARCH * HTTP/1.1\nPort: 6881\nInfohash: ${hash}\n\n`, 6881],
  ["no empty line at the end", `BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\nInfohash: ${hash}`, 6881],
  ["HTTP/1.0", `BT-SEARCH * HTTP/1.0\r\nPort: 6881\r\nInfohash: ${hash}\r\n\r\n`, 6881],
  ["the same port twice", said(["Port: 6881", "Port: 6881", `Infohash: ${hash}`]), 6881],
  ["two ports", said(["Port: 6881", "Port: 6882", `Infohash: ${hash}`]), null],
  ["no port", said([`Infohash: ${hash}`]), null],
  ["port 0", announceOf(0), null],
  ["port 65535", announceOf(65_535), 65_535],
  ["port 65536", announceOf(65_536), null],
  ["a negative port", announceOf(-1), null],
  ["a port with more behind", announceOf("6881 6882"), null],
  ["a hexadecimal port", announceOf("0x1a"), null],
  ["no info hash", said(["Port: 6881"]), null],
  ["a short info hash", announceOf(6881, [hash.slice(1)]), null],
  ["a long info hash", announceOf(6881, [`${hash}00`]), null],
  ["no hexadecimal info hash", announceOf(6881, ["g".repeat(40)]), null],
  ["a good one among bad ones", announceOf(6881, ["x", hash, ""]), 6881],
  ["headers after the empty line", said(["Port: 6881", "", `Infohash: ${hash}`]), null],
  ["another method", `M-SEARCH * HTTP/1.1\r\nPort: 6881\r\nInfohash: ${hash}\r\n\r\n`, null],
  [
    "exactly 1,400 bytes",
    Buffer.concat([announceOf(6881), Buffer.alloc(1_400 - announceOf(6881).length)]),
    6881,
  ],
  ["1,401 bytes", Buffer.concat([announceOf(6881), Buffer.alloc(1_401 - announceOf(6881).length)]), null],
  [
    "too many headers",
    said([...Array.from({ length: 200 }, () => "a:"), "Port: 1", `Infohash: ${hash}`]),
    null,
  ],
  ["nothing", "", null],
])("datagram: %s", (_name, data, port) => {
  const announce = decodeAnnounce(Buffer.from(data))
  expect(announce && [announce.port, announce.infoHashes.includes(hash)]).toEqual(port && [port, true])
})

test("what is encoded is decoded, and nothing throws", () => {
  const hashes = fc.uniqueArray(
    fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString("hex")),
    { minLength: 1, maxLength: 20 },
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_535 }), hashes, (port, infoHashes) => {
      const announce = { port, infoHashes, cookie: "c00c1e" }
      expect(decodeAnnounce(encodeAnnounce("239.192.152.143:6771", announce))).toEqual(announce)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_500 }), (bytes) => {
      decodeAnnounce(bytes)
      decodeAnnounce(Buffer.concat([Buffer.from("BT-SEARCH * HTTP/1.1\r\n"), bytes]))
    }),
  )
})

/** On the loopback interface alone: nothing of it reaches a real network. */
test("real sockets: two members of one group on one machine hear each other and themselves", async () => {
  const network = realNetwork({ bind: { ipv4: "127.0.0.1" } })
  const group = { host: "239.192.152.143", port: 6771 }
  const heard: string[][] = [[], []]
  const join = async (i: number) => {
    const joined = await network.multicast(
      "ipv4",
      group,
      (data, from) => heard[i]?.push(`${Buffer.from(data).toString()} from ${from.host}`),
      () => {},
    )
    if (!joined.ok) throw new Error(joined.failure.code)
    return joined.value
  }
  const members = [await join(0), await join(1)]
  expect(await members[0]?.send(Buffer.from("one"))).toEqual({ ok: true, value: 1 })
  expect(await members[1]?.send(Buffer.from("two"))).toEqual({ ok: true, value: 1 })
  const both = ["one from 127.0.0.1", "two from 127.0.0.1"]
  await expect.poll(() => heard.map((lines) => lines.toSorted()), patience).toEqual([both, both])
  for (const member of members) member.close()
  expect(await members[0]?.send(Buffer.from("three"))).toMatchObject(fail("closed"))
  expect(
    await network.multicast(
      "ipv6",
      { host: "ff15::efc0:988f", port: 6771 },
      () => {},
      () => {},
    ),
  ).toEqual(fail("unreachable", "no address of this family is bound"))
})
