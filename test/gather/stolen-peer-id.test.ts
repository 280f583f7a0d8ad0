/** Somebody at an IPv6 address shows the peer id of a peer at an IPv4 address: whole audits on loopback. */
import { expect, it, onTestFinished } from "vitest"
import { choker, corrupter } from "../../src/demo/liars.ts"
import { startPeer, type PeerOptions } from "../../src/demo/peer.ts"
import type { Evidence } from "../../src/evidence.ts"
import { realNetwork } from "../../src/network.ts"
import { fullBitfield } from "../../src/torrent/bitfield.ts"
import { accusations, audit, castOf, seeder } from "../support/audit.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

/** Who chokes us is given its time. */
const patient = 60_000
const peerId = Buffer.from("-TR3000-abcdefghijkl")

async function auditBeside(other: Partial<PeerOptions>) {
  const swarm = await swarmFor(castOf(seeder("owner", { peerId }), seeder("somebody")))
  const peer = await startPeer(realNetwork({ bind: { ipv6: "::1" }, families: ["ipv6"] }), {
    payload: smallPayload,
    peerId,
    ...other,
  })
  onTestFinished(() => peer.stop())
  const evidence = await audit(swarm, {
    network: realNetwork({ bind: { ipv4: "127.0.0.1", ipv6: "::1" }, families: ["ipv4", "ipv6"] }),
    families: ["ipv4", "ipv6"],
    peers: [`[::1]:${peer.port}`],
  })
  const at = (address: string | undefined) =>
    evidence.peers.find((each) => [each.address, ...each.alsoAt].includes(address ?? ""))
  return {
    evidence,
    owner: at(swarm.peers.find(({ name }) => name === "owner")?.address),
    other: at(`[::1]:${peer.port}`),
  }
}

const given = (peer: Evidence["peers"][number] | undefined) =>
  peer?.samples.filter(({ verified }) => verified === true).length ?? 0

it(
  "who has both addresses is one peer",
  async () => {
    const { evidence, owner, other } = await auditBeside({})
    expect(owner).toBe(other)
    expect(evidence.peers).toHaveLength(2)
    expect(given(owner)).toBeGreaterThan(0)
  },
  patient,
)

it(
  "who chokes us with it hides nobody: the one that gives pieces is asked for them",
  async () => {
    const { evidence, owner } = await auditBeside({ behaviours: [choker] })
    expect(given(owner)).toBeGreaterThan(0)
    expect(owner?.outcome).toBe("ok")
    // Of the two conversations the one with who chokes is not told as the owner's.
    const conversations = owner?.attempts.filter(({ ok, failure }) => ok && failure?.code !== "duplicate")
    expect(conversations).toHaveLength(1)
    expect(accusations(evidence)).toEqual([])
  },
  patient,
)

it(
  "who holds something else with it is another",
  async () => {
    const claims = fullBitfield(smallPayload.pieceCount)
    claims[0] = 0
    const { evidence, owner, other } = await auditBeside({ holds: claims })
    expect(evidence.peers).toHaveLength(3)
    expect([given(owner), given(other)].every((count) => count > 0)).toBe(true)
  },
  patient,
)

it(
  "who sends wrong bytes with it is accused, and the other is not",
  async () => {
    const { evidence, owner, other } = await auditBeside({ behaviours: [corrupter()] })
    expect(accusations(evidence)).toEqual([`corrupt-data peer:${other?.address}`])
    expect(given(owner)).toBeGreaterThan(0)
  },
  patient,
)
