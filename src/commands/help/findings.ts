/** `help <finding>`: what an audit's finding means, how it is told, when it accuses nobody, and what to do. */
import { audits as ofOnePlace } from "../../audits/index.ts"
import { vantageAudits } from "../../merge/audits.ts"
import type { Audit } from "../../report.ts"
import { wrap } from "../../render/text.ts"
import { dhtFindings } from "./findings/dht.ts"
import { ownFindings } from "./findings/ours.ts"
import { peerFindings } from "./findings/peers.ts"
import { reportFindings } from "./findings/reports.ts"
import { swarmFindings } from "./findings/swarm.ts"
import { placeFindings } from "./findings/places.ts"
import type { FindingHelp, FindingHelps } from "./findings/text.ts"
import { trackerFindings } from "./findings/trackers.ts"
import { webSeedFindings } from "./findings/web-seeds.ts"

const groups: Readonly<Record<string, FindingHelps>> = {
  "The swarm": swarmFindings,
  Trackers: trackerFindings,
  "The DHT and PEX": dhtFindings,
  "Web seeds": webSeedFindings,
  Peers: peerFindings,
  "What clients tell their tracker": reportFindings,
  "Several places (merge)": placeFindings,
  "This machine": ownFindings,
}

const helps: FindingHelps = Object.assign({}, ...Object.values(groups))

const columns = 80
const textAt = 10

const parts: readonly [label: string, part: keyof FindingHelp][] = [
  ["Means", "means"],
  ["Tested", "tested"],
  ["Spares", "spares"],
  ["To do", "advice"],
]

const audits: readonly Pick<Audit, "id" | "question" | "references">[] = [...ofOnePlace, ...vantageAudits]

export const findingIds: readonly string[] = audits.map(({ id }) => id)

/** Null: no audit has that id. */
export function findingPage(id: string): string | null {
  const audit = audits.find((each) => each.id === id)
  const help = helps[id]
  if (audit === undefined || help === undefined) return null
  const rows = parts.flatMap(([label, part]) =>
    wrap(help[part], columns - textAt).map((line, at) => (at === 0 ? label : "").padEnd(textAt) + line),
  )
  const references = audit.references.length === 0 ? [] : [`Sources   ${audit.references.join(", ")}`]
  return `${[...wrap(`${id}: ${audit.question}`, columns), "", ...rows, ...references, ""].join("\n")}\nAll findings: torrent-audit help findings\n`
}

export function allFindings(): string {
  const widest = Math.max(...findingIds.map((id) => id.length)) + 4
  const questionOf = (id: string) => audits.find((audit) => audit.id === id)?.question ?? ""
  const lines = Object.entries(groups).flatMap(([title, group]) => [
    title,
    ...Object.keys(group).flatMap((id) =>
      wrap(questionOf(id), columns - widest).map(
        (line, at) => (at === 0 ? `  ${id}` : "").padEnd(widest) + line,
      ),
    ),
    "",
  ])
  return `${lines.join("\n")}pass, inconclusive and skipped accuse nobody; warn and fail do.
What one means: torrent-audit help FINDING
`
}
