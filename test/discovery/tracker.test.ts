import { afterEach, expect, test } from "vitest"
import { fail, succeed } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { realNetwork, type Network } from "../../src/network.ts"
import { hostileHttp, query, type Handler, type HostileHttp } from "./hostile-http.ts"
import { ask, everywhere, hasIPv6, hurry, impatient, memory, ownPort, question, start } from "./question.ts"

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function tracker(handler: Handler, host?: string, port?: number): Promise<HostileHttp> {
  const started = await hostileHttp(handler, host, port)
  cleanups.push(started.close)
  return started
}

const bytes = (text: string) => Buffer.from(text, "latin1")
const peer = (last: number) => `\x0a\x00\x00${String.fromCharCode(last)}\x1a\xe1`
const reply = (options: { leechers?: number; interval?: number; peers?: string; more?: string } = {}) => {
  const { leechers = 3, interval = 1800, peers = peer(1), more = "" } = options
  return bytes(
    `d8:completei2e10:incompletei${leechers}e8:intervali${interval}e5:peers${peers.length}:${peers}${more}e`,
  )
}
const answering =
  (body: Uint8Array = reply()): Handler =>
  (_, response) =>
    response.end(body)
const refusing: Handler = (_, response) => response.end("d14:failure reason2:noe")
const announceOf = (server: HostileHttp) => `${server.url}/announce`

/** `announce started`, `scrape`, … as the tracker saw them. */
const seen = (server: HostileHttp) =>
  server.requests.map((url) => `${url.slice(1).replace(/\?.*/, "")} ${query(url).get("event") ?? ""}`.trim())
const codes = (running: Awaited<ReturnType<typeof ask>>) =>
  running.source.trackers.map(({ announces }) =>
    announces.map((each) => each.failure?.code ?? "ok").join(" "),
  )

test("announce, scrape, stopped: recorded with what was claimed, and yielded", async () => {
  const server = await tracker((_, response, path) =>
    path === "/announce" ? response.end(reply()) : refusing(_, response, path),
  )
  const running = await ask(question([[announceOf(server)]]))
  expect(seen(server)).toEqual(["announce started", "scrape", "announce stopped"])
  expect(running.observations).toEqual([
    { kind: "tracker", via: announceOf(server), at: expect.any(String) as string, peers: ["10.0.0.1:6881"] },
  ])
  const [record] = running.source.trackers
  expect(record).toMatchObject({ tier: 0, protocol: "http", origin: "torrent", families: ["ipv4"] })
  expect(record?.announces).toMatchObject([
    {
      event: "started",
      family: "ipv4",
      ok: true,
      tries: 1,
      reused: false,
      seeders: 2,
      leechers: 3,
      selfCount: 1,
      intervalMs: 1_800_000,
      minIntervalMs: null,
      numwant: 200,
      peerCount: 1,
    },
    { event: "stopped", ok: true, numwant: 0, selfCount: 0 },
  ])
  expect(record?.scrape).toMatchObject({ ok: false, failure: { code: "tracker-refused", detail: "no" } })
})

test("no tracker waits for another", async () => {
  const waiting: (() => void)[] = []
  const together: Handler = (_, response) => {
    waiting.push(() => response.end(reply()))
    if (waiting.length === 3) for (const answer of waiting.splice(0)) answer()
  }
  const servers = [await tracker(together), await tracker(together), await tracker(together)]
  const [a, b, c] = servers.map(announceOf) as [string, string, string]
  const running = await ask(question([[a, b], [c]]))
  expect(codes(running)).toEqual(["ok ok", "ok ok", "ok ok"])
  expect(running.source.trackers.map(({ tier }) => tier)).toEqual([0, 0, 1])
})

test("`stopped` goes only where we were accepted", async () => {
  const [accepting, other] = [await tracker(answering()), await tracker(refusing)]
  const running = await ask(question([[announceOf(accepting), announceOf(other)]]))
  expect(seen(other)).toEqual(["announce started", "scrape"])
  expect(seen(accepting).at(-1)).toBe("announce stopped")
  expect(codes(running)).toEqual(["ok ok", "tracker-refused"])
})

