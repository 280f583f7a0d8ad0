/** From a scenario's members to the lab's, and what is true of them. */
import type { Driver, Truth as Said } from "../../test/clients/client.ts"
import { drivers } from "../../test/clients/drivers/index.ts"
import type { Payload } from "../../test/clients/payload.ts"
import { isSeeder, type Member, type Plan } from "../../test/clients/swarm.ts"
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
  return {
    name: member.host.name,
    kind: plan.driver,
    honest: true,
    accusedBy: null,
    endpoints: endpointsOf(member),
    pieces: base64Of(now.pieces),
    piecesLater: base64Of(known.later.pieces),
    showsLess: plan.superSeeding === true || (plan.sharing === true && !seeder),
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
