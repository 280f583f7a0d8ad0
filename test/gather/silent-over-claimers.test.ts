/** Peers that claim all, hold half and ignore requests for the rest, among honest ones: whole audits on loopback, twelve times as fast. */
import { expect, it } from "vitest"
import { pick } from "../../src/demo/holdings.ts"
import { ignoresWhatItLacks } from "../../src/demo/liars.ts"
import { chokesAgain, deadLine, slowToBegin } from "../../src/demo/silent-liars.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"
import { accusations, audit, castOf, peerNamed, seeder } from "../support/audit.ts"
import { fastNetwork } from "../support/fast-network.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

const KiB = 1024
const factor = 12
/** Demo peers go by the real clock. */
const seconds = (s: number) => (s * 1_000) / factor
const { pieceCount } = smallPayload

const silentOverClaimer = (name: string) =>
  seeder(name, {
    holds: pick(pieceCount, (piece) => piece % 2 === 0),
    claims: fullBitfield(pieceCount),
    behaviours: [ignoresWhatItLacks],
  })

it("each is cross-examined and named, and nobody who only is slow, dies or chokes again", async () => {
  const swarm = await swarmFor(
    castOf(
      seeder("one"),
      seeder("two"),
      seeder("slow", { bytesPerSecond: 20 * KiB * factor }),
      seeder("chokes again", { behaviours: [chokesAgain(seconds(15))] }),
      seeder("disk asleep", { behaviours: [slowToBegin(seconds(30))] }),
      seeder("line dies", { behaviours: [deadLine(seconds(3), seconds(30))] }),
      ...["first", "second", "third"].map(silentOverClaimer),
    ),
  )
  const evidence = await audit(swarm, { network: fastNetwork(factor), timeoutMs: 300_000 })
  const liars = ["first", "second", "third"].map((name) => peerNamed(evidence, swarm, name))
  expect(accusations(evidence)).toEqual(
    liars.map(({ address }) => `unserved-claims peer:${address}`).toSorted(),
  )
  for (const { samples } of liars) {
    const asked = samples.filter(({ offset }) => offset !== undefined)
    expect(asked.length).toBeLessThanOrEqual(40)
  }
}, 60_000)
