/**
 * Asks the router to lead a port of its own to ours, by PCP, else NAT-PMP, else UPnP, says which one it gave, and releases it.
 */
import type { MappedPort, MappingProtocol } from "../../evidence/doctor.ts"
import { failure, type Failure, type Outcome } from "../../failure.ts"
import type { MappingFact } from "./facts.ts"
import { byNatPmp, byPcp } from "./map-by-pcp.ts"
import { byUpnp, type Found } from "./map-by-upnp.ts"
import type { Transport } from "./pcp.ts"
import type { Grant, Router } from "./router.ts"

type Protocol = (router: Router, transport: Transport, port: number, found: Found) => Promise<Outcome<Grant>>

const protocols: Record<MappingProtocol, Protocol> = { pcp: byPcp, "nat-pmp": byNatPmp, upnp: byUpnp }

export async function mapPort(
  router: Router,
  port: number,
  transports: readonly Transport[],
): Promise<MappingFact> {
  const mapped: MappedPort[] = []
  const tried: { protocol: MappingProtocol; failure: Failure }[] = []
  for (const protocol of ["pcp", "nat-pmp", "upnp"] as const) {
    const found: Found = {}
    let why: Failure | null = null
    for (const transport of transports) {
      if (mapped.some((each) => each.transport === transport)) continue
      const granted = await protocols[protocol](router, transport, port, found)
      if (!granted.ok) {
        why = granted.failure
        continue
      }
      const { value: grant } = granted
      const released = await grant.release()
      mapped.push({ protocol, transport, outside: grant.outside, released: released.ok })
    }
    if (mapped.length === transports.length) break
    tried.push({ protocol, failure: why ?? failure("unknown") })
    if (router.signal.aborted) break
  }
  return { gateway: router.gateway?.host ?? null, mapped, tried }
}
