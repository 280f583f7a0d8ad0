/** No reach into private places: whatever names and redirects say, and from one moment to the next, not a packet goes there. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { encode } from "../../src/torrent/bencode.ts"
import { openIsland } from "./island.ts"

const [rotating, other, dnsAt] = ["45.79.1.1", "45.79.1.2", "45.79.0.53"] as const
const public6 = "2a01:4f8:1::1"
const nowhere = ["127.0.0.1", "10.66.0.1", "169.254.169.254", "::1", "fd00:66::1"]

/** First an address that may be asked, then one that may not. */
const names: Record<string, string[][]> = {
  "rebind.test": [[rotating], ["127.0.0.1"]],
  "rebind-private.test": [[rotating], ["10.66.0.1"]],
  "rebind-metadata.test": [[rotating], ["169.254.169.254"]],
  "rebind6.test": [[public6], ["::1"]],
  "seed-rebind.test": [[other], ["127.0.0.1"]],
  "back-and-forth.test": [["127.0.0.1"], [rotating], ["127.0.0.1"]],
  "mixed.test": [["127.0.0.1", other, "10.66.0.1"]],
  "mixed-families.test": [[other, "::1"]],
  "mixed-families6.test": [["10.66.0.1", public6]],
  "private.test": [["10.66.0.1"]],
  "loopback.test": [["127.0.0.1"]],
  "loopback6.test": [["::1"]],
  "unique-local.test": [["fd00:66::1"]],
  "127.0.0.1.nip.test": [["127.0.0.1"]],
  localhost: [["127.0.0.1"]],
  "leads.test": [[rotating]],
  "leads-private.test": [[rotating]],
  "leads-seed.test": [[other]],
  "leads-plain.test": [[rotating]],
}

const redirects = {
  "leads.test:8080": "http://rebind.test:8080/announce",
  "leads-private.test:8080": "http://rebind-private.test:8080/announce",
  "leads-seed.test:8080": "http://seed-rebind.test:8080/file.bin",
  "leads-plain.test:8080": "http://127.0.0.1:8080/announce",
}

const hidden = [
  "0x7f.1",
  "2130706433",
  "0177.0.0.1",
  "127.1",
  "localhost",
  "localhost.",
  "127.0.0.1.nip.test",
  "[::ffff:127.0.0.1]",
  "[::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "８.８.８.８@127.0.0.1",
  "１２７.０.０.１",
  "8.8.8.8%40127.0.0.1",
]

const torrent = encode({
  "announce-list": [
    [
      ...Object.keys(names).flatMap((name) => [
        `http://${name}:8080/announce`,
        `udp://${name}:6969/announce`,
      ]),
      ...["rebind", "mixed", "loopback", "mixed-families"].map((name) => `ws://${name}.test:8080/announce`),
      ...hidden.flatMap((host) => [`http://${host}:8080/announce`, `udp://${host}:6969/announce`]),
    ],
  ],
  "url-list": ["seed-rebind", "leads-seed", "mixed", "private", "loopback6"].map(
    (name) => `http://${name}.test:8080/`,
  ),
  httpseeds: ["seed-rebind", "rebind-metadata"].map((name) => `http://${name}.test:8080/seed`),
  nodes: ["rebind", "mixed", "private", "mixed-families", "back-and-forth"].map((name) => [
    `${name}.test`,
    6881,
  ]),
  info: {
    name: "file.bin",
    length: 40_000,
    "piece length": 16_384,
    pieces: new Uint8Array(60),
  },
})

it("rebinding, mixed answers, redirects and disguised addresses: nothing private hears a packet", async () => {
  const island = await openIsland({
    addresses: [
      rotating,
      other,
      dnsAt,
      public6,
      ...nowhere.filter((host) => host !== "127.0.0.1" && host !== "::1"),
    ],
    nameserver: dnsAt,
    rules: `
      counter private { }
      counter public { }
      chain leaving {
        type filter hook output priority 0; policy accept;
        ip daddr { 127.0.0.0/8, 10.0.0.0/8, 169.254.0.0/16, 192.168.0.0/16 } counter name private
        ip6 daddr { ::1, fc00::/7, fe80::/10, 64:ff9b::/96 } counter name private
        ip daddr { ${rotating}, ${other} } counter name public
        ip6 daddr ${public6} counter name public
      }`,
    world: { dns: dnsAt, names, ports: [8080], redirects, peers: [] },
  })
  const file = join(island.home, "hostile.torrent")
  writeFileSync(file, torrent)
  const ran = await island.audit(file, "--json", "--timeout", "4s", "--no-lsd")
  const fetched = await island.audit(
    "http://leads-plain.test:8080/file.torrent",
    "--no-dht",
    "--timeout",
    "2s",
  )
  const { private: private_, public: public_ } = await island.counters()
  // Somebody does listen there: it would have been heard.
  await island.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080")
  const heard = await island.counters()
  const { queries, requests } = await island.report()

  expect(private_).toBe(0)
  expect(heard["private"]).toBeGreaterThan(0)
  expect(public_).toBeGreaterThan(20)
  const reached = new Set(requests.map((request) => request.split(" ")[0]!.replace("::ffff:", "")))
  expect([...reached].sort()).toEqual([public6, rotating, other].sort())
  // The names that change were asked for after they had changed.
  for (const name of ["rebind.test", "rebind-private.test", "seed-rebind.test", "leads-plain.test"])
    expect([name, queries[name]! > 1]).toEqual([name, true])

  expect(fetched.err).toContain("bad-redirect")
  const { trackers, run } = JSON.parse(ran.out) as {
    run: { stopReason: string }
    trackers: { url: string; announces: { ok: boolean; failure: { code: string } | null }[] }[]
  }
  expect(["complete", "timeout"]).toContain(run.stopReason)
  const codes = (url: string) =>
    trackers.find((each) => each.url === url)?.announces.map(({ ok, failure }) => (ok ? "ok" : failure?.code))
  expect(codes("http://mixed.test:8080/announce")).toContain("ok")
  expect(codes("http://mixed-families6.test:8080/announce")).toContain("ok")
  for (const host of ["0x7f.1", "2130706433", "localhost.", "127.0.0.1.nip.test", "[::ffff:127.0.0.1]"])
    expect([host, new Set(codes(`http://${host}:8080/announce`))]).toEqual([host, new Set(["filtered"])])
})
