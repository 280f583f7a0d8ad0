/** Trackers and redirects that lead to one victim, and URLs that hide where they lead. */
import { expect, describe, test } from "vitest"
import { httpChannel } from "../../src/discovery/tracker/http-tracker.ts"
import { createFanIn } from "../../src/discovery/tracker/fan-in.ts"
import { succeed } from "../../src/failure.ts"
import { admission } from "../../src/gather/admission.ts"
import { limits } from "../../src/limits.ts"
import { realNetwork, type HttpRequest, type Network } from "../../src/network.ts"
import { formatEndpoint } from "../../src/torrent/endpoint.ts"
import { ask, infoHash, peerId, question } from "./question.ts"

const { trackersPerHost, redirectsPerHost } = limits.victim
const good = Buffer.from("d8:intervali1800e5:peers0:e")

/** Any name is at `addresses[name]`, an address at itself; whoever is asked answers by `reply`. No packet leaves. */
function world(
  addresses: Record<string, string[]>,
  reply: (request: HttpRequest) => { status: number; location?: string } = () => ({ status: 200 }),
) {
  const asked: string[] = []
  const network: Network = {
    ...realNetwork(),
    resolve: (name) =>
      Promise.resolve(
        succeed(
          (addresses[name] ?? [name]).map((host) => ({ host, family: host.includes(":") ? "ipv6" : "ipv4" })),
        ),
      ),
    http(request) {
      asked.push(formatEndpoint(request.address.host, Number(request.url.port || 80)))
      const { status, location } = reply(request)
      return Promise.resolve(
        succeed({
          status,
          headers: location === undefined ? {} : { location },
          body: status === 200 ? good : Buffer.alloc(0),
        }),
      )
    },
  }
  return { network, asked }
}

const rules = (allowLocal = false) =>
  admission({ allowLocal, pace: "normal", trackers: [], peers: [], dhtBootstrap: [], lsd: false })

const announcing = (network: Network, urls: string[], user: string[] = []) =>
  ask(
    question([urls], {
      network,
      userTrackers: user,
      rulesFor: (url, origin) => rules().tracker(url, origin),
      depth: "discover",
    }),
  )

const request = {
  infoHash,
  peerId,
  port: 6881,
  leftBytes: 5,
  event: "started",
  numwant: 200,
  key: 3,
  trackerId: null,
} as const

describe("fan-in", () => {
  test("of a hundred trackers at one address, some are asked, and of the others it is said", async () => {
    const names = Array.from({ length: 100 }, (_, i) => `t${i}.example`)
    const { network, asked } = world(Object.fromEntries(names.map((name) => [name, ["8.8.8.8"]])))
    const { source } = await announcing(
      network,
      names.map((name) => `http://${name}/announce`),
    )
    const refused = source.trackers.filter(({ announces }) => announces[0]?.failure?.code === "filtered")
    expect(refused).toHaveLength(100 - trackersPerHost)
    expect(refused[0]?.announces[0]?.failure?.detail).toBe("too many other trackers at its address")
    // An announce, a scrape and a goodbye each.
    expect(asked.length).toBeLessThanOrEqual(3 * trackersPerHost)
  })

  test("the user's own trackers are all asked", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `http://t${i}.example/announce`)
    const { network } = world(Object.fromEntries(names.map((url) => [new URL(url).hostname, ["8.8.8.8"]])))
    const { source } = await announcing(network, [], names)
    expect(source.trackers.every(({ announces }) => announces[0]?.ok)).toBe(true)
  })

  test("redirects that lead to one victim end", async () => {
    const { network, asked } = world({}, ({ address }) =>
      address.host === "8.8.8.8" ? { status: 200 } : { status: 302, location: "http://8.8.8.8/" },
    )
    const fanIn = createFanIn()
    const codes: string[] = []
    for (let i = 0; i < redirectsPerHost + 10; i++)
      codes.push(
        await announce("http://1.1.1.1/announce", network, { mayFollow: (host) => fanIn.mayFollow(host) }),
      )
    expect(codes).toEqual([...repeated("ok", redirectsPerHost), ...repeated("filtered", 10)])
    expect(asked.filter((to) => to.startsWith("8.8.8.8"))).toHaveLength(redirectsPerHost)
  })
})

const repeated = (text: string, count: number) => Array.from({ length: count }, () => text)

async function announce(
  from: string,
  network: Network,
  options: { allowLocal?: boolean; mayFollow?: (host: string) => boolean } = {},
): Promise<string> {
  const url = new URL(from)
  const { reply } = await httpChannel({
    url,
    address: { host: url.hostname, family: "ipv4" },
    // The user's own: whatever may be done on anybody's word.
    rules: rules(options.allowLocal).tracker(from, "user"),
    mayFollow: options.mayFollow,
    userAgent: "torrent-audit/test",
    network,
    totalMs: 10_000,
  }).announce(request, new AbortController().signal)
  return reply.ok ? "ok" : reply.failure.code
}

describe("a redirect of the user's own tracker", () => {
  /** Each place leads to the next. */
  const chain = (...places: string[]) => {
    const { network, asked } = world({}, ({ url }) => {
      const next = places[places.indexOf(url.host) + 1]
      return next === undefined ? { status: 200 } : { status: 302, location: `http://${next}/announce` }
    })
    return { asked, code: announce(`http://${places[0]}/announce?`, network, { allowLocal: true }) }
  }

  test.each([
    ["from a private address to a private one", ["10.0.0.1", "10.0.0.2"], "ok", 2],
    [
      "from a private address by way of a public one to another",
      ["10.0.0.1", "8.8.8.8", "10.0.0.2"],
      "bad-redirect",
      2,
    ],
    ["from a public address to a private one", ["8.8.8.8", "10.0.0.2"], "bad-redirect", 1],
    ["to loopback", ["10.0.0.1", "127.0.0.1"], "bad-redirect", 1],
    ["to loopback as one number", ["10.0.0.1", "2130706433"], "bad-redirect", 1],
    ["to loopback as hexadecimal", ["10.0.0.1", "0x7f.1"], "bad-redirect", 1],
    ["to loopback as octal", ["10.0.0.1", "0177.0.0.01"], "bad-redirect", 1],
    ["to loopback in other digits", ["10.0.0.1", "１２７.０.０.１"], "bad-redirect", 1],
    ["to loopback as IPv6", ["10.0.0.1", "[::ffff:127.0.0.1]"], "bad-redirect", 1],
    ["to loopback behind a user name", ["10.0.0.1", "8.8.8.8@127.0.0.1"], "bad-redirect", 1],
    ["to link-local", ["10.0.0.1", "169.254.169.254"], "bad-redirect", 1],
    ["to a mail server", ["1.1.1.1", "8.8.8.8:25"], "bad-redirect", 1],
    ["to a database", ["1.1.1.1", "8.8.8.8:6379"], "bad-redirect", 1],
    ["to another web server", ["1.1.1.1", "8.8.8.8:8080"], "ok", 2],
  ] as const)("%s", async (_, places, code, count) => {
    const { asked, code: got } = chain(...places)
    expect(await got).toBe(code)
    expect(asked).toHaveLength(count)
  })
})
