import * as fc from "fast-check"
import { expect, test } from "vitest"
import { renderTerminal } from "../../src/render/terminal.ts"
import { width } from "../../src/render/text.ts"
import type { Snapshot } from "../../src/report.ts"
import {
  announce,
  dht,
  estimate,
  finding,
  peer,
  rich,
  samples,
  sightings,
  tracker,
  withSources,
} from "./snapshots.ts"

const escapeCharacter = String.fromCodePoint(27)
/** Bold, dim, red, green, yellow, and their ends. */
const ours = new RegExp(`${escapeCharacter}\\[(?:1|2|22|31|32|33|39)m`, "g")
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom(
    `${escapeCharacter}[2J${escapeCharacter}]0;title\u0007`,
    "\u202e\u2066evil\u2069\u200b\u200d\ufeff",
    "a\r\nb\tc\u0000\u0085\u009b31m",
    "z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "漢字かな交じり文".repeat(20),
    "👩‍👩‍👧‍👦🇩🇪1️⃣☎️🫠",
    "ᄀᆨᆨᆨᆨ𝄞\ud800",
    "x".repeat(10_000),
    "\u0301".repeat(10_000),
  ),
)

const counts = fc.constantFrom(0, 1, 9, 12_345, 4_294_967_295, Number.MAX_SAFE_INTEGER)

const snapshots: fc.Arbitrary<Snapshot> = fc
  .record({
    texts: fc.array(nasty, { minLength: 12, maxLength: 12 }),
    numbers: fc.array(counts, { minLength: 8, maxLength: 8 }),
    rate: fc.double({ min: 0, max: 1e12, noNaN: true }),
    copies: fc.array(fc.nat(60), { maxLength: 300 }),
    depth: fc.constantFrom("scrape", "discover", "handshake", "sample", "full"),
    status: fc.constantFrom("ok", "warning", "critical", "unknown"),
    verdict: fc.constantFrom("pass", "warn", "fail", "inconclusive", "skipped", "error"),
    peerCount: fc.nat(4),
  })
  .map(({ texts, numbers, rate, copies, depth, status, verdict, peerCount }) => {
    const base = rich()
    const text = (index: number) => texts[index] ?? ""
    const number = (index: number) => numbers[index] ?? 0
    const goodput = estimate(rate, rate / 2, rate * 2)
    return withSources({
      ...base,
      dht: dht({
        replies: number(0) % 2,
        scrape: { seeders: estimate(number(1), 0, null), leechers: estimate(number(2), 0, null) },
      }),
      tool: { name: "torrent-audit", version: text(0) },
      run: {
        ...base.run,
        depth,
        seed: text(11),
        capsHit: [{ cap: "max-peers", atMs: 1, dropped: number(0) }],
      },
      torrent: {
        ...base.torrent,
        name: text(1),
        sizeBytes: number(1),
        pieceCount: Math.max(copies.length, number(2)),
        infoHashV2: "b".repeat(64),
        infoHashV1: number(3) > 1 ? base.torrent.infoHashV1 : null,
      },
      trackers: [
        tracker({ url: text(2), announces: [announce({ seeders: number(4), leechers: number(5) })] }),
        tracker({
          url: text(3),
          announces: [
            announce({ ok: false, tries: 3, failure: { code: "tracker-refused", detail: text(4) } }),
          ],
        }),
        tracker({ url: text(4), announces: [] }),
      ],
      peers: Array.from({ length: peerCount }, (_, index) =>
        peer({
          address: text(5 + index),
          client: text(6 + index),
          stage: "served",
          outcome: "bad-data",
          haveRatio: 0.5,
          sources: sightings("1HXLIM"),
          samples: samples(1, 1),
          goodputBytesPerSecond: index % 2 === 0 ? goodput : null,
          attempts: [
            {
              at: "",
              atMs: 0,
              direction: "outgoing",
              transport: "utp",
              encryption: "mse-rc4",
              ok: true,
              failure: null,
              ms: 1,
            },
          ],
        }),
      ),
      verdict: { ...base.verdict, status, because: text(7) },
      swarm: {
        ...base.swarm,
        seeders: { ...base.swarm.seeders, claimed: number(6), possible: number(7) },
        availability:
          copies.length === 0
            ? null
            : {
                rarest: 0,
                distributedCopies: 0.5,
                missingPieces: copies.map((_, index) => index * 2),
                histogram: [],
                copies,
              },
        fullCopyMs: goodput,
        goodputBytesPerSecond: { median: goodput, total: null },
      },
      findings: [
        finding({
          verdict,
          audit: "corrupt-data",
          subject: `peer:${text(8)}`,
          because: text(9),
          advice: text(10),
        }),
        finding({ verdict: "warn", audit: "tracker-disagreement", because: text(7), advice: text(0) }),
      ],
    })
  })

test("whatever they say, no line is too wide, and nothing but text, newlines and our colours gets through", () => {
  fc.assert(
    fc.property(
      snapshots,
      fc.record({
        columns: fc.oneof(fc.integer({ min: 32, max: 200 }), fc.constantFrom(79, 80, 119, 120)),
        color: fc.boolean(),
        ascii: fc.boolean(),
        verbose: fc.boolean(),
        top: fc.nat(6),
        saved: nasty,
      }),
      (drawn, options) => {
        const text = renderTerminal(drawn, options)
        const bare = options.color ? text.replace(ours, "") : text
        expect(bare.endsWith("\n")).toBe(true)
        for (const line of bare.slice(0, -1).split("\n")) {
          expect(width(line)).toBeLessThanOrEqual(options.columns)
          expect(line).not.toMatch(forbidden)
          expect(line).not.toMatch(/ $/)
          expect(line).toMatch(options.ascii ? /^[\x20-\x7e]*$/ : /^/)
        }
      },
    ),
    { numRuns: 200 },
  )
})
