/** What the system knows about addresses: those of a name, and our own. */
import dns from "node:dns/promises"
import net from "node:net"
import { networkInterfaces } from "node:os"
import { classify, fail, succeed, type Outcome } from "../failure.ts"
import type { Address } from "../network.ts"
import { familyOf } from "./endpoint.ts"

export async function resolve(name: string, signal: AbortSignal): Promise<Outcome<Address[]>> {
  if (net.isIP(name)) return succeed([{ host: name, family: familyOf(name) }])
  if (signal.aborted) return fail("aborted")
  const { promise: stopped, resolve } = Promise.withResolvers<Outcome<Address[]>>()
  const onAbort = () => resolve(fail("aborted"))
  signal.addEventListener("abort", onAbort, { once: true })
  const looked = dns.lookup(name, { all: true }).then(
    (found) =>
      succeed(
        found.map(({ address, family }): Address => ({
          host: address,
          family: family === 6 ? "ipv6" : "ipv4",
        })),
      ),
    (error: unknown) => ({ ok: false as const, failure: classify(error) }),
  )
  return Promise.race([looked, stopped]).finally(() => signal.removeEventListener("abort", onAbort))
}

/** None where the system won't tell, as some containers and telephones won't. */
export function localHosts(): string[] {
  try {
    return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))
  } catch {
    return []
  }
}
