import { describe, expect, test } from "vitest"
import { renderTerminal, type TerminalOptions } from "../../src/render/terminal.ts"
import type { Estimate } from "../../src/evidence.ts"
import type { Snapshot } from "../../src/report.ts"
import { allChoked, empty, hostile, scraped } from "./cases.ts"
import {
  dht,
  estimate,
  finding,
  peer,
  rate,
  rich,
  sightings,
  snapshot,
  tracker,
  withSources,
} from "./snapshots.ts"

const draw = (drawn: Snapshot, options: Partial<TerminalOptions> = {}): string =>
  renderTerminal(withSources(drawn), {
    columns: 80,
    color: false,
    ascii: false,
    top: 5,
    verbose: false,
    ...options,
  })

const golden: Record<string, [Snapshot, Partial<TerminalOptions>]> = {
  "rich-80": [rich(), { saved: "a1f3" }],
  "rich-120": [rich(), { columns: 120, top: 2 }],
  "rich-60": [rich(), { columns: 60, saved: "a1f3" }],
  "rich-80-ascii": [rich(), { ascii: true, saved: "a1f3" }],
  "rich-80-colour": [rich(), { color: true, saved: "a1f3" }],
  "rich-80-verbose": [rich(), { verbose: true }],
  "hostile-80": [hostile(), {}],
  "hostile-120": [hostile(), { columns: 120 }],
  "hostile-40-ascii": [hostile(), { columns: 40, ascii: true }],
  "empty-80": [empty(), {}],
  "all-choked-80": [allChoked(), {}],
  "all-choked-120": [allChoked(), { columns: 120 }],
  "scrape-80": [scraped(), {}],
}

describe("drawings", () => {
  test.for(Object.entries(golden))("%s", async ([name, [drawn, options]]) => {
    await expect(draw(drawn, options)).toMatchFileSnapshot(`golden/${name}.txt`)
  })
})

test("who only uploads is told apart, and nobody else is mentioned", () => {
  const base = rich()
  const text = draw({ ...base, swarm: { ...base.swarm, superSeeders: 1, partialSeeds: 2 } })
  expect(text).toContain("\n  1 super-seeder among the seeders\n")
  expect(text).toContain("\n  2 partial seeds among the leechers: done with the files wanted\n")
  expect(draw(base)).not.toMatch(/super-seeder|partial seed/)
})

/** The interface's own drawing; its web seed row has no source yet, so it and what depends on it is left out. */
test("80 columns are the drawing, character by character", () => {
  const lines = draw(rich(), { saved: "a1f3" }).split("\n")
  for (const drawn of [
    "▲ WARNING  Downloadable now: yes. 2 problems need attention.",
    "  example-os-13.1-amd64.iso  3.69 GiB  15104 × 256 KiB",
    "  9f86d081884c7d659a2feaa0c55ad015a3bf4f1b  2026-03-14 09:15 UTC  2m51s",
    "SWARM          claimed    found  reached   served    clean   claim is",
    "  seeders           48    19–61       19       12       11   plausible",
    "  leechers           9     8–50        8        2        2   plausible",
    "  peers             57       71       27       14       13",
    "  42 unreached: 22 timeout, 14 refused, 2 reset, 4 handshake; 2 bogons dropped",
    "SOURCES                             answer   claims S/L    peers   only here",
    "  ✓ https://tracker.example.org     182 ms       48 / 9       41          5",
    "  ✓ udp://bt2.example.org:6969       38 ms       46 / 8       39          3",
    "  ✗ udp://old.example.net:1337  timeout ×3            –        –          –",
    "  ✓ DHT                              2.1 s            –       51         19",
    "  ✓ PEX (17 peers)                       –            –       23          5",
    "PIECES  availability 20.83, rarest 20 copies      height = fewest copies in cell",
    "     0 ▇▇▇█▆▇█▇▇█▆█▇▆▇▇▇▆▇▇█▇▆█▇▇███▆██▇▆▇▆█▇▇▇▇█▇█▇██▇▇███▇▇▇██▇█▆█▇▇█ 15103",
    "  hash ·✓·✓·✓·✓·✓·✓✓·✓·✓·✓··✓·✓·✓·✓·✓✓·✓··✓✓··✓✓··✓·✓✓·✓··✓·✓·✓·✓·✓✓·✓·",
    "  32 of 32 sampled pieces verified: at most 8.9% unservable (95%)",
    "  rate per peer: median 1.2 MiB/s (95% CI 0.7–1.8, n=13)",
    "PEERS  top 5 of 27",
    "  peer                   client              have  good/bad   MiB/s  flags",
    "  203.0.113.7:51413      Transmission 4.0.6  100%       4/0     1.8  D THX",
    "  [2001:db8::7]:6881     qBittorrent 5.1.2   100%       3/0     1.7  DE HX",
    "  198.51.100.22:6881     qBittorrent 5.1.2   100%       3/0     1.5  DP H",
    "  192.0.2.14:50000       aria2 1.37.0         62%       2/0    ≥1.2  D T",
    "  203.0.113.9:6881       libtorrent 2.0.11   100%       0/2     0.9  D! TH",
    "FINDINGS",
    "  ▲ dead-tracker   udp://old.example.net:1337 timed out 3 of 3 tries",
    "      → Fix it or drop it from the torrent; new peers wait for it.",
    "                   another peer sent the right ones",
    "      → If this is your seed, recheck its disk; otherwise clients ban it.",
    "A full copy from here: about 12 min (8–21)",
    "Saved a1f3 · next: torrent-audit report --last 9f86d081 -o report.html",
  ])
    expect(lines).toContain(drawn)
})