test("a tracker that never answers `stopped` holds nobody up", async () => {
  const server = await tracker((_, response) => {
    if (!_.url?.includes("event=stopped")) response.end(reply())
  })
  const running = await ask(
    question([[announceOf(server)]], { timing: { ...impatient, httpTotalMs: 20_000 } }),
  )
  expect(codes(running)).toEqual(["ok timeout"])
})

test("a run that ends early records it, and leaves a tracker that may have counted it", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const server = await tracker((request, response) => {
    if (request.url?.includes("event=stopped")) response.end(reply())
    else resolve()
  })
  const running = start(question([[announceOf(server)]]))
  await asked
  await running.leave()
  await running.source.settled
  expect(codes(running)).toEqual(["aborted ok"])
  expect(seen(server)).toEqual(["announce started", "announce stopped"])
})

test("depth scrape never announces", async () => {
  const server = await tracker((request, response) => {
    const hash = Buffer.from(unescape(query(request.url ?? "").get("info_hash") ?? ""), "latin1").toString(
      "latin1",
    )
    response.end(bytes(`d5:filesd20:${hash}d8:completei4e10:downloadedi6e10:incompletei5eeee`))
  })
  const running = await ask(
    question([[announceOf(server), `${server.url}/x`, "gopher://t.example/"]], { depth: "scrape" }),
  )
  expect(seen(server)).toEqual(["scrape"])
  expect(running.source.trackers.map(({ announces }) => announces)).toEqual([[], [], []])
  expect(running.source.trackers.map(({ scrape }) => scrape)).toMatchObject([
    { ok: true, seeders: 4, leechers: 5, downloads: 6, selfCount: 0, family: "ipv4" },
    { ok: false, failure: { code: "unsupported" } },
    { ok: false, failure: { code: "unsupported" }, family: null },
  ])
})

test.each([
  ["wss://169.254.169.254/", "wss", "filtered"],
  ["ws://[ff15::1]:8000/", "ws", "filtered"],
  ["ws://", "ws", "unsupported"],
  ["gopher://tracker.example/", "unknown", "unsupported"],
  ["not a url", "unknown", "unsupported"],
  ["http://", "http", "unsupported"],
  ["udp://[::bad/announce", "udp", "unsupported"],
  ["http://169.254.169.254/announce", "http", "filtered"],
  ["udp://224.0.0.1:80", "udp", "filtered"],
  ["http://127.0.0.1:0/announce", "http", "filtered"],
])("%s is recorded as a %s tracker that was never asked: %s", async (url, protocol, code) => {
  const running = await ask(question([[url]]))
  expect(running.source.trackers).toMatchObject([
    { protocol, announces: [{ ok: false, failure: { code }, ms: null, tries: 0 }], scrape: null },
  ])
})

test("our rules for an address hold after the name is resolved, for every family", async () => {
  const network: Network = {
    ...realNetwork(),
    resolve: () =>
      Promise.resolve(
        succeed([
          { host: "127.0.0.1", family: "ipv4" as const },
          { host: "fd00::1", family: "ipv6" as const },
        ]),
      ),
    http: () => Promise.reject(new Error("must not be asked")),
  }
  const rulesFor = () => ({ allowLocal: false, allowLoopback: false, refusePublic: false })
  const running = await ask(question([["http://t.example/announce"]], { network, rulesFor }))
  expect(running.source.trackers).toMatchObject([
    {
      families: ["ipv4", "ipv6"],
      announces: [
        { family: "ipv4", failure: { code: "filtered" } },
        { family: "ipv6", failure: { code: "filtered" } },
      ],
    },
  ])
})

