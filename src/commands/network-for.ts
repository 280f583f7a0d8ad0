/** The network that the flags ask for: straight, or through `--proxy`. */
import type { Family } from "../evidence.ts"
import { failure, InputError } from "../failure.ts"
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
  await checkBound(options.bind, direct)
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

/** From an address that isn't ours nobody can be reached, and every tracker would seem dead. */
async function checkBound(bind: Partial<Record<Family, string>>, network: Network): Promise<void> {
  const bound = Object.values(bind)
  if (bound.length === 0) return
  const heard = await network.listen(0, (connection) => connection.close(failure("closed")))
  if (heard.ok) return heard.value.close()
  if (heard.failure.detail === "EADDRNOTAVAIL")
    throw new InputError(
      "bad-value",
      `--bind ${bound.join(" or ")}: not an address of this machine`,
      "`ip address` (or ifconfig) lists those that it has.",
    )
}
