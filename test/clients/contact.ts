/** By which ways each peer was tried, and which one led to it. */
import type { Attempt } from "../../src/evidence.ts"
import type { Snapshot } from "../../src/report.ts"
import { peerOf } from "./compare.ts"
import type { Member } from "./swarm.ts"
import { equal, table, type Check } from "./table.ts"

export interface Way {
  transport: Attempt["transport"]
  encryption: Attempt["encryption"]
  /** Absent: either; who dials us first chooses the transport. */
  direction?: Attempt["direction"]
}

/** The first attempt that led to a handshake; of ours, if one did. */
function leading(snapshot: Snapshot, member: Member): Attempt | undefined {
  const led = peerOf(snapshot, member)?.attempts.filter(({ ok }) => ok)
  return led?.find(({ direction }) => direction === "outgoing") ?? led?.[0]
}

export function checkWay(snapshot: Snapshot, member: Member, expected: Way): Check {
  const { transport, encryption, direction } = leading(snapshot, member) ?? {}
  const told = JSON.stringify(member.plan.contact ?? {})
  const dialsUs = expected.direction === undefined && direction === "incoming"
  return equal(
    `${member.host.name}, told ${told}, met by`,
    { transport, encryption, direction },
    {
      transport: dialsUs ? transport : expected.transport,
      encryption: expected.encryption,
      direction: dialsUs ? direction : (expected.direction ?? "outgoing"),
    },
  )
}

export const reachedBy = (snapshot: Snapshot, member: Member): boolean =>
  leading(snapshot, member) !== undefined

/** When its pieces were known, ms since the start of the run; null: never. */
export function knownMs(snapshot: Snapshot, member: Member): number | null {
  const peer = peerOf(snapshot, member)
  const bitfieldMs = peer?.timeline.bitfieldMs ?? null
  // The timeline is of one visit: the one that lasted as long.
  const lasted = peer?.timeline.closedMs ?? 0
  const [attempt] = (peer?.attempts ?? [])
    .filter(({ ok }) => ok)
    .toSorted((left, right) => Math.abs(left.ms - lasted) - Math.abs(right.ms - lasted))
  return peer?.bitfield && bitfieldMs !== null && attempt ? attempt.atMs + bitfieldMs : null
}

export function contactTable(snapshot: Snapshot, members: readonly Member[]): string {
  const rows = members.map((member) => {
    const attempts = peerOf(snapshot, member)?.attempts ?? []
    const tries = attempts.map(
      ({ atMs, direction, transport, encryption, ok, failure, relay }) =>
        `${(atMs / 1_000).toFixed(1)} s ${direction === "incoming" ? "in " : ""}${transport} ${encryption}${relay ? ` by ${relay}` : ""}: ${ok ? "ok" : (failure?.code ?? "–")}`,
    )
    const ms = knownMs(snapshot, member)
    return [
      member.host.name,
      ms === null ? "–" : (ms / 1_000).toFixed(1),
      tries.length === 0 ? "not tried" : tries.join("; "),
    ]
  })
  return table([["client", "known at s", "attempts"], ...rows])
}