test("a name that does not resolve, and one without an address of the wanted family", async () => {
  const network: Network = {
    ...realNetwork(),
    resolve: (name) =>
      Promise.resolve(
        name === "old.example"
          ? fail("dns", "ENOTFOUND")
          : succeed([{ host: "::1", family: "ipv6" as const }]),
      ),
  }
  const tiers = [["http://old.example/announce", "http://six.example/announce"]]
  const running = await ask(question(tiers, { network, families: ["ipv4"] }))
  expect(running.source.trackers).toMatchObject([
    { families: [], announces: [{ family: null, failure: { code: "dns", detail: "ENOTFOUND" } }] },
    { families: ["ipv6"], announces: [{ family: null, failure: { code: "filtered" } }] },
  ])
})

/** The same port on both loopback addresses, if there are two. */
async function onBothFamilies(handler: Handler): Promise<{ four: HostileHttp; six: HostileHttp }> {
  for (let attempt = 0; ; attempt++) {
    const four = await tracker(handler)
    try {
      return { four, six: await tracker(handler, "::1", four.port) }
    } catch (error) {
      if (attempt === 5) throw error
    }
  }
}

test("each family is asked on its own, and the second reply counts us twice", async () => {
  let leechers = 0
  const handler: Handler = (request, response) => {
    if (request.url?.includes("event=started")) leechers++
    response.end(reply({ leechers }))
  }
  const servers = hasIPv6 ? await onBothFamilies(handler) : null
  const four = servers?.four ?? (await tracker(handler))
  const network: Network = {
    ...realNetwork(),
    resolve: () =>
      Promise.resolve(
        succeed([
          { host: "::1", family: "ipv6" as const },
          { host: "127.0.0.1", family: "ipv4" as const },
        ]),
      ),
  }
  const running = await ask(question([[`http://both.example:${four.port}/announce`]], { network }))
  const [record] = running.source.trackers
  expect(record?.families).toEqual(["ipv4", "ipv6"])
  const started = record?.announces.filter(({ event }) => event === "started")
  expect(started?.map(({ family }) => family)).toEqual(["ipv4", "ipv6"])
  expect(started?.map(({ ok, selfCount }) => ok && selfCount)).toEqual(hasIPv6 ? [1, 2] : [1, false])
  expect(seen(four)).toEqual(["announce started", "scrape", "announce stopped"])
  expect(servers ? seen(servers.six) : []).toEqual(hasIPv6 ? ["announce started", "announce stopped"] : [])
  const keys = [...four.requests, ...(servers?.six.requests ?? [])].map((url) => query(url).get("key"))
  expect(new Set(keys.filter((key) => key !== undefined)).size).toBe(1)
})

test("the next address is asked where nobody listens", async () => {
  const server = await tracker(answering())
  const network: Network = {
    ...realNetwork(),
    resolve: () =>
      Promise.resolve(succeed(["127.0.0.9", "127.0.0.1"].map((host) => ({ host, family: "ipv4" as const })))),
    http: (request) =>
      request.address.host === "127.0.0.9" ? Promise.resolve(fail("refused")) : realNetwork().http(request),
  }
  const running = await ask(question([[`http://two.example:${server.port}/announce`]], { network }))
  expect(running.source.trackers[0]?.announces).toMatchObject([
    { ok: true, tries: 2 },
    { event: "stopped", tries: 1 },
  ])
})

test("we are not among the peers: by the address that the tracker told us, and by loopback", async () => {
  const port = String.fromCharCode(ownPort >> 8, ownPort & 255)
  const peers = `\x08\x08\x08\x08${port}\x7f\0\0\x01${port}\x7f\0\0\x01\x1a\xe1${peer(1)}${peer(1)}`
  const server = await tracker(answering(reply({ peers, more: "11:external ip4:\x08\x08\x08\x08" })))
  const running = await ask(question([[announceOf(server)]]))
  expect(running.observations[0]?.peers).toEqual(["127.0.0.1:6881", "10.0.0.1:6881"])
  expect(running.source.trackers[0]?.announces[0]?.peerCount).toBe(2)
  expect(running.source.self).toEqual([`127.0.0.1:${ownPort}`])
})

