/** Redirects: followed as far as they may be, and never inward on a foreigner's word. */
import { describe, expect, test } from "vitest"
import { failure, succeed, type Outcome } from "../../../src/failure.ts"
import { realNetwork, type Address, type HttpReply, type HttpRequest } from "../../../src/network.ts"
import type { AddressRules } from "../../../src/torrent/endpoint.ts"
import { honest, never, serving, sessionAt } from "./fixture.ts"

const publicRules: AddressRules = { allowLocal: true, allowLoopback: false, refusePublic: false }

/** Every name has its address, and every URL its status; nothing leaves this process. */
function internet(
  names: Record<string, string>,
  places: Record<string, [status: number, location?: string]>,
) {
  const asked: { url: string; host: string; headers: Record<string, string> }[] = []
  const network = {
    ...realNetwork(),
    resolve: (name: string): Promise<Outcome<Address[]>> => {
      const host = names[name] ?? name
      return Promise.resolve(succeed([{ host, family: host.includes(":") ? "ipv6" : "ipv4" }]))
    },
    async http({ url, address, headers, onBody }: HttpRequest): Promise<Outcome<HttpReply>> {
      asked.push({ url: url.href, host: address.host, headers })
      const [status, location] = places[url.host] ?? [404]
      const head = { status, headers: location === undefined ? {} : { location } }
      await onBody?.(Buffer.from("moved"), head)
      return succeed({ ...head, body: new Uint8Array() })
    },
  }
  return { network, asked }
}

const names = {
  "files.example.com": "93.184.215.14",
  "mirror.example.com": "93.184.215.20",
  inside: "10.0.0.7",
}

describe("from a public address", () => {
  test.each<[string, string, ReturnType<typeof failure>]>([
    ["loopback", "http://127.0.0.1:8080/", failure("bad-redirect", "to a loopback address")],
    ["loopback by IPv6", "http://[::1]/", failure("bad-redirect", "to a loopback address")],
    ["loopback written oddly", "http://2130706433/", failure("bad-redirect", "to a loopback address")],
    [
      "cloud metadata",
      "http://169.254.169.254/latest/",
      failure("bad-redirect", "to a link-local or reserved address"),
    ],
    ["a private address", "http://192.168.0.1/", failure("bad-redirect", "to a private address")],
    ["a name of a private address", "http://inside/", failure("bad-redirect", "to a private address")],
    ["IPv4 in IPv6", "http://[::ffff:10.0.0.1]/", failure("bad-redirect", "to a private address")],
    [
      "a mail server",
      "http://mirror.example.com:25/",
      failure("bad-redirect", "to port 25, another protocol's"),
    ],
    ["another scheme", "ftp://mirror.example.com/", failure("bad-redirect", "to another scheme")],
    ["itself", "#again", failure("bad-redirect", "a loop")],
  ])("to %s: never, though local addresses are allowed", async (_, location, expected) => {
    const { network, asked } = internet(names, { "files.example.com": [302, location] })
    const { record, session } = sessionAt("http://files.example.com/pub/", { network, rules: publicRules })
    expect(await session.fetch(0, 1, never)).toEqual(expected)
    expect(asked.map(({ host }) => host)).toEqual(["93.184.215.14"])
    expect(record.redirects).toMatchObject([{ status: 302, failure: expected }])
  })

  test.each(["http://", undefined])("to nowhere: %s", async (location) => {
    const { network } = internet(names, {
      "files.example.com": location === undefined ? [302] : [302, location],
    })
    const { record, session } = sessionAt("http://files.example.com/pub/", { network, rules: publicRules })
    expect(await session.fetch(0, 1, never)).toEqual(failure("bad-redirect", "no usable location"))
    expect(record.redirects).toEqual([])
  })

  test("then public, then inward: the second is not followed either", async () => {
    const { network, asked } = internet(names, {
      "files.example.com": [301, "https://mirror.example.com/x"],
      "mirror.example.com": [302, "http://10.0.0.7/"],
    })
    const { record, session } = sessionAt("http://files.example.com/pub/", { network, rules: publicRules })
    expect(await session.fetch(0, 1, never)).toMatchObject({ code: "bad-redirect" })
    expect(asked.map(({ host }) => host)).toEqual(["93.184.215.14", "93.184.215.20"])
    expect(record.redirects).toMatchObject([
      { to: "https://mirror.example.com/x", status: 301, failure: null },
      { to: "http://10.0.0.7/", status: 302, failure: { code: "bad-redirect" } },
    ])
  })

  test("our own limits are told apart", async () => {
    const { network } = internet(names, { "10.0.0.9": [302, "http://files.example.com/"] })
    const rules = { allowLocal: true, allowLoopback: false, refusePublic: true }
    const { session } = sessionAt("http://10.0.0.9/pub/", { network, rules })
    expect(await session.fetch(0, 1, never)).toMatchObject({ code: "filtered" })
  })
})

