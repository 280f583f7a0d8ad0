/** How many strangers one node or peer may name. */
import { describe, expect, it } from "vitest"
import type { Sighting } from "../../src/evidence.ts"
import { createIntroductions } from "../../src/gather/introductions.ts"

type Source = Pick<Sighting, "kind" | "via">

/** Of 10 strangers from each of these, how many are let in where 10 have room; and the caps hit. */
function letIn(...sources: Source[]) {
  const hits: string[] = []
  const introductions = createIntroductions({ maxPeers: 10, hit: (cap) => hits.push(cap) })
  const counts = sources.map(
    (source) => Array.from({ length: 10 }, () => introductions.may(source)).filter(Boolean).length,
  )
  return { counts, hits: [...new Set(hits)] }
}

describe("strangers", () => {
  it.each<[string, Source[], number[], string[]]>([
    ["one peer names half of the book", [{ kind: "pex", via: "203.0.113.1:1" }], [5], ["pex-peers"]],
    [
      "with all its ports together",
      [
        { kind: "pex", via: "203.0.113.1:1" },
        { kind: "pex", via: "203.0.113.1:2" },
        { kind: "dht", via: "203.0.113.1:3" },
      ],
      [5, 0, 0],
      ["pex-peers", "dht-peers"],
    ],
    [
      "and all of an IPv6 /56",
      [
        { kind: "pex", via: "[2a00:1:2:300::1]:1" },
        { kind: "pex", via: "[2a00:1:2:3ff::2]:1" },
        { kind: "pex", via: "[2a00:1:2:400::1]:1" },
      ],
      [5, 0, 5],
      ["pex-peers"],
    ],
    [
      "ports of loopback are hosts",
      [
        { kind: "dht", via: "127.0.0.1:1" },
        { kind: "dht", via: "127.0.0.1:2" },
      ],
      [5, 5],
      ["dht-peers"],
    ],
    [
      "a tracker, the user and who dials us as many as they like",
      [
        { kind: "tracker", via: "udp://t.example:1" },
        { kind: "manual", via: null },
        { kind: "incoming", via: null },
      ],
      [10, 10, 10],
      [],
    ],
  ])("%s", (_, sources, counts, hits) => {
    expect(letIn(...sources)).toEqual({ counts, hits })
  })
})
