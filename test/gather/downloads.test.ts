/** A leecher at work, audited: what its HAVEs say goes all the way into the report. */
import { expect, it } from "vitest"
import { judge } from "../../src/audit.ts"
import { clients } from "../../src/demo/identity.ts"
import { share } from "../../src/demo/holdings.ts"
import { accusations, audit, castOf, peerNamed, seeder } from "../support/audit.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

const { pieceBytes, pieceCount } = smallPayload
const gainsPerSecond = 1.5

it("a leecher is watched, a seeder isn't, and the copies per hour follow", async () => {
  const swarm = await swarmFor(
    castOf(
      seeder("whole"),
      seeder("at work", { client: clients.libtorrent, holds: share(pieceCount, 0.1), gainsPerSecond }),
    ),
  )
  const evidence = await audit(swarm)

  const whole = peerNamed(evidence, swarm, "whole")
  expect(whole.readings).toMatchObject([
    { fromCount: pieceCount, toCount: pieceCount, gained: 0, events: [] },
  ])
  expect(whole.downloadBytesPerSecond).toBeNull()

  const leecher = peerNamed(evidence, swarm, "at work")
  const [reading, ...others] = leecher.readings ?? []
  expect(others).toEqual([])
  expect(reading?.gained).toBeGreaterThan(0)
  expect(reading?.toCount).toBe((reading?.fromCount ?? 0) + (reading?.gained ?? 0))
  expect(reading?.toCount).toBe(leecher.haveCount)
  expect(reading?.events.at(-1)?.count).toBe(reading?.toCount)
  const rate = leecher.downloadBytesPerSecond
  const truth = gainsPerSecond * pieceBytes
  expect(rate?.low).toBeLessThan(truth)
  expect(rate?.high).toBeGreaterThan(truth)

  const { swarm: counted } = judge(evidence)
  expect(counted.downloads).toMatchObject({ measured: 1, leechers: 1 })
  expect(counted.downloads?.bytesPerSecond.value).toBeCloseTo(rate?.value ?? 0, 0)
  expect(counted.completionsPerHour?.value).toBeCloseTo(
    ((rate?.value ?? 0) * 3_600) / smallPayload.sizeBytes,
    2,
  )
  expect(accusations(evidence)).toEqual([])
})