test("120 columns are the drawing, character by character", () => {
  const lines = draw(rich(), { columns: 120, top: 2 }).split("\n")
  for (const drawn of [
    "PEERS  top 2 of 27                                                                ──────── ms from dial ───────",
    "  peer                   client                have  good/bad   MiB/s (95% CI)    conn    hand  unchoke   block   flags",
    "  203.0.113.7:51413      Transmission 4.0.6    100%       4/0    1.8 (1.4–2.2)      41     129     1310    1392   D THX",
  ])
    expect(lines).toContain(drawn)
  expect(
    lines
      .find((line) => line.startsWith("     0 "))
      ?.split(" ")
      .at(-2),
  ).toHaveLength(104)
})

test("colour adds nothing but colour", () => {
  const sgr = new RegExp(`${String.fromCodePoint(27)}\\[\\d+m`, "g")
  const plain = draw(rich(), { saved: "a1f3" })
  expect(draw(rich(), { color: true, saved: "a1f3" }).replace(sgr, "")).toBe(plain)
})

test("the strip shows the fewest copies in a cell, and ! where there are none", () => {
  const copies = Array.from({ length: 128 }, (_, piece) => (piece === 77 ? 0 : piece === 20 ? 4 : 8))
  const base = snapshot()
  const text = draw({
    ...base,
    torrent: { ...base.torrent, pieceCount: 128 },
    swarm: {
      ...base.swarm,
      availability: { rarest: 0, distributedCopies: 0.9, missingPieces: [77], histogram: [], copies },
    },
  })
  const expected = Array.from({ length: 64 }, (_, cell) =>
    cell === 38 ? "!" : cell === 10 ? "▄" : "█",
  ).join("")
  expect(text).toContain(`     0 ${expected} 127\n`)
  expect(text).toContain("height = fewest copies, ! none")
  expect(text).toContain("  1 piece held by no reached peer: 77\n")
})

test("a wrong sample wins over a right one in its cell", () => {
  const base = rich()
  const text = draw({
    ...base,
    swarm: { ...base.swarm, sampledPieces: { verified: [0, 300], failed: [1], unservableRatioHigh: null } },
  })
  expect(text).toContain(`  hash ×✓${"·".repeat(62)}\n`)
  expect(text).toContain("  2 of 3 sampled pieces verified; some pieces are only on peers that choke us\n")
})

