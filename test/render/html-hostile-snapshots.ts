/** Snapshots that mean harm: by what they say, and by how much. */
import type { Snapshot } from "../../src/report.ts"
import { crowd } from "./html-snapshots.ts"
import { finding } from "./snapshots.ts"

const payloads = [
  `<script>document.title="owned"</script>`,
  `"onload="alert(1)" x="`,
  `</script><script>alert(2)</script>`,
  `javascript:alert(3)`,
  `</title></style><img src=x onerror=alert(4)>`,
  `<!--<script>`,
  `' onfocus='alert(5)' autofocus tabindex=0 '`,
  `]]><svg onload=alert(6)>`,
  `\u202egpj.exe\u2066\u0000\u001b[31m\n<b>`,
  `&lt;img src=x onerror=alert(7)&gt;`,
  `{{constructor}}\u2028<a href="https://evil.example/">`,
  `\ud800<iframe srcdoc="<script>alert(8)</script>">`,
]

const foreign = new Set(
  "name path url via address client clientFamily because claimed measured advice subject detail warning seed version id server audit finalUrl network off cap".split(
    " ",
  ),
)

/** Every string that somebody else may have chosen says something evil; the words that are ours stay. */
export function poisoned(): Snapshot {
  let count = 0
  const evil = () => payloads[count++ % payloads.length]!
  const poison = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return foreign.has(key) ? evil() : value
    if (Array.isArray(value)) return value.map((each) => poison(each, key))
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poison(each, name)]))
  }
  const made = poison(crowd(12, 48), "") as Snapshot
  const evidence = Object.fromEntries(
    payloads.slice(0, 3).map((each) => [each, [{ [each]: each }, { [each]: 1 }]]),
  )
  const more = payloads.map((each, index) =>
    finding({
      audit: each,
      verdict: (["warn", "fail", "pass", "inconclusive", "error", "skipped"] as const)[index % 6]!,
      subject: `peer:${each}`,
      because: each,
      claimed: each,
      measured: each,
      advice: each,
      evidence: { ...evidence, [`${each} `]: each },
    }),
  )
  return { ...made, findings: [...made.findings, ...more] }
}

/** At every cap: 2,000 peers, 100,000 pieces in as many files, 500 findings. */
export function huge(): Snapshot {
  const made = crowd(2_000)
  const files = Array.from({ length: 100_000 }, (_, index) => ({
    path: `collection/folder-${index % 97}/file-${index}.bin`,
    sizeBytes: 262_144,
    firstPiece: index,
    lastPiece: index,
    pad: false,
  }))
  const findings = Array.from({ length: 500 }, (_, index) =>
    finding({
      audit: `audit-${index % 9}`,
      verdict: (["warn", "fail", "inconclusive", "pass"] as const)[index % 4]!,
      subject: `peer:203.0.113.${index % 250}:${index + 1}`,
      because: `203.0.113.${index % 250} sent wrong bytes for piece ${index}, twice; another peer sent the right ones`,
      evidence: {
        client: "libtorrent 2.0.11",
        samples: Array.from({ length: 40 }, (__, piece) => ({
          piece,
          atMs: piece * 7.5,
          bytes: 131_072,
          rightFrom: ["203.0.113.1:1", "203.0.113.2:2"],
        })),
      },
    }),
  )
  return {
    ...made,
    torrent: { ...made.torrent, pieceCount: 100_000, files },
    swarm: {
      ...made.swarm,
      files: files.slice(0, 1_000).map(({ path }) => ({ path, rarest: 3, missingPieces: [] })),
    },
    findings,
  }
}
