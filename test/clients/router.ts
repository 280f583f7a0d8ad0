/**
 * A home router: one public IPv4 address, a bridge of its own behind it, address translation between the two.
 *
 * It masquerades what leaves and passes on only the ports that it was told to, as a home router does after UPnP. No hairpin:
 * from inside, the public address is the router itself, which refuses.
 */
import { lanAddress, lanBridge, type Host, type Lab } from "./netns.ts"

const table = "ip lab"

export async function addRouter(lab: Lab, name: string, options: { isolated: boolean }): Promise<Host> {
  const router = await lab.addHost(name, options)
  const commands = [
    `ip link add ${lanBridge} type bridge forward_delay 0 mcast_snooping 0`,
    `ip addr add ${lanAddress(router, 1)}/24 dev ${lanBridge}`,
    `ip link set ${lanBridge} up`,
    "echo 1 >/proc/sys/net/ipv4/ip_forward",
  ]
  await lab.run(router, "sh", ["-ec", commands.join("\n")])
  const rules = [
    `add table ${table}`,
    `add chain ${table} in { type nat hook prerouting priority dstnat; }`,
    `add chain ${table} out { type nat hook postrouting priority srcnat; }`,
    `add rule ${table} out oifname eth0 masquerade`,
  ]
  await lab.run(router, "nft", [rules.join("\n")])
  return router
}

/** What comes to this port of the router, TCP or UDP, goes to the same port of a host behind it. */
export async function forwardPort(lab: Lab, router: Host, host: Host, port: number): Promise<void> {
  const match = `iifname eth0 meta l4proto { tcp, udp } th dport ${port}`
  await lab.run(router, "nft", [`add rule ${table} in ${match} dnat to ${host.ipv4}`])
}