test("we are not among the peers of an uncompacted list, which has our peer id", async () => {
  const us = "d2:ip7:9.9.9.97:peer id20:-TA0100-abcdefghijkl4:porti7ee"
  const them = "d2:ip7:9.9.9.87:peer id20:-XX0100-abcdefghijkl4:porti8ee"
  const server = await tracker(answering(bytes(`d5:peersl${us}${them}ee`)))
  const running = await ask(question([[announceOf(server)]]))
  expect(running.observations[0]?.peers).toEqual(["9.9.9.8:8"])
  expect(running.source.trackers[0]?.announces[0]?.peerCount).toBe(1)
  expect(running.source.self).toEqual([])
})

test("a tracker that counts no leecher has not counted us", async () => {
  const server = await tracker(answering(reply({ leechers: 0 })))
  const running = await ask(question([[announceOf(server)]]))
  expect(running.source.trackers[0]?.announces[0]).toMatchObject({ leechers: 0, selfCount: 0 })
})

test("without a listening port we announce one where nobody is", async () => {
  const server = await tracker(answering())
  await ask(question([[announceOf(server)]], { port: null }))
  expect(query(server.requests[0] ?? "").get("port")).toBe("1")
})

test("a list beyond the cap is a cap that was hit", async () => {
  const peers = Buffer.alloc(6 * 5_003)
  for (let i = 0; i < 5_003; i++) peers.set([10, 2, i >> 8, i & 255, 1, 1], i * 6)
  const server = await tracker(answering(reply({ peers: peers.toString("latin1") })))
  const running = await ask(question([[announceOf(server)]]))
  expect(running.source.capsHit).toMatchObject([{ cap: "tracker-peers", dropped: 3 }])
  expect(running.observations[0]?.peers).toHaveLength(5_000)
})

test("all trackers together name so many, and what we asked for of each", async () => {
  const { maxPeersInAll, numwant } = limits.tracker
  const crowds = Array.from({ length: 6 }, (_, tracker) => {
    const peers = Buffer.alloc(6 * 5_000)
    for (let i = 0; i < 5_000; i++) peers.set([10, tracker, i >> 8, i & 255, 1, 1], i * 6)
    return peers.toString("latin1")
  })
  const servers = await Promise.all(crowds.map((peers) => tracker(answering(reply({ peers })))))
  const running = await ask(question([servers.map(announceOf)]))
  const taken = running.observations.map(({ peers }) => peers.length)
  expect(taken.reduce((sum, count) => sum + count, 0)).toBe(maxPeersInAll + 6 * numwant)
  expect(Math.min(...taken)).toBeGreaterThanOrEqual(numwant)
  const dropped = running.source.capsHit.reduce((sum, hit) => sum + hit.dropped, 0)
  expect(dropped).toBe(6 * 5_000 - maxPeersInAll - 6 * numwant)
})

test("passkeys are in no record", async () => {
  const server = await tracker(answering())
  const running = await ask(
    question([[`${server.url}/0123456789abcdef0123456789abcdef/announce?auth=s3cr3ts3cr3t`]]),
  )
  const kept = JSON.stringify([running.source.trackers, running.observations])
  expect(kept).not.toMatch(/0123456789abcdef|s3cr3t/)
  expect(server.requests[0]).toContain(
    "/0123456789abcdef0123456789abcdef/announce?auth=s3cr3ts3cr3t&info_hash=",
  )
})

test("the user's trackers come last, each URL is asked once, and a named one is the user's", async () => {
  const server = await tracker(answering())
  const [a, b, c] = ["/a/announce", "/b/announce", "/c/announce"].map((path) => server.url + path) as [
    string,
    string,
    string,
  ]
  const asked: string[] = []
  const running = await ask(
    question([[a, b], [a]], {
      userTrackers: [c, b],
      rulesFor: (url, origin) => {
        asked.push(`${url.slice(-10)} ${origin}`)
        return everywhere
      },
    }),
  )
  expect(running.source.trackers.map(({ url, tier, origin }) => [url, tier, origin])).toEqual([
    [a, 0, "torrent"],
    [b, 0, "user"],
    [c, 2, "user"],
  ])
  expect(asked).toEqual(["a/announce torrent", "b/announce user", "c/announce user"])
})

