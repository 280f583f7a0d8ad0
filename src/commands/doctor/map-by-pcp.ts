/** A port by PCP or NAT-PMP, of the default gateway. */
import { randomBytes } from "node:crypto"
import { fail, succeed, type Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { formatEndpoint } from "../../torrent/endpoint.ts"
import type { Gateway } from "./machine.ts"
import {
  decodeNatPmpAddress,
  decodeNatPmpMap,
  decodePcpMap,
  encodeNatPmpAddress,
  encodeNatPmpMap,
  encodePcpMap,
  type MapRequest,
  type Transport,
} from "./pcp.ts"
import { releasing, type Grant, type Router } from "./router.ts"

export async function byPcp(router: Router, transport: Transport, port: number): Promise<Outcome<Grant>> {
  const { gateway, signal } = router
  if (!gateway) return fail("unreachable", "no default gateway known")
  const nonce = new Uint8Array(randomBytes(12))
  const ask = (request: MapRequest, signal: AbortSignal) =>
    exchange(
      router,
      gateway,
      encodePcpMap(request, gateway.ours, nonce),
      (data) => decodePcpMap(data, request, nonce),
      signal,
    )
  const request = { transport, insidePort: port, outsidePort: port, seconds: limits.doctor.mappingSeconds }
  const answer = await ask(request, signal)
  if (!answer.ok) return answer
  const outside = formatEndpoint(answer.value.host ?? "0.0.0.0", answer.value.port)
  return succeed({ transport, outside, release: () => ask({ ...request, seconds: 0 }, releasing()) })
}

export async function byNatPmp(router: Router, transport: Transport, port: number): Promise<Outcome<Grant>> {
  const { gateway, signal } = router
  if (!gateway) return fail("unreachable", "no default gateway known")
  const ask = (request: MapRequest, signal: AbortSignal) =>
    exchange(router, gateway, encodeNatPmpMap(request), (data) => decodeNatPmpMap(data, request), signal)
  const request = { transport, insidePort: port, outsidePort: port, seconds: limits.doctor.mappingSeconds }
  const host = await exchange(router, gateway, encodeNatPmpAddress(), decodeNatPmpAddress, signal)
  if (!host.ok) return host
  const answer = await ask(request, signal)
  if (!answer.ok) return answer
  const outside = formatEndpoint(host.value, answer.value.port)
  return succeed({ transport, outside, release: () => ask({ ...request, seconds: 0 }, releasing()) })
}

/** One request to the gateway, repeated until `decode` finds an answer to it; null is none. */
async function exchange<T>(
  { network, controlPort }: Router,
  { host }: Gateway,
  packet: Uint8Array,
  decode: (data: Uint8Array) => Outcome<T> | null,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const { promise, resolve } = Promise.withResolvers<Outcome<T>>()
  const remote = { host, port: controlPort }
  const opened = await network.datagrams(
    "ipv4",
    (data) => {
      const answer = decode(data)
      if (answer) resolve(answer)
    },
    (why) => resolve({ ok: false, failure: why }),
    { remote },
  )
  if (!opened.ok) return opened
  const done = new AbortController()
  void promise.then(() => done.abort())
  const stop = AbortSignal.any([signal, done.signal])
  try {
    for (const waitMs of limits.doctor.mappingWaitsMs) {
      if (stop.aborted) break
      const sent = await opened.value.send(packet, remote)
      if (!sent.ok) return sent
      await network.sleep(waitMs, stop)
    }
    resolve(fail(signal.aborted ? "aborted" : "timeout"))
    return await promise
  } finally {
    done.abort()
    opened.value.close()
  }
}
