/** A claim that a single block of 16 KiB tested. */
import type { Sample } from "../../src/evidence.ts"
import type { Snapshot } from "../../src/report.ts"
import { accusations, peerOf } from "./compare.ts"
import type { Member } from "./swarm.ts"
import { check, equal, table, type Check } from "./table.ts"

const blockBytes = 16 * 1024
const mostWrongBytes = 1024 * 1024

const samplesOf = (snapshot: Snapshot, member: Member): readonly Sample[] =>
  peerOf(snapshot, member)?.samples ?? []

export function sampleTable(snapshot: Snapshot, members: readonly Member[]): string {
  const describe = ({ piece, offset, bytes, verified, proof, failure }: Sample) =>
    `${piece}${offset === undefined ? "" : `+${offset}`} ${bytes} ${proof ?? "–"} ${verified === true ? "right" : verified === false ? "wrong" : (failure?.code ?? "–")}`
  return table(
    members.map((member) => {
      const samples = samplesOf(snapshot, member)
      const more = samples.length > 3 ? `; ${samples.length - 3} more` : ""
      return [
        member.host.name,
        samples
          .slice(0, 3)
          .map((sample) => describe(sample))
          .join("; ") + more,
      ]
    }),
  )
}

/** Right bytes, some of them proven by a block alone. */
export function checkProven(snapshot: Snapshot, member: Member, proof: Sample["proof"]): Check[] {
  const samples = samplesOf(snapshot, member)
  const single = samples.filter(
    (sample) => sample.verified === true && sample.offset !== undefined && sample.bytes <= blockBytes,
  )
  return [
    check(
      `${member.host.name}: nothing wrong`,
      samples.every(({ verified }) => verified !== false),
    ),
    check(`${member.host.name}: a block verified`, single.length > 0, `of ${samples.length} samples`),
    equal(
      `${member.host.name}: proof`,
      [...new Set(single.map((sample) => sample.proof))],
      single.length > 0 ? [proof] : [],
    ),
  ]
}

/** Wrong bytes, known by the first block, and accused of it; nobody else is. */
export function checkCaught(snapshot: Snapshot, member: Member, proof: Sample["proof"]): Check[] {
  const wrong = samplesOf(snapshot, member).filter(({ verified }) => verified === false)
  const [first] = wrong
  const address = peerOf(snapshot, member)?.address ?? "nobody"
  const { name } = member.host
  return [
    check(`${name}: wrong bytes seen`, first !== undefined),
    check(
      `${name}: in a block alone`,
      first?.offset !== undefined && first.bytes <= blockBytes,
      JSON.stringify(first),
    ),
    equal(`${name}: proof`, first?.proof, proof),
    check(
      `${name}: little was taken for it`,
      wrong.reduce((sum, { bytes }) => sum + bytes, 0) <= mostWrongBytes,
      wrong.map(({ piece, bytes, atMs }) => `${piece}: ${bytes} at ${Math.round(atMs)} ms`).join(", "),
    ),
    equal(
      `${name}: accused, nobody else`,
      accusations(snapshot).map(({ audit, subject }) => `${audit} ${subject}`),
      [`corrupt-data peer:${address}`],
    ),
  ]
}