test("asked again when the interval allows, as a regular announce", async () => {
  let count = 0
  const { promise: third, resolve } = Promise.withResolvers<void>()
  const server = await tracker((request, response) => {
    if (request.url?.startsWith("/announce") && ++count === 3) resolve()
    response.end(reply({ interval: 60, more: "12:min intervali30e", peers: peer(count) }))
  })
  const running = start(question([[announceOf(server)]], { ...hurry(100) }))
  await third
  await running.leave()
  expect(seen(server).slice(0, 4)).toEqual(["announce started", "scrape", "announce", "announce"])
  expect(seen(server).at(-1)).toBe("announce stopped")
  const [record] = running.source.trackers
  expect(record?.announces.slice(0, 2).map(({ event }) => event)).toEqual(["started", "update"])
  const gap = (record?.announces[1]?.atMs ?? 0) - (record?.announces[0]?.atMs ?? 0)
  expect(gap).toBeGreaterThanOrEqual(29_900)
  expect(running.observations.slice(0, 2).map(({ peers }) => peers)).toEqual([
    ["10.0.0.1:6881"],
    ["10.0.0.2:6881"],
  ])
})

test("a refusal is asked again only when the tracker said when", async () => {
  let count = 0
  const { promise: again, resolve } = Promise.withResolvers<void>()
  const server = await tracker((request, response) => {
    if (request.url?.startsWith("/announce") && ++count === 2) resolve()
    response.end(count === 1 ? "d14:failure reason4:busy8:retry ini1ee" : reply())
  })
  const running = start(question([[announceOf(server)]], { ...hurry(200) }))
  await again
  await running.leave()
  expect(seen(server).slice(0, 3)).toEqual(["announce started", "scrape", "announce started"])

  const never = await tracker((_, response) => response.end("d14:failure reason4:busy8:retry in5:nevere"))
  const finished = start(question([[announceOf(never)]], { ...hurry(200) }))
  // With nothing more to come, `discover` ends by itself.
  await finished.source.settled
  await finished.leave()
  expect(seen(never)).toEqual(["announce started", "scrape"])
})

test("a second run inside the interval reuses the answer and asks nothing", async () => {
  const server = await tracker(answering(reply()))
  const answers = memory()
  const first = await ask(question([[announceOf(server)]], { answers }))
  const before = server.requests.length
  const second = await ask(question([[announceOf(server)]], { answers }))
  expect(server.requests).toHaveLength(before)
  const [fresh] = first.source.trackers[0]?.announces ?? []
  expect(second.source.trackers[0]?.announces).toEqual([{ ...fresh, reused: true, atMs: 0 }])
  expect(second.observations).toEqual(first.observations)

  const later = { ...realNetwork(), date: () => new Date(Date.now() + 1_801_000) }
  const third = await ask(question([[announceOf(server)]], { answers, network: later }))
  expect(third.source.trackers[0]?.announces.map(({ reused }) => reused)).toEqual([false, false])
  expect(server.requests.length).toBe(2 * before)
})

test("an answer is one hash's, one URL's, one family's", async () => {
  const server = await tracker(answering())
  const answers = memory()
  await ask(question([[announceOf(server)]], { answers }))
  expect([...answers.answers.keys()]).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/)])
  await ask(question([[`${announceOf(server)}?x=1`]], { answers }))
  await ask(question([[announceOf(server)]], { answers, infoHash: Buffer.alloc(20, 7) }))
  expect(answers.answers.size).toBe(3)
  expect(seen(server).filter((request) => request === "announce started")).toHaveLength(3)
})