test("a full copy whose rates we capped takes at most its slow end", () => {
  const base = rich()
  const copy = (fullCopyMs: Estimate) => draw({ ...base, swarm: { ...base.swarm, fullCopyMs } })
  const capped = { ...estimate(1_200, 0, 1_600), censored: true }
  expect(copy(capped)).toContain("A full copy from here: at most 1.6 s\n")
  expect(copy({ ...capped, high: null })).toContain("A full copy from here: about 1.2 s\n")
  expect(copy(estimate(5_100, 4_900, 5_200))).toContain("A full copy from here: about 5 s\n")
})

test("an interval that reads as one number is left out", () => {
  const base = rich()
  const median = { ...rate(5, 4.99, 5.01), n: 1 }
  const swarm = { ...base.swarm, goodputBytesPerSecond: { median, total: null } }
  expect(draw({ ...base, swarm })).toContain("  rate per peer: median 5.0 MiB/s (n=1)\n")
})

test("clean peers are the clean of both roles", () => {
  const base = rich()
  const funnel = { ...base.swarm.funnel, verified: 14 }
  expect(draw({ ...base, swarm: { ...base.swarm, funnel } })).toMatch(/  peers .* 13\n/)
})

test("the legend lists only letters in use", () => {
  const base = rich()
  const peers = [peer({ stage: "claimed", outcome: "choked", haveRatio: 1, sources: sightings("M") })]
  expect(draw({ ...base, peers })).toContain("  d choked | M manual\n")
})

test("a rate that a cap of ours held down is a lower bound", () => {
  const base = rich()
  const median = { value: 2 ** 20, low: 2 ** 19, high: null, n: 3, confidence: 0.95, censored: true }
  expect(
    draw({ ...base, swarm: { ...base.swarm, goodputBytesPerSecond: { median, total: null } } }),
  ).toContain("median ≥1.0 MiB/s (95% CI ≥0.5, n=3)")
})

describe("findings", () => {
  const peers = Array.from({ length: 30 }, (_, index) => `192.0.2.${index}:6881` as const)

  test("a flood of accusations is cut, and says so", () => {
    const findings = peers.map((address) =>
      finding({
        audit: "corrupt-data",
        subject: `peer:${address}`,
        because: "sent wrong bytes",
        advice: null,
      }),
    )
    const text = draw({ ...snapshot(), findings })
    expect(text).toContain("192.0.2.9:6881: sent wrong bytes (and 20 more)\n")
    expect(text).not.toContain("192.0.2.10:6881")
    expect(draw({ ...snapshot(), findings }, { verbose: true })).toContain("192.0.2.29:6881")
  })

  test("worst first, passes only when asked for", () => {
    const findings = [
      finding({ audit: "a-pass", verdict: "pass", subject: "swarm", because: "fine", advice: null }),
      finding({ audit: "b-warn", verdict: "warn", subject: "swarm", because: "hm", advice: null }),
      finding({ audit: "c-fail", verdict: "fail", subject: "swarm", because: "bad", advice: null }),
    ]
    const quiet = draw({ ...snapshot(), findings })
    expect(quiet.indexOf("✗ c-fail")).toBeLessThan(quiet.indexOf("▲ b-warn"))
    expect(quiet).not.toContain("a-pass")
    expect(draw({ ...snapshot(), findings }, { verbose: true })).toContain("✓ a-pass")
  })

  test("nothing found is said", () => {
    const findings = [finding({ verdict: "pass" }), finding({ audit: "no-seeder", verdict: "pass" })]
    expect(draw({ ...snapshot(), findings })).toContain("FINDINGS\n  ✓ 2 questions asked, nothing found\n")
  })
})

