/** Trackers by way of a proxy: names that only it looks up, rules for them, and us at an address that we don't know. */
import { expect, test } from "vitest"
import { openProxied, realNetwork } from "../../src/network.ts"
import type { AddressRules } from "../../src/torrent/endpoint.ts"
import { socksServer } from "../support/socks-server.ts"
import { ask, everywhere, question } from "./question.ts"
import { announceOf, answering, listing, tracker } from "./tracker-server.ts"
import { hostileHttp } from "./hostile-http.ts"

const named = { ...everywhere, allowNames: true } satisfies AddressRules

async function through(names: Record<string, string>) {
  const server = await socksServer({ names })
  const proxy = { host: "127.0.0.1", port: server.port, login: null }
  const { network } = await openProxied(proxy, realNetwork(), {}, new AbortController().signal)
  return { network, server }
}

const portOf = (url: string) => new URL(url).port

test("a name is asked once, over whichever family the proxy takes", async () => {
  const server = await tracker(answering(listing(["9.9.9.9:7"])))
  const { network, server: proxy } = await through({ "tracker.example.org": "127.0.0.1" })
  const url = `http://tracker.example.org:${portOf(server.url)}/announce`
  const { source } = await ask(question([[url]], { network, rulesFor: () => named }))
  const [record] = source.trackers
  expect(record?.announces.filter(({ event }) => event === "started")).toMatchObject([
    { ok: true, family: "ipv4", peerCount: 1 },
  ])
  // It may have addresses of either: a list of one family is not taken for all there is.
  expect(record?.families).toEqual(["ipv4", "ipv6"])
  const hosts = new Set(proxy.asked.filter(({ command }) => command === "connect").map(({ host }) => host))
  expect(hosts).toEqual(new Set(["tracker.example.org"]))
})

test.each([
  ["tracker.local", { ...named, allowLocal: false }],
  ["localhost", { ...named, allowLoopback: false }],
  ["tracker.example.org", { ...named, refusePublic: true }],
  ["tracker.example.org", everywhere],
])("%s is not asked for where our rules forbid it", async (host, rules) => {
  const { network, server: proxy } = await through({})
  const { source } = await ask(question([[`http://${host}:80/announce`]], { network, rulesFor: () => rules }))
  expect(source.trackers[0]?.announces.map(({ failure }) => failure?.code)).toEqual(["filtered"])
  expect(proxy.asked.map(({ command }) => command)).toEqual(["associate"])
})

test("a redirect from a public name leads neither to a local name nor to a private address", async () => {
  for (const place of [
    "http://printer.local/announce",
    "http://localhost/announce",
    "http://10.0.0.1/announce",
  ]) {
    const server = await hostileHttp((_, response) => {
      response.writeHead(302, { location: place }).end()
    })
    const { network, server: proxy } = await through({ "tracker.example.org": "127.0.0.1" })
    const url = `http://tracker.example.org:${portOf(server.url)}/announce`
    const { source } = await ask(question([[url]], { network, rulesFor: () => named }))
    expect(source.trackers[0]?.announces[0]?.failure?.code).toBe("bad-redirect")
    expect(new Set(proxy.asked.slice(1).map(({ host }) => host))).toEqual(new Set(["tracker.example.org"]))
    await server.close()
  }
})

test("listening nowhere, we are announced with a port where nobody listens, and are no peer of our own", async () => {
  const server = await tracker(answering(listing(["9.9.9.9:1", "9.9.9.9:7"])))
  const { source, observations } = await ask(question([[announceOf(server)]], { port: null }))
  expect(source.trackers[0]?.announces[0]).toMatchObject({ ok: true, peerCount: 1 })
  expect(observations.flatMap(({ peers }) => peers)).toEqual(["9.9.9.9:7"])
})