test.each([
  ["due in a year", { notBefore: "2099-01-01T00:00:00.000Z" }],
  ["asked in the future", { askedAt: "2098-12-31T23:00:00.000Z", notBefore: "2099-01-01T00:00:00.000Z" }],
])("a stored answer %s is no reason not to ask", async (_, times) => {
  const server = await tracker(answering())
  const answers = memory()
  await ask(question([[announceOf(server)]], { answers }))
  for (const [key, answer] of answers.answers) answers.answers.set(key, { ...answer, ...times })
  await ask(question([[announceOf(server)]], { answers }))
  expect(seen(server).filter((request) => request === "announce started")).toHaveLength(2)
})

test("a stored answer can't smuggle in what is no peer", async () => {
  const server = await tracker(answering())
  const answers = memory()
  await ask(question([[announceOf(server)]], { answers }))
  for (const [key, answer] of answers.answers) {
    answers.answers.set(key, {
      ...answer,
      peers: ["10.0.0.7:80", "host.example:80", "x", "[::FFFF:1.2.3.4]:5"],
    })
  }
  const second = await ask(question([[announceOf(server)]], { answers }))
  expect(second.observations[0]?.peers).toEqual(["10.0.0.7:80", "1.2.3.4:5"])
})

test("a wish not to be asked again is remembered; a mere failure is not", async () => {
  const answers = memory()
  const busy = await tracker((_, response) => response.end("d14:failure reason4:busy8:retry in5:nevere"))
  const broken = await tracker((_, response) => response.writeHead(500).end())
  const tiers = [[announceOf(busy), announceOf(broken)]]
  await ask(question(tiers, { answers }))
  const second = await ask(question(tiers, { answers }))
  expect(second.source.trackers.map(({ announces }) => announces[0]?.reused)).toEqual([true, false])
  expect(seen(busy).filter((request) => request === "announce started")).toHaveLength(1)
  expect(seen(broken).filter((request) => request === "announce started")).toHaveLength(2)
})

test("private: tier by tier, only until one answers, and nobody else is told", async () => {
  const [dead, good, spare] = [
    await tracker(refusing),
    await tracker(answering()),
    await tracker(answering()),
  ]
  const tiers = [[announceOf(dead)], [announceOf(good)], [announceOf(spare)]]
  const running = await ask(question(tiers, { private: true, userTrackers: [`${spare.url}/user/announce`] }))
  expect(seen(dead)).toEqual(["announce started", "scrape"])
  expect(seen(good)).toEqual(["announce started", "scrape", "announce stopped"])
  expect(spare.requests).toEqual([])
  expect(running.source.trackers.map(({ announces }) => announces.length)).toEqual([1, 2, 0, 0])
})

test("private: never two at once", async () => {
  let open = 0
  let most = 0
  const counting: Handler = (request, response) => {
    most = Math.max(most, ++open)
    setImmediate(() => {
      open--
      refusing(request, response, "")
    })
  }
  const servers = [await tracker(counting), await tracker(counting), await tracker(counting)]
  const running = await ask(question([servers.map(announceOf)], { private: true }))
  expect(codes(running)).toEqual(["tracker-refused", "tracker-refused", "tracker-refused"])
  expect(most).toBe(1)
})

test("private: a tier is shuffled, by our own source of chance", async () => {
  const first = async (byte: number) => {
    const servers = [await tracker(answering()), await tracker(answering())]
    let draws = 0
    const network: Network = {
      ...realNetwork(),
      randomBytes: (count) => Buffer.alloc(count, count === 6 ? (byte + 128 * draws++) % 256 : 0),
    }
    await ask(question([servers.map(announceOf)], { private: true, network }))
    return servers.findIndex(({ requests }) => requests.length > 0)
  }
  expect([await first(0), await first(128)]).toEqual([0, 1])
})

