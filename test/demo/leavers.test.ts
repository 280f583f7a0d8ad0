import { describe, expect, test } from "vitest"
import { leaves, leavingStages, type LeavingStage } from "../../src/demo/leavers.ts"
import { peerFor, visit } from "../support/swarm.ts"

const block = 16 * 1024
/** What has been seen when it leaves. */
const seen: Record<LeavingStage, string[]> = {
  "on-accept": [],
  "before-handshake": [],
  "after-handshake": ["handshake", "extended"],
  "after-bitfield": ["handshake", "extended", "have-all"],
  "after-interested": ["handshake", "extended", "have-all"],
  "mid-piece": ["handshake", "extended", "have-all", "unchoke", "piece"],
}

describe.each(leavingStages)("%s", (stage) => {
  test.each([
    ["close", "closed"],
    ["reset", "reset"],
  ] as const)("%s", async (how, code) => {
    const visitor = await visit(await peerFor({ behaviours: [leaves(stage, how)] }), {
      mute: stage === "on-accept",
    })
    visitor.wire.on("unchoke", () => {
      for (let i = 0; i < 3; i++) visitor.wire.request(0, i * block, block)
    })
    visitor.wire.on("have-all", () => visitor.wire.interested())
    expect(await visitor.ended).toMatchObject({ code })
    expect(visitor.log).toEqual(seen[stage])
  })
})
