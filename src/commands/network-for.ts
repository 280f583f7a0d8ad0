/** The network that the flags ask for: straight, or through `--proxy`. */
import type { Family } from "../evidence.ts"
import { InputError } from "../failure.ts"
import { openProxied, parseProxy, realNetwork, type Network, type ProxyOff } from "../network.ts"
import type { Context } from "./context.ts"
import { bindAddresses } from "./request.ts"

/** A proxy is asked first whether it takes us, before anything else is sent; `off`: what it can't carry. Throws InputError. */
export async function networkFor(
  { flags, stop }: Pick<Context, "flags" | "stop">,
  { families, port }: { families: readonly Family[]; port: number | null },
): Promise<{ network: Network; off: readonly ProxyOff[] }> {
  const options = { bind: bindAddresses(flags), families }
  const direct = realNetwork(options)
  const given = flags.proxy === undefined || flags.proxy === true ? undefined : flags.proxy.at(-1)
  if (given === undefined) return { network: direct, off: [] }
  const proxy = parseProxy(given)
  if (port !== null)
    throw new InputError(
      "usage",
      "--port with --proxy",
      "Nobody can reach us through a proxy: leave --port out.",
    )
  return openProxied(proxy, direct, options, stop)
}
