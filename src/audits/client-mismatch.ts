import type { Evidence } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { prefixOf, softwareOfId, softwareOfVersion } from "../measure/clients.ts"
import { finding } from "../measure/finding.ts"

const audit = "client-mismatch"

/**
 * Peer id and `v` are both free text, and only a client that hides says two things: aria2 or a libtorrent under a name that trackers
 * let in. Accused is who names two different ones of a short list of clients whose both names are known. The library of many
 * (libtorrent), forks, anonymous modes and whatever isn't in the list contradict nothing; nor do reserved bits, which options change.
 */
export const clientMismatch = {
  id: audit,
  title: "Client mismatch",
  question: "Do peers name the same software in their peer id and in their extension handshake?",
  references: ["BEP 10", "BEP 20"],
  requires: ["peers"],
  judge: ({ peers }): Finding[] => peers.flatMap(judged),
} satisfies Audit<"peers">

function judged({ address, outcome, peerId, extensions, reserved }: Evidence["peers"][number]): Finding[] {
  const v = extensions?.v ?? null
  if (outcome === "self" || peerId === null || v === null) return []
  const byId = softwareOfId(peerId)
  const byVersion = softwareOfVersion(v)
  if (byId === null || byVersion === null || byId.family === byVersion.family) return []
  const names = `${byId.family} in its peer id (${prefixOf(peerId)}), ${byVersion.family} in its extension handshake (${v})`
  return [
    finding(audit, "warn", `${address} calls itself ${names}: one of the two is not true`, {
      subject: `peer:${address}` as const,
      claimed: byId.family,
      measured: byVersion.family,
      advice: "Don't go by its name: somebody set it to look like another client.",
      evidence: {
        peerId,
        v,
        reserved,
        sources: [byId.source, byVersion.source],
      },
    }),
  ]
}
