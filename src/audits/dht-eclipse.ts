import type { Estimate } from "../evidence.ts"
import type { Audit, Finding, Verdict } from "../report.ts"
import { dhtSize, leastNodes, neighbourhoodsOf, type Neighbourhood } from "../measure/dht/size.ts"
import { dhtUnasked } from "../measure/dht/use.ts"
import { crowdAt, networkAt, unfitAt } from "../measure/dht/eclipse.ts"
import { finding } from "../measure/finding.ts"
import { holm, ofRun } from "../measure/statistics/holm.ts"
import { counted } from "../measure/wording.ts"

const audit = "dht-eclipse"
/** Lookups that miss some of the nearest nodes make the p-values a little too small: simulated, twice as many alarms as stated. */
const level = ofRun / 3
/** In a smaller DHT the nearest nodes are a large part of all, and neighbourhoods overlap. */
const leastSize = 1_000

/**
 * Who sits next to the info hash decides what the DHT says of it. Three signs of nodes placed there: ids denser than around random
 * keys, ids that don't fit their addresses (BEP 42) more often than elsewhere, and one network holding many of the nearest. Accuses no
 * peer. A private or small DHT can't be told from an attack.
 */
export const dhtEclipse = {
  id: audit,
  title: "DHT eclipse",
  question: "Are the DHT nodes next to the info hash there by chance?",
  references: ["BEP 5", "BEP 42"],
  requires: ["run", "dht"],
  judge({ run, dht }): Finding[] {
    const say = (verdict: Verdict, because: string, said: Partial<Finding> = {}): Finding[] => [
      { ...finding(audit, verdict, because, { subject: "dht" }), ...said },
    ]
    const unasked = dhtUnasked({ run, dht })
    if (dht === null || unasked !== null) return say("skipped", unasked ?? "no DHT was asked")
    const keys = neighbourhoodsOf(dht, "peers")
    if (keys.length === 0) return say("inconclusive", "no lookup of the info hash came to an end")
    const random = neighbourhoodsOf(dht, "neighbourhood")
    const judged = keys.map((key) => {
      const elsewhere = random.filter(({ family }) => family === key.family)
      const size = dhtSize(elsewhere)
      return { key, elsewhere, size, doubt: doubtOf(key, size) }
    })
    const sound = judged.filter(({ doubt }) => doubt === null)
    if (sound.length === 0) return say("inconclusive", judged[0]?.doubt ?? "no node answered")
    const signs = sound.flatMap(({ key, elsewhere }) => signsOf(key, elsewhere))
    const rejected = holm(
      signs.map(({ pValue }) => pValue),
      level,
    )
    const found = signs.filter((_, i) => rejected[i])
    const size = sound[0]?.size ?? null
    const evidence = {
      signs,
      keys: sound.map(({ key: { target, family, nodes }, size: ofFamily }) => ({
        target,
        family,
        size: ofFamily,
        nodes: nodes.map(({ address, id, distance, idFits }) => ({
          address,
          id,
          sharedBits: sharedBits(distance),
          idFits,
        })),
      })),
    }
    const pValue = Math.min(1, ...signs.map((sign) => sign.pValue * signs.length))
    const measured = size && `about ${round(size.value)} DHT nodes`
    if (found.length === 0)
      return say(
        "pass",
        `${counted(Math.max(...sound.map(({ key }) => key.nodes.length)), "node")} next to the info hash lie as chance has it`,
        { evidence, pValue, measured },
      )
    return say("warn", found.map(({ because }) => because).join("; "), {
      evidence,
      pValue,
      measured,
      advice:
        "Somebody may decide what the DHT says about this torrent: keep trackers in it, and don't judge it by the DHT alone.",
    })
  },
} satisfies Audit<"run" | "dht">

function doubtOf(key: Neighbourhood, elsewhere: Estimate | null): string | null {
  const { nodes } = key
  if (nodes.some(({ idFits }) => idFits === null)) return "this DHT is local, where ids need not fit"
  if (nodes.length < leastNodes) return `only ${counted(nodes.length, "node")} next to the info hash answered`
  const size = (elsewhere ?? dhtSize([key]))?.value ?? 0
  if (size < leastSize) return `only about ${round(size)} DHT nodes: too few to tell chance from intent`
  return null
}

type Sign = {
  sign: "density" | "bep42" | "network"
  because: string
  pValue: number
}

function signsOf(key: Neighbourhood, elsewhere: readonly Neighbourhood[]): Sign[] {
  const crowd = crowdAt(key, elsewhere)
  const unfit = unfitAt(key, elsewhere)
  const network = networkAt(key, elsewhere)
  return [
    ...(crowd
      ? [
          {
            sign: "density" as const,
            pValue: crowd.pValue,
            because: `${crowd.nodes} nodes share ${sharedBits(crowd.within)} bits or more with the info hash, where ${tidy(crowd.expected)} were due, judging by ${crowd.by}`,
          },
        ]
      : []),
    ...(unfit
      ? [
          {
            sign: "bep42" as const,
            pValue: unfit.pValue,
            because: `${unfit.near.hits} of ${unfit.near.of} ids next to it don't fit their address, ${unfit.elsewhere.hits} of ${unfit.elsewhere.of} elsewhere`,
          },
        ]
      : []),
    ...(network
      ? [
          {
            sign: "network" as const,
            pValue: network.pValue,
            because: `${network.near.hits} of ${network.near.of} nodes next to it are in ${network.network}, ${network.elsewhere.hits} of ${network.elsewhere.of} elsewhere`,
          },
        ]
      : []),
  ]
}

/** Leading bits that two ids at this distance have in common. */
const sharedBits = (distance: number): number =>
  distance === 0 ? 160 : Math.max(0, Math.ceil(-Math.log2(distance)) - 1)

const tidy = (n: number): string => (n < 0.1 ? "none" : n < 10 ? n.toFixed(1) : String(Math.round(n)))
const round = (n: number): string => String(Number(n.toPrecision(2)))