test("credentials are for the torrent's own host, and shown nowhere", async () => {
  const { network, asked } = internet(names, {
    "files.example.com": [302, "https://u2:p2@mirror.example.com/f?sig=secretsecret"],
    "mirror.example.com": [403],
  })
  const { record, session } = sessionAt("http://me:p%40ss@files.example.com/pub/", {
    network,
    rules: publicRules,
  })
  await session.fetch(0, 1, never)
  expect(asked.map(({ headers }) => headers.authorization ?? null)).toEqual([
    `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    null,
  ])
  const shown = JSON.stringify(record)
  for (const secret of ["p%40ss", "p@ss", "me:", "p2", "secretsecret"]) expect(shown).not.toContain(secret)
})

describe("the torrent's own URL", () => {
  test.each([
    ["127.0.0.1", { allowLocal: true, allowLoopback: false, refusePublic: false }],
    ["10.0.0.7", { allowLocal: false, allowLoopback: false, refusePublic: false }],
    ["169.254.169.254", { allowLocal: true, allowLoopback: true, refusePublic: false }],
    ["93.184.215.14", { allowLocal: true, allowLoopback: true, refusePublic: true }],
    ["93.184.215.14:22", { allowLocal: true, allowLoopback: true, refusePublic: false }],
  ])("%s is refused where the rules say so", async (host, rules) => {
    const { network, asked } = internet(names, {})
    const { record, session } = sessionAt(`http://${host}/pub/`, { network, rules })
    expect(await session.probe(0, never)).toMatchObject({ code: "filtered" })
    expect(record).toMatchObject({ ok: false, failure: { code: "filtered" }, attempts: [{ status: null }] })
    expect(asked).toEqual([])
  })
})

test("too many", async () => {
  let hop = 0
  const server = await serving((_, response) => void response.writeHead(302, { location: `/${++hop}` }).end())
  const { session } = sessionAt(`${server.url}/pub/`)
  expect(await session.fetch(0, 1, never)).toEqual(failure("bad-redirect", "too many"))
  expect(server.requests).toHaveLength(6)
})

test("to the same server: followed, and told", async () => {
  const server = await serving((request, response, path) => {
    if (path.startsWith("/pub/")) return honest(request, response, path)
    response.writeHead(301, { location: path.replace("/old/", "/pub/") }).end()
  })
  const { record, session } = sessionAt(`${server.url}/old/`)
  expect(await session.fetch(1, 1, never)).toBeNull()
  const file = "the%20folder/a%20b/%C3%BC%231.bin"
  expect(record).toMatchObject({
    finalUrl: `${server.url}/pub/${file}`,
    redirects: [
      { from: `${server.url}/old/${file}`, to: `${server.url}/pub/${file}`, status: 301, failure: null },
    ],
    samples: [{ verified: true }],
  })
})

test("from loopback to another port of loopback: no", async () => {
  const inner = await serving(honest)
  const server = await serving((_, response) => void response.writeHead(302, { location: inner.url }).end())
  const { session } = sessionAt(`${server.url}/pub/`)
  expect(await session.fetch(1, 1, never)).toEqual(failure("bad-redirect", "to a loopback address"))
  expect(inner.requests).toEqual([])
})
