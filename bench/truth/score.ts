/** View × truth → score, pure. What each number counts stands beside it; the bounds on them are in bounds.ts. */
import type { Snapshot } from "../../src/report.ts"
import { judged, type Accusations, type Planting } from "./plantings.ts"
import { rateScoreOf, type RateScore } from "./rate-score.ts"
import type { Party, Truth } from "./truth.ts"
import { viewOfSnapshot, type PeerView, type View } from "./view.ts"

export interface PartyScore {
  readonly name: string
  readonly kind: string
  readonly honest: boolean
  readonly found: boolean
  /** It told the tool what it holds. */
  readonly reached: boolean
  /** The right client and version; null: there is none to be named. */
  readonly identified: boolean | null
  /** Bits that differ from the truth; of one that shows less than it holds, invented bits only. null: not reached. */
  readonly wrongBits: number | null
  readonly shownAs: string | null
  readonly rate: RateScore | null
}

export interface FullCopyScore {
  readonly driver: string
  readonly realMs: number
  readonly lowMs: number | null
  readonly valueMs: number | null
  readonly highMs: number | null
  readonly inside: boolean
}

export interface Score {
  readonly scenario: string
  readonly parties: readonly PartyScore[]
  /** Shown, less those who are. */
  readonly seedersError: number
  readonly leechersError: number
  readonly accusations: Accusations
  readonly plantings: readonly Planting[]
  readonly fullCopy: FullCopyScore | null
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakRssBytes: number
  readonly payloadBytes: number
}

export const scoreSnapshot = (snapshot: Snapshot, truth: Truth): Score =>
  score(viewOfSnapshot(snapshot), truth)

export function score(view: View, truth: Truth): Score {
  const honestRoles = truth.parties.map(({ role }) => role)
  const count = (role: Party["role"]) => honestRoles.filter((each) => each === role).length
  return {
    scenario: truth.scenario,
    parties: truth.parties.map((party) => partyScore(party, view, truth)),
    seedersError: view.seeders - count("seeder"),
    leechersError: view.leechers - count("leecher"),
    ...judged(view, truth),
    fullCopy: fullCopyScore(view, truth),
    wallMs: view.wallMs,
    cpuMs: view.cpuMs,
    peakRssBytes: view.peakRssBytes,
    payloadBytes: view.payloadBytes,
  }
}

const isAt = (party: Party, peer: PeerView): boolean =>
  peer.endpoints.some((endpoint) => party.endpoints.includes(endpoint))

function partyScore(party: Party, view: View, truth: Truth): PartyScore {
  const seen = view.peers.filter((peer) => isAt(party, peer))
  const best = seen.find(({ pieces }) => pieces !== null) ?? seen[0]
  return {
    name: party.name,
    kind: party.kind,
    honest: party.honest,
    found: best !== undefined,
    reached: best !== undefined && best.pieces !== null,
    identified: party.client && saysClient(best?.client ?? null, party.client),
    wrongBits: best === undefined || best.pieces === null ? null : wrongBits(best.pieces, party),
    shownAs: best?.client ?? null,
    rate: rateScoreOf(best, party, truth.pieceBytes),
  }
}

/** What is shown may leave out a last «.0». */
function saysClient(shown: string | null, client: NonNullable<Party["client"]>): boolean {
  if (shown === null || !new RegExp(client.pattern).test(shown)) return false
  return shown.includes(client.version) || shown.endsWith(` ${client.version.replace(/\.0$/, "")}`)
}

function wrongBits(shown: string, party: Party): number {
  const [ours, theirs] = [Buffer.from(shown, "base64"), Buffer.from(party.pieces, "base64")]
  let wrong = 0
  for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
    const [claimed, held] = [ours[at] ?? 0, theirs[at] ?? 0]
    wrong += ones(party.showsLess ? claimed & ~held : claimed ^ held)
  }
  return wrong
}

const ones = (byte: number): number => (byte & 0xff).toString(2).replaceAll("0", "").length

function fullCopyScore({ fullCopyMs }: View, { fullCopy }: Truth): FullCopyScore | null {
  if (fullCopy === null) return null
  const { driver, ms } = fullCopy
  const inside = fullCopyMs !== null && fullCopyMs.low <= ms && ms <= (fullCopyMs.high ?? Infinity)
  return {
    driver,
    realMs: ms,
    lowMs: fullCopyMs?.low ?? null,
    valueMs: fullCopyMs?.value ?? null,
    highMs: fullCopyMs === null ? null : fullCopyMs.high,
    inside,
  }
}