test("private: a tracker that gave nobody and then refuses is left, politely, before the next one is asked", async () => {
  const order: string[] = []
  let asked = 0
  const leaving = await tracker((request, response) => {
    order.push(
      `first ${query(request.url ?? "").get("event") ?? (request.url?.startsWith("/scrape") ? "scrape" : "update")}`,
    )
    const refused = request.url?.startsWith("/announce") && ++asked === 2
    response.end(refused ? "d14:failure reason2:noe" : reply({ peers: "", interval: 30 }))
  })
  const { promise: moved, resolve } = Promise.withResolvers<void>()
  const next = await tracker((request, response) => {
    order.push(`second ${query(request.url ?? "").get("event") ?? "scrape"}`)
    if (request.url?.startsWith("/announce")) resolve()
    response.end(reply())
  })
  const running = start(
    question([[announceOf(leaving)], [announceOf(next)]], { private: true, ...hurry(100) }),
  )
  await moved
  await running.leave()
  expect(order.slice(0, 5)).toEqual([
    "first started",
    "first scrape",
    "first update",
    "first stopped",
    "second started",
  ])
})

test("private: once it gave us peers, we stay with a tracker even if it then fails", async () => {
  let asked = 0
  const { promise: thrice, resolve } = Promise.withResolvers<void>()
  const server = await tracker((request, response) => {
    if (request.url?.startsWith("/announce") && ++asked === 3) resolve()
    if (asked > 1) refusing(request, response, "")
    else response.end(reply({ interval: 30 }))
  })
  const other = await tracker(answering())
  const running = start(
    question([[announceOf(server)], [announceOf(other)]], { private: true, ...hurry(100) }),
  )
  await thrice
  await running.leave()
  expect(other.requests).toEqual([])
})

test("nothing to ask, and an abort before the start", async () => {
  const none = await ask(question([]))
  expect(none.observations).toEqual([])
  const server = await tracker(answering())
  const running = start(question([[announceOf(server)]]))
  const stopped = running.stop()
  await stopped
  await running.source.settled
  await running.leave()
  expect(running.source.trackers[0]?.announces.every(({ failure }) => failure?.code === "aborted")).toBe(true)
})

test("farewell alone ends it; an answer whose scrape was cut short is remembered without one", async () => {
  const { promise: scraping, resolve } = Promise.withResolvers<void>()
  const server = await tracker((request, response) => {
    if (request.url?.startsWith("/scrape")) resolve()
    else response.end(reply())
  })
  const answers = memory()
  const { source } = start(question([[announceOf(server)]], { answers }))
  await scraping
  await source.farewell(new AbortController().signal)
  expect(seen(server)).toEqual(["announce started", "scrape", "announce stopped"])
  expect([...answers.answers.values()]).toMatchObject([{ scrape: null, peers: ["10.0.0.1:6881"] }])
  expect(source.trackers[0]?.scrape?.failure?.code).toBe("aborted")
})

test("one bad moment is not the end: a question over HTTP is tried three times", async () => {
  let connections = 0
  const server = await tracker((request, response) => {
    connections++
    if (connections === 1) request.socket.destroy()
    else if (connections === 2) response.writeHead(503).end()
    else answering()(request, response, "")
  })
  const running = await ask(
    question([[announceOf(server)]], { timing: { ...impatient, httpPausesMs: [1, 1] } }),
  )
  expect(running.source.trackers[0]?.announces[0]).toMatchObject({ ok: true, tries: 3 })
})

test("a refusal, or nonsense, is an answer and is not asked for again", async () => {
  const server = await tracker(refusing)
  const running = await ask(
    question([[announceOf(server)]], { timing: { ...impatient, httpPausesMs: [1, 1] } }),
  )
  expect(running.source.trackers[0]?.announces[0]).toMatchObject({ ok: false, tries: 1 })
  const nonsense = await tracker((_, response) => response.end("hello"))
  const other = await ask(
    question([[announceOf(nonsense)]], { timing: { ...impatient, httpPausesMs: [1, 1] } }),
  )
  expect(other.source.trackers[0]?.announces[0]).toMatchObject({ ok: false, tries: 1 })
})
