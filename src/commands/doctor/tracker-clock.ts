/** Our clock against the Date header (RFC 9110 §6.6.1) of a tracker that the user named: any answer of an HTTP server has one. */
import { withDeadline } from "../../discovery/deadline.ts"
import { fail, succeed } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import { admits, type AddressRules } from "../../torrent/endpoint.ts"
import { maskTrackerUrl } from "../../torrent/tracker-url.ts"
import type { ClockFact, NameFact } from "./facts.ts"

/** The server's top page is asked for: an announce would make us a peer of something. */
export async function askClock(
  tracker: string,
  rules: AddressRules,
  userAgent: string,
  network: Network,
  signal: AbortSignal,
): Promise<{ clock: ClockFact; name: NameFact | null }> {
  const url = new URL("/", tracker)
  const host = url.hostname.replace(/^\[|\]$/g, "")
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80))
  let name: NameFact | null = null
  const clock: ClockFact = { tracker: maskTrackerUrl(tracker), skewMs: null, plusMinusMs: 0, failure: null }
  const got = await withDeadline(network, limits.doctor.httpMs, signal, async (signal) => {
    const beganMs = network.now()
    const found = await network.resolve(host, signal)
    if (!found.ok || found.value.some((address) => address.host !== host))
      name = { name: host, ms: network.now() - beganMs, failure: found.ok ? null : found.failure }
    if (!found.ok) return found
    const address = found.value.find((each) => admits(rules, each.host, port))
    if (!address) return fail("filtered", "our rules forbid its address")
    const sentAt = network.date().getTime()
    const reply = await network.http({
      url,
      address,
      headers: { "user-agent": userAgent, accept: "*/*" },
      // The head is all that we want.
      onBody: () => Promise.resolve(false),
      maxBodyBytes: limits.doctor.maxUpnpBytes,
      maxHeaderBytes: limits.tracker.maxHeaderBytes,
      signal,
    })
    if (!reply.ok) return reply
    const theirs = Date.parse(reply.value.headers["date"] ?? "")
    if (!Number.isFinite(theirs)) return fail("bad-reply", "no date in it")
    const receivedAt = network.date().getTime()
    // It was written somewhere between, and says whole seconds.
    const ours = (sentAt + receivedAt) / 2
    return succeed({ skewMs: ours - (theirs + 500), plusMinusMs: (receivedAt - sentAt) / 2 + 500 })
  })
  return { clock: got.ok ? { ...clock, ...got.value } : { ...clock, failure: got.failure }, name }
}
