/**
 * Which strangers are entered on others' word: one node or peer alone never fills the book, with however many ports, and nobody
 * aims us at one host or network.
 */
import type { CapName, Endpoint, Sighting } from "../evidence.ts"
import type { Pace } from "../limits.ts"
import { neighbourhood, parseEndpoint } from "../torrent/endpoint.ts"
import type { Admission } from "./admission.ts"
import { createPerVictim, type PerVictim } from "./per-victim.ts"

export interface Introductions {
  /** Asked once for each stranger; a refusal is recorded as a cap that was hit. */
  may(source: Pick<Sighting, "kind" | "via">, at: Endpoint): boolean
}

export interface IntroductionsContext {
  readonly maxPeers: number
  /** Without a bound on dials we are among ourselves. */
  readonly pace: Pick<Pace, "dialsPerSecond">
  readonly admission: Pick<Admission, "peer">
  /** Of all audits of this process; absent: there are no others. */
  readonly budgets?: { readonly perVictim: PerVictim } | undefined
  readonly hit: (cap: CapName, dropped?: number) => void
}

/** More are counted each time. */
const maxRefused = 10_000

const introducerCaps: Partial<Record<Sighting["kind"], CapName>> = {
  dht: "dht-peers",
  pex: "pex-peers",
  lsd: "lsd-peers",
}

export function createIntroductions(context: IntroductionsContext): Introductions {
  const { maxPeers, pace, budgets, hit } = context
  const introduced = new Map<string, number>()
  const perVictim = createPerVictim()
  const isAmongOurselves = pace.dialsPerSecond === Infinity
  /** Named again, it is left out no more than once. */
  const refused = new Set<Endpoint>()
  const byUser = context.admission.peer("manual", null).named

  function mayIntroduce({ kind, via }: Pick<Sighting, "kind" | "via">): boolean {
    const cap = introducerCaps[kind]
    if (cap === undefined || via === null) return true
    const introducer = neighbourhood(parseEndpoint(via)?.host ?? "") ?? via
    const count = (introduced.get(introducer) ?? 0) + 1
    introduced.set(introducer, count)
    if (count > maxPeers / 2) hit(cap)
    return count <= maxPeers / 2
  }

  function mayDial(at: Endpoint): boolean {
    const may = perVictim.may(at) && budgets?.perVictim.may(at) !== false
    if (may) return true
    hit("per-host")
    if (refused.size < maxRefused) refused.add(at)
    return false
  }

  return {
    may(source, at) {
      const isBounded = !isAmongOurselves && source.kind !== "incoming" && byUser?.has(at) !== true
      // Nor does it take a place of its neighbours', or of its introducer's other strangers, each time.
      if (isBounded && refused.has(at)) return false
      return mayIntroduce(source) && (!isBounded || mayDial(at))
    },
  }
}