describe("sources", () => {
  test("two trackers that differ by their path are told apart", () => {
    const url = (path: string) => `https://t.example${path}`
    const text = draw({
      ...snapshot(),
      trackers: [tracker({ url: url("/announce") }), tracker({ url: url("/a/announce") })],
    })
    expect(text).toContain("  ✓ https://t.example     ")
    expect(text).toContain("  ✓ https://t.example/a   ")
    const same = draw({
      ...snapshot(),
      trackers: [tracker({ url: url("/announce") }), tracker({ url: url("") })],
    })
    expect(same).toContain("  ✓ https://t.example/announce  ")
  })

  test("more than twenty trackers are counted, not drawn", () => {
    const trackers = Array.from({ length: 45 }, (_, index) =>
      tracker({ url: `https://t${index}.example/announce` }),
    )
    const text = draw({ ...snapshot(), trackers })
    expect(text).toContain("t19.example")
    expect(text).not.toContain("t20.example")
    expect(text).toContain("  25 more trackers, 25 of which answered\n")
  })

  test("a tracker that our rules forbid was not asked: it says how it is", () => {
    const [announce] = tracker().announces
    if (!announce) throw new Error("a tracker was asked")
    const drawn = (detail: string) =>
      draw({
        ...snapshot(),
        trackers: [
          tracker({
            announces: [{ ...announce, ok: false, failure: { code: "filtered", detail } }],
            scrape: null,
          }),
        ],
      })
    expect(drawn("our rules forbid its address")).toContain("--allow-local asks")
    expect(drawn("no address of the wanted family")).not.toContain("--allow-local")
  })

  test("an answer of an earlier run is marked", () => {
    const [announce] = tracker().announces
    if (!announce) throw new Error("a tracker was asked")
    const text = draw({ ...snapshot(), trackers: [tracker({ announces: [{ ...announce, reused: true }] })] })
    expect(text).toMatch(/✓ https:\/\/tracker\.example\.org +stored +48 \/ 9/)
  })

  test("the DHT claims what its filters come to; asked in vain, it is failed; not asked, it says nothing", () => {
    const row = (overrides: Parameters<typeof dht>[0]) =>
      draw({ ...snapshot(), dht: dht(overrides) })
        .split("\n")
        .find((line) => line.includes("DHT"))
    const [lookup] = dht().lookups
    if (!lookup) throw new Error("it was searched")
    expect(row({ scrape: { seeders: estimate(48.4, 40, 57), leechers: null } })).toBe(
      "  ✓ DHT                              2.1 s       48 / –        0          0",
    )
    expect(row({ replies: 0, lookups: [{ ...lookup, replies: 0 }] })).toBe(
      "  ✗ DHT                          no answer            –        –          –",
    )
    expect(row({ queries: 0, replies: 0, lookups: [] })).toBe(
      "  – DHT                          not asked            –        –          –",
    )
    expect(
      row({
        lookups: [
          { ...lookup, purpose: "neighbourhood", ms: 10 },
          { ...lookup, family: "ipv6", ms: 90 },
        ],
      }),
    ).toBe("  ✓ DHT                              90 ms            –        0          0")
  })

  test("PEX that was on and heard nobody has a row, one that was off or forbidden has none", () => {
    const drawn = (pex: "on" | "off" | "private", overrides: Partial<Snapshot> = {}) =>
      draw({
        ...snapshot(),
        run: { ...snapshot().run, discovery: { dht: "off", pex, lsd: "off" } },
        peers: [peer()],
        ...overrides,
      })
    expect(drawn("on")).toContain(
      "  – PEX                                  –            –        –          –\n",
    )
    const spoke = peer({ pex: { messages: 2, added: 0, dropped: 0 } })
    expect(drawn("on", { peers: [spoke] })).toContain(
      "  ✓ PEX (1 peer)                         –            –        0          0\n",
    )
    for (const use of ["off", "private"] as const) expect(drawn(use)).not.toContain("PEX")
  })

  test("LSD, incoming and the user's own only when there are any; we ourselves are nobody", () => {
    const peers = [
      peer({ sources: sightings("1L") }),
      peer({ address: "203.0.113.8:1", sources: sightings("I") }),
      peer({ address: "203.0.113.9:1", sources: sightings("1M") }),
      peer({ address: "203.0.113.10:1", outcome: "self", sources: sightings("1H") }),
    ]
    const lines = draw({ ...snapshot(), trackers: [tracker()], peers }).split("\n")
    const from = lines.findIndex((line) => line.startsWith("SOURCES"))
    expect(lines.slice(from + 1, from + 6)).toEqual([
      "  ✓ https://tracker.example.org     182 ms       48 / 9        2          1",
      "  ✓ LSD                                  –            –        1          0",
      "  ✓ incoming                             –            –        1          1",
      "  ✓ given by you                         –            –        1          0",
      "",
    ])
  })
})
