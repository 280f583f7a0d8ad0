/** From a scenario's members to the lab's, and what is true of them. */
import type { Driver, Truth as Said } from "../../test/clients/client.ts"
import { drivers } from "../../test/clients/drivers/index.ts"
import type { Payload } from "../../test/clients/payload.ts"
import type { Host, Lab } from "../../test/clients/netns.ts"
import { isSeeder, startMembers, type Member, type Plan } from "../../test/clients/swarm.ts"
import { proxyTiers, startRewriting } from "../../test/clients/trackers/logging.ts"
import { holdingOf, type DriverName, type MemberPlan, type TruthScenario } from "./scenario.ts"
import type { Party } from "./truth.ts"

export function driverOf(name: DriverName): Driver {
  const found = drivers.find((driver) => driver.name === name)
  if (!found) throw new Error(`the lab has no driver for ${name}`)
  return found
}

export const planOf = (plan: MemberPlan, payload: Payload): Plan => ({
  ...plan,
  driver: driverOf(plan.driver),
  holding: holdingOf(plan.holding, payload.pieceCount),
})

/** Whoever tells its tracker something else has another torrent, whose tracker is a liar's on its own host. */
export async function startAll(
  lab: Lab,
  payload: Payload,
  tracker: Host,
  scenario: TruthScenario,
): Promise<Member[]> {
  const plans = scenario.members.map((plan) => planOf(plan, payload))
  const lieOf = (at: number) => scenario.members[at]?.misreports?.lie
  const frank = await startMembers(
    lab,
    payload,
    plans.filter((_, at) => lieOf(at) === undefined),
  )
  const others = await Promise.all(
    plans.map(async (plan, at) => {
      const lie = lieOf(at)
      if (lie === undefined) return []
      const own = payload.with(`${payload.name}-${at}`, { trackers: proxyTiers })
      return startMembers(lab, own, [plan], (host) => startRewriting(lab, host, tracker, lie))
    }),
  )
  return plans.flatMap((_, at) => (lieOf(at) === undefined ? frank.splice(0, 1) : (others[at] ?? [])))
}

export const base64Of = (pieces: readonly boolean[]): string => {
  const bits = Buffer.alloc(Math.ceil(pieces.length / 8))
  pieces.forEach((held, piece) => {
    if (held) bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  })
  return bits.toString("base64")
}

/** What is known of one member: `now` by its own interface, after the audit. */
export interface Known {
  readonly member: Member
  readonly plan: MemberPlan
  readonly now: Said
  /** By its own interface, before and after libtorrent looked. */
  readonly between: Said
  readonly later: Said
  readonly uplinkBytesPerSecond: number
  readonly sentBytes: number
}

export function partyOf(known: Known, scenario: TruthScenario, payload: Payload): Party {
  const { member, plan, now } = known
  const { identity } = member.plan.driver
  const seeder = isSeeder(member.plan, payload)
  const index = scenario.members.indexOf(plan)
  const losesPieces = scenario.events.some(
    ({ member: whose, holding }) => whose === index && holding !== undefined,
  )
  const first = holdingOf(plan.holding, payload.pieceCount)
  const heldAtFirst = (piece: number) => first === "all" || first.includes(piece)
  return {
    name: member.host.name,
    kind: plan.driver,
    honest: plan.misreports === undefined,
    accusedBy: plan.misreports?.audit ?? null,
    endpoints: endpointsOf(member),
    // Who came back with less was met before or after that.
    pieces: base64Of(now.pieces.map((held, piece) => held || (losesPieces && heldAtFirst(piece)))),
    piecesLater: base64Of(known.later.pieces),
    showsLess: losesPieces || plan.superSeeding === true || (plan.sharing === true && !seeder),
    role: seeder ? "seeder" : "leecher",
    roleLater: known.between.pieces.every(Boolean) ? "seeder" : "leecher",
    uplinkBytesPerSecond: plan.uplinkBytesPerSecond === null ? null : known.uplinkBytesPerSecond,
    // A super-seeder gives to one what it hopes to see at another.
    rateIsKnown: scenario.ratesAreKnown && plan.superSeeding !== true,
    client: { pattern: identity.client.source, version: now.version },
    sentBytes: plan.sharing === true ? null : known.sentBytes,
  }
}

const endpointsOf = ({ address, host, client }: Member): string[] => [
  `${address}:${client.port}`,
  ...(host.ipv6 === "" ? [] : [`[${host.ipv6}]:${client.port}`]),
]
