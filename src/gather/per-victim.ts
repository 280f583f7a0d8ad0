/**
 * How many endpoints of one host, and of one network, are dialled on strangers' word: a thousand names for one victim are a few dials.
 * Each check is a look into two maps.
 */
import type { Endpoint } from "../evidence.ts"
import { limits } from "../limits.ts"
import { parseEndpoint, victimAt } from "../torrent/endpoint.ts"

export interface PerVictim {
  /** Asked before a stranger's endpoint is entered; true counts it, unless it was counted before. */
  may(at: Endpoint): boolean
}

interface Bounds {
  readonly perHost: number
  readonly perNetwork: number
}

/** Of one audit: whoever asks does so once for each endpoint. */
export function createPerVictim({ perHost, perNetwork }: Bounds = limits.victim): PerVictim {
  const hosts = new Map<string, number>()
  const networks = new Map<string, number>()
  return {
    may(at) {
      const victim = victimAt(parseEndpoint(at)?.host ?? "")
      if (victim === null) return true
      const [ofHost, ofNetwork] = [hosts.get(victim.host) ?? 0, networks.get(victim.network) ?? 0]
      if (ofHost >= perHost || ofNetwork >= perNetwork) return false
      hosts.set(victim.host, ofHost + 1)
      networks.set(victim.network, ofNetwork + 1)
      return true
    },
  }
}

/** Of all audits of a process. One client in a hundred torrents is one endpoint; the counts begin again each hour. */
export function createSharedPerVictim(
  now: () => number,
  { allPerHost, allPerNetwork, windowMs, maxKept } = limits.victim,
): PerVictim {
  const bounds = { perHost: allPerHost, perNetwork: allPerNetwork }
  let counted = createPerVictim(bounds)
  let known = new Set<Endpoint>()
  let sinceMs = now()
  return {
    may(at) {
      if (now() - sinceMs >= windowMs || known.size >= maxKept) {
        counted = createPerVictim(bounds)
        known = new Set()
        sinceMs = now()
      }
      if (known.has(at)) return true
      if (!counted.may(at)) return false
      known.add(at)
      return true
    },
  }
}
