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

export const localHosts = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
