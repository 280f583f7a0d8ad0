/** Whole audits with liars among the honest and the odd. */
import { describe, expect, it } from "vitest"
import { judge } from "../../src/audit.ts"
import { silent } from "../../src/demo/breakers.ts"
import { pick } from "../../src/demo/holdings.ts"
import { choker, corrupter, snubber } from "../../src/demo/liars.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"
import { accusations, audit, castOf, peerNamed, seeder } from "../support/audit.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

const KiB = 1024

describe("liars", () => {
  // The snubber takes it to its end, after 27 s.
  it("are named, and only they: the corrupter and the over-claimer among the slow, the silent and the choked", async () => {
    const swarm = await swarmFor(
      castOf(
        seeder("one"),
        seeder("slow", { bytesPerSecond: 64 * KiB }),
        seeder("choker", { behaviours: [choker] }),
        seeder("silent", { behaviours: [silent] }),
        seeder("snubber", { behaviours: [snubber] }),
        seeder("corrupter", { behaviours: [corrupter()] }),
        seeder("over-claimer", {
          holds: pick(smallPayload.pieceCount, (piece) => piece % 2 === 0),
          claims: fullBitfield(smallPayload.pieceCount),
        }),
      ),
    )
    // Of twelve at least two are pieces that the over-claimer lacks; of eight, one time in a hundred, it would be fewer.
    const evidence = await audit(swarm, { samplePieces: 12 })
    const at = (name: string) => `peer:${peerNamed(evidence, swarm, name).address}`
    expect(accusations(evidence)).toEqual(
      [`corrupt-data ${at("corrupter")}`, `unserved-claims ${at("over-claimer")}`].toSorted(),
    )
  }, 60_000)

  it("a tenfold count is phantom-seeders, with numbers; the same swarm told honestly is not", async () => {
    const cast = () => [seeder("one"), seeder("two"), seeder("three")]
    const phantom = async (inflate: number) => {
      const swarm = await swarmFor({ payload: smallPayload, cast, inflate })
      const evidence = await audit(swarm, { depth: "handshake" })
      return judge(evidence).findings.find(({ audit }) => audit === "phantom-seeders")
    }
    expect(await phantom(10)).toMatchObject({
      verdict: "warn",
      because: expect.stringContaining("claims 30 seeders"),
    })
    expect((await phantom(1))?.verdict).toBe("pass")
  })
})
