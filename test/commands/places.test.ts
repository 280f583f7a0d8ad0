/** `--mmdb`: looked up before redaction, kept by `prefix`, dropped by `full`, shown with -v. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { placesFrom } from "../../src/commands/places.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import { placeLines } from "../../src/render/places.ts"
import { createPage } from "../../src/render/page.ts"
import { snapshot as schema } from "../../src/report.ts"
import { redact } from "../../src/store/redact.ts"
import { anEvidence, aSightedPeer } from "../support/builders.ts"
import { mmdb } from "../support/mmdb.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-places-"))
  const countries = mmdb({
    "203.0.113.0/24": { country: { iso_code: "DE" } },
    "2001:db8::/32": { country: { iso_code: "FR" } },
  })
  const networks = mmdb({
    "203.0.113.0/24": {
      autonomous_system_number: 64_500,
      autonomous_system_organization: "\u001b[2JEvil\u202e Net",
    },
  })
  writeFileSync(join(folder, "country.mmdb"), countries)
  writeFileSync(join(folder, "asn.mmdb"), networks)
})
afterAll(() => rmSync(folder, { recursive: true }))

const files = () => ({ mmdb: ["country.mmdb", "asn.mmdb"].map((name) => join(folder, name)) })
const found = () =>
  anEvidence({
    peers: [
      aSightedPeer(1, { address: "203.0.113.7:51413" }),
      aSightedPeer(2, { address: "[2001:db8::7]:6881" }),
      aSightedPeer(3, { address: "198.51.100.1:6881", alsoAt: ["203.0.113.9:1"] }),
      aSightedPeer(4, { address: "192.0.2.1:6881" }),
      aSightedPeer(5, { address: "203.0.113.0/24~abcdef:1" }),
    ],
  })

const germany = { country: "DE", asn: 64_500, network: "\u001b[2JEvil\u202e Net" }

describe("--mmdb", () => {
  it("says where peers are, and nothing of those whom no database knows", async () => {
    const placed = (await placesFrom(files()))(found())
    expect(placed.peers.map(({ place }) => place)).toEqual([
      germany,
      { country: "FR", asn: null, network: null },
      germany,
      undefined,
      undefined,
    ])
    expect(schema.safeParse(snapshotOf(placed)).success).toBe(true)
  })

  it("changes nothing where it isn't given", async () => {
    const evidence = found()
    expect((await placesFrom({}))(evidence)).toBe(evidence)
  })

  it("prefix keeps it, full drops it", async () => {
    const placed = (await placesFrom(files()))(found())
    const key = new Uint8Array(32)
    expect(redact(placed, "prefix", key).peers[0]?.place).toEqual(germany)
    expect(JSON.stringify(redact(placed, "full", key))).not.toMatch(/64500|"place"/)
  })

  it("is shown with -v, escaped", async () => {
    const snapshot = snapshotOf((await placesFrom(files()))(found()))
    const look = { columns: 80, color: false, ascii: false, top: 5 }
    expect(placeLines(snapshot, createPage({ ...look, verbose: false }))).toEqual([])
    expect(placeLines(snapshot, createPage({ ...look, verbose: true }))).toEqual([
      "PLACES  3 of 5 peers",
      "  countries  DE 2, FR 1",
      "  networks   AS64500 ·[2JEvil· Net 2",
    ])
  })
})
