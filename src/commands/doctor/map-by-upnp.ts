/** A port by UPnP: SSDP finds the gateway, its description the URL to call. Only the gateway and private addresses are believed. */
import { withDeadline } from "../../discovery/deadline.ts"
import { fail, succeed, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { addressKind, formatEndpoint } from "../../torrent/endpoint.ts"
import { oursTowards } from "./machine.ts"
import type { Transport } from "./pcp.ts"
import { releasing, type Grant, type Router } from "./router.ts"
import {
  addMapping,
  controlOf,
  decodeAnswer,
  deleteMapping,
  encodeCall,
  getAddress,
  locationOf,
  searches,
  type Call,
  type Control,
} from "./upnp.ts"

/** What is looked for once for both transports. */
export interface Found {
  upnp?: Promise<Outcome<Gateway>>
}

interface Gateway {
  control: Control
  from: string
}

export async function byUpnp(
  router: Router,
  transport: Transport,
  port: number,
  found: Found,
): Promise<Outcome<Grant>> {
  const { signal } = router
  found.upnp ??= findUpnp(router)
  const gateway = await found.upnp
  if (!gateway.ok) return gateway
  const { control, from } = gateway.value
  const insideHost = router.gateway?.host === from ? router.gateway.ours : oursTowards(from, null)
  if (insideHost === null) return fail("unreachable", "no address of ours towards it")
  const mapping = {
    transport,
    insideHost,
    insidePort: port,
    outsidePort: port,
    seconds: limits.doctor.mappingSeconds,
  }
  const address = await call(router, control, getAddress, "NewExternalIPAddress", signal)
  if (!address.ok) return address
  const leased = await call(router, control, addMapping(mapping), null, signal)
  // What knows no leases keeps it until it is deleted, which is what comes next.
  const added =
    !leased.ok && leased.failure.detail === "permanent mappings alone"
      ? await call(router, control, addMapping({ ...mapping, seconds: 0 }), null, signal)
      : leased
  if (!added.ok) return added
  const outside = formatEndpoint(addressKind(address.value) === "never" ? "0.0.0.0" : address.value, port)
  const release = () => call(router, control, deleteMapping(mapping), null, releasing())
  return succeed({ transport, outside, release })
}

/** The first gateway whose description leads to a WAN connection. */
async function findUpnp(router: Router): Promise<Outcome<Gateway>> {
  const { network, ssdp, signal } = router
  const described = new Map<string, Promise<Outcome<Gateway>>>()
  const { promise: first, resolve } = Promise.withResolvers<Outcome<Gateway>>()
  const onReply = (data: Uint8Array, from: { host: string }) => {
    if (!isBelieved(router, from.host) || described.has(from.host)) return
    if (described.size >= limits.doctor.maxGateways) return
    const location = locationOf(data, from.host)
    if (!location) return
    const describing = describe(router, location, from.host)
    described.set(from.host, describing)
    void describing.then((outcome) => {
      if (outcome.ok) resolve(outcome)
    })
  }
  const opened = await network.datagrams("ipv4", onReply, () => {})
  if (!opened.ok) return opened
  try {
    const places = [ssdp, ...(router.gateway ? [{ host: router.gateway.host, port: ssdp.port }] : [])]
    for (const to of places)
      for (const packet of searches(formatEndpoint(to.host, to.port))) await opened.value.send(packet, to)
    const done = new AbortController()
    void first.then(() => done.abort())
    await network.sleep(limits.doctor.ssdpMs, AbortSignal.any([signal, done.signal]))
    const outcomes = [...described.values()]
    void Promise.all(outcomes).then((all) =>
      resolve(all.find(({ ok }) => !ok) ?? fail("timeout", "no UPnP gateway answered")),
    )
    return await first
  } finally {
    opened.value.close()
  }
}

const isBelieved = ({ gateway, loopback }: Router, host: string): boolean =>
  host === gateway?.host || addressKind(host) === "private" || (loopback && addressKind(host) === "loopback")

async function describe(router: Router, at: URL, from: string): Promise<Outcome<Gateway>> {
  const got = await get(router, at, {}, null, router.signal)
  if (!got.ok) return got
  const control = got.value.status === 200 ? controlOf(got.value.body, at) : null
  return control ? succeed({ control, from }) : fail("bad-reply", "no WAN connection in its description")
}

async function call(
  router: Router,
  { url, type }: Control,
  asked: Call,
  tag: string | null,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  const { headers, body } = encodeCall(asked, type)
  const got = await get(router, url, headers, body, signal)
  return got.ok ? decodeAnswer(got.value.status, got.value.body, tag) : got
}

const get = (
  { network }: Router,
  url: URL,
  headers: Record<string, string>,
  post: Uint8Array | null,
  signal: AbortSignal,
) =>
  withDeadline(network, limits.doctor.upnpMs, signal, (signal) =>
    network.http({
      url,
      address: { host: url.hostname, family: "ipv4" },
      headers,
      ...(post ? { post } : {}),
      maxBodyBytes: limits.doctor.maxUpnpBytes,
      maxHeaderBytes: limits.tracker.maxHeaderBytes,
      signal,
    }),
  )
