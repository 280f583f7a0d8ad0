/** What is done to members while the audit runs. */
import { setTimeout as after } from "node:timers/promises"
import type { Lab } from "../../test/clients/netns.ts"
import type { Payload } from "../../test/clients/payload.ts"
import { restartMember, type Member } from "../../test/clients/swarm.ts"
import { holdingOf, type RestartEvent } from "./scenario.ts"

/** Puts whoever is restarted in the place of the one before. Those due after `signal` don't happen, and are told. */
export async function playEvents(
  lab: Lab,
  payload: Payload,
  members: Member[],
  events: readonly RestartEvent[],
  options: { signal: AbortSignal; say: (line: string) => void },
): Promise<void> {
  const { signal, say } = options
  await Promise.all(
    events.map(async ({ member: index, atMs, kill = false, holding }) => {
      const member = members[index]
      if (!member) throw new Error(`there is no member ${index}`)
      const due = await after(atMs, true, { signal }).catch(() => false)
      if (!due) return say(`${member.host.name} was not restarted: the audit was over`)
      if (holding !== undefined) member.plan.holding = holdingOf(holding, payload.pieceCount)
      members[index] = await restartMember(lab, payload, member, { kill })
      say(`${member.host.name} was restarted`)
    }),
  )
}
