/** Peers that unchoke us and give nothing, among honest ones that look like it for a while: whole audits on loopback, fifteen times as fast. */
import { expect, it } from "vitest"
import { judge } from "../../src/audit.ts"
import { echoesAnyInfoHash, reflects } from "../../src/demo/breakers.ts"
import { choker, snubber, trickler } from "../../src/demo/liars.ts"
import {
  chattySnubber,
  chokesAgain,
  deadLine,
  rejectsEverything,
  slowToBegin,
} from "../../src/demo/silent-liars.ts"
import type { Evidence } from "../../src/evidence.ts"
import { limits } from "../../src/limits.ts"
import { accusations, audit, castOf, peerNamed, seeder } from "../support/audit.ts"
import { fastNetwork } from "../support/fast-network.ts"
import { swarmFor } from "../support/swarm.ts"

const factor = 15
/** Demo peers go by the real clock. */
const seconds = (s: number) => (s * 1_000) / factor
const fast = { network: fastNetwork(factor), timeoutMs: 600_000 }
const patient = 60_000

const verdicts = (evidence: Evidence, id: string) =>
  Object.fromEntries(
    judge(evidence)
      .findings.filter(({ audit }) => audit === id)
      .map(({ subject, verdict, because }) => [subject, `${verdict}: ${because}`]),
  )

it(
  "who unchokes and gives nothing is asked twice, on two connections, and named; who only takes long is not",
  async () => {
    const swarm = await swarmFor(
      castOf(
        seeder("one"),
        seeder("two"),
        seeder("snubber", { behaviours: [snubber] }),
        seeder("chatty", { behaviours: [chattySnubber(seconds(5))] }),
        seeder("rejecter", { behaviours: [rejectsEverything] }),
        seeder("trickler", { behaviours: [trickler(factor)] }),
        seeder("chokes again", { behaviours: [chokesAgain(seconds(15))] }),
        seeder("disk asleep", { behaviours: [slowToBegin(seconds(40))] }),
        seeder("line dies", { behaviours: [deadLine(0, seconds(30))] }),
      ),
    )
    const evidence = await audit(swarm, fast)
    const at = (name: string) => `peer:${peerNamed(evidence, swarm, name).address}`
    expect(accusations(evidence)).toEqual(
      [
        `snubbing-peer ${at("snubber")}`,
        `snubbing-peer ${at("chatty")}`,
        `unserved-claims ${at("rejecter")}`,
      ].toSorted(),
    )
    for (const name of ["snubber", "chatty"]) {
      const peer = peerNamed(evidence, swarm, name)
      expect(peer.attempts).toHaveLength(2)
      expect(peer.silences?.map(({ waitedMs }) => waitedMs >= limits.silence.askMs)).toEqual([true, true])
      expect(swarm.peers.find((each) => each.name === name)?.visitCount).toBe(3)
    }
    for (const name of ["disk asleep", "line dies"])
      expect(peerNamed(evidence, swarm, name).stage).toBe("verified")
    const snubs = verdicts(evidence, "snubbing-peer")
    expect(snubs[at("trickler")]).toMatch(/^inconclusive: .*it had begun a message/)
    expect(snubs[at("chokes again")]).toMatch(/^inconclusive: .*a whole minute on each of two connections/)
    expect(evidence.run.stopReason).toBe("complete")
    expect(evidence.run.capsHit).toEqual([])
  },
  patient,
)

it(
  "with nobody else to serve us meanwhile, the fault may be ours",
  async () => {
    const swarm = await swarmFor(castOf(seeder("snubber", { behaviours: [snubber] })))
    const evidence = await audit(swarm, { ...fast, network: fastNetwork(2 * factor) })
    expect(Object.values(verdicts(evidence, "snubbing-peer"))).toEqual([
      expect.stringMatching(/^inconclusive: .*nobody else served us meanwhile/),
    ])
  },
  patient,
)

it(
  "who shakes hands on any info hash is named, and so is an echo; nobody who gave a right piece is asked",
  async () => {
    const swarm = await swarmFor(
      castOf(
        seeder("one"),
        seeder("choker", { behaviours: [choker] }),
        seeder("echo", { behaviours: [choker, echoesAnyInfoHash] }),
        seeder("mirror", { behaviours: [reflects] }),
      ),
    )
    const evidence = await audit(swarm, fast)
    const at = (name: string) => `peer:${peerNamed(evidence, swarm, name).address}`
    expect(accusations(evidence)).toEqual(
      [`any-hash-echo ${at("echo")}`, `any-hash-echo ${at("mirror")}`].toSorted(),
    )
    expect(peerNamed(evidence, swarm, "choker").echo).toMatchObject({
      echoed: false,
      failure: { code: "closed" },
    })
    expect(peerNamed(evidence, swarm, "one").echo).toBe(undefined)
    expect(verdicts(evidence, "any-hash-echo")[at("mirror")]).toContain("our own handshake")
    expect(evidence.run.vantage.self).not.toContain(peerNamed(evidence, swarm, "mirror").address)
  },
  patient,
)
