/** Simulated swarms, from who is in them to the evidence of one audit; the truth is how many are there, NAT or not. */
import type { Evidence, Peer, Sighting } from "../src/evidence.ts"
import { populationOf, roleEstimates } from "../src/measure/population/swarm.ts"
import { emptyBitfield, setPiece, toBase64 } from "../src/torrent/bitfield.ts"
import { aRun, aSightedPeer, at, aTorrent, aTracker, trackerUrl } from "../test/support/builders.ts"
import { draw, type Random, type Regime } from "./population-regimes.ts"

export interface SwarmModel {
  name: string
  seeders: number
  leechers: number
  /** Nobody reaches them, unless they dial us. */
  behindNat: number
  /** Known to the DHT and to other peers, but to no tracker. */
  trackerless: number
  /** Gone, and still listed. */
  departed: number
  /** Made up, all by one peer's PEX. */
  madeUp: number
  trackerShare: number
  secondTrackerShare: number
  dhtShare: number
  /** Everybody is connected to so many others, and tells of them. */
  neighbours: number
  /** Seeders have no use for one another: PEX tells of leechers alone. */
  ofLeechers: boolean
  /** Of those behind NAT, how many dial us. */
  incomingShare: number
}

const plain: SwarmModel = {
  name: "plain",
  seeders: 40,
  leechers: 40,
  behindNat: 0,
  trackerless: 0,
  departed: 0,
  madeUp: 0,
  trackerShare: 0.5,
  secondTrackerShare: 0,
  dhtShare: 0.4,
  neighbours: 1,
  ofLeechers: false,
  incomingShare: 0,
}

export const swarmModels: readonly SwarmModel[] = [
  plain,
  { ...plain, name: "tracker and DHT only", neighbours: 0 },
  { ...plain, name: "two trackers, little of the DHT", secondTrackerShare: 0.5, dhtShare: 0.2 },
  { ...plain, name: "half behind NAT, some of whom dial us", behindNat: 0.5, incomingShare: 0.3 },
  { ...plain, name: "a third of the addresses departed", departed: 40 },
  { ...plain, name: "a flood of made-up peers", madeUp: 200 },
  { ...plain, name: "a third known to no tracker", trackerless: 1 / 3 },
  { ...plain, name: "well connected", neighbours: 5 },
  { ...plain, name: "PEX of leechers alone", neighbours: 3, ofLeechers: true },
  { ...plain, name: "all but no seeders", seeders: 3, leechers: 77 },
  {
    ...plain,
    name: "all of it",
    behindNat: 0.4,
    incomingShare: 0.2,
    departed: 30,
    madeUp: 100,
    trackerless: 0.2,
    secondTrackerShare: 0.4,
  },
]

type Told = Pick<Sighting, "kind" | "via">

interface Someone {
  address: string
  seeder: boolean
  alive: boolean
  natted: boolean
  onTrackers: boolean
  sources: Told[]
}

export function evidenceOf(model: SwarmModel, random: Random): Evidence {
  const alive = model.seeders + model.leechers
  const everybody = Array.from({ length: alive + model.departed }, (_, i): Someone => ({
    address: `198.51.${i >> 8}.${i & 255}:6881`,
    seeder: i < model.seeders,
    alive: i < alive,
    natted: random() < model.behindNat,
    onTrackers: random() >= model.trackerless,
    sources: [],
  }))
  const tell = (one: Someone, kind: Sighting["kind"], via: string | null): void =>
    void one.sources.push({ kind, via })
  for (const one of everybody) {
    if (one.onTrackers && random() < model.trackerShare) tell(one, "tracker", trackerUrl)
    if (one.onTrackers && random() < model.secondTrackerShare) tell(one, "tracker", "udp://b.example.net:1")
    if (random() < model.dhtShare) tell(one, "dht", "192.0.2.1:6881")
    if (one.alive && one.natted && random() < model.incomingShare) tell(one, "incoming", null)
  }
  const reachable = ({ alive, natted, sources }: Someone): boolean =>
    alive && sources.length > 0 && (!natted || sources.some(({ kind }) => kind === "incoming"))
  const living = everybody.slice(model.ofLeechers ? model.seeders : 0, alive)
  // Two rounds: those whom PEX names are asked for theirs.
  const asked = new Set<Someone>()
  for (const _ of [1, 2]) {
    for (const speaker of everybody.filter((one) => reachable(one) && !asked.has(one))) {
      asked.add(speaker)
      const friends = draw(living, model.neighbours, random)
      for (const friend of friends) if (friend !== speaker) tell(friend, "pex", speaker.address)
    }
  }
  const [liar] = asked
  const invented = Array.from({ length: liar ? model.madeUp : 0 }, (_, i): Someone => ({
    address: `192.0.2.${i}:1`,
    seeder: false,
    alive: false,
    natted: false,
    onTrackers: false,
    sources: [{ kind: "pex", via: liar?.address ?? null }],
  }))
  const found = [...everybody, ...invented].filter(({ sources }) => sources.length > 0)
  return {
    run: aRun(),
    torrent: aTorrent({ pieceCount: 1 }),
    trackers: [aTracker()],
    dht: null,
    webSeeds: [],
    peers: found.map((one) => peerOf(one, reachable(one))),
  }
}

const now = at(0)
const nothing = toBase64(emptyBitfield(1))
const whole = emptyBitfield(1)
setPiece(whole, 0)
const everything = toBase64(whole)
const sighted = aSightedPeer(1)

const peerOf = ({ address, seeder, sources }: Someone, reached: boolean): Peer => ({
  ...sighted,
  address,
  sources: sources.map((told) => ({ ...told, at: now })),
  ...(reached && {
    stage: "claimed",
    outcome: "ok",
    claimSent: true,
    // As one of Transmission's, of which no two are alike.
    peerId: Buffer.from(address.padStart(20, "-")).toString("hex"),
    bitfield: seeder ? everything : nothing,
  }),
})

export const swarmRegimes: readonly Regime[] = swarmModels.flatMap((model): Regime[] => [
  {
    name: `populationOf: ${model.name}`,
    population: model.seeders + model.leechers,
    claims: "low end",
    estimate: (random) => populationOf(evidenceOf(model, random)).estimate,
  },
  {
    name: `roleEstimates, seeders: ${model.name}`,
    population: model.seeders,
    claims: "low end",
    estimate: (random) => roleEstimates(evidenceOf(model, random)).seeders.estimate,
  },
])
