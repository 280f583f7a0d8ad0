/** A torrent may name a hundred trackers that are one victim's, and theirs may redirect to it: how much of that we take part in. */
import { limits } from "../../limits.ts"
import { addressKind } from "../../torrent/endpoint.ts"

export interface FanIn {
  /** One more tracker of a stranger's at that address. */
  mayAsk(host: string): boolean
  /** One more request that a redirect sends from elsewhere to that address. */
  mayFollow(host: string): boolean
}

/**
 * By address alone: behind one content network many trackers share an IPv6 /64. On loopback every port is a host; a name that only a
 * proxy looks up stands for itself.
 */
export function createFanIn({ trackersPerHost, redirectsPerHost } = limits.victim): FanIn {
  const isWithin = (most: number) => {
    const counts = new Map<string, number>()
    return (host: string): boolean => {
      if (addressKind(host) === "loopback") return true
      const count = counts.get(host) ?? 0
      if (count < most) counts.set(host, count + 1)
      return count < most
    }
  }
  return { mayAsk: isWithin(trackersPerHost), mayFollow: isWithin(redirectsPerHost) }
}
