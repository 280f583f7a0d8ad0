import { describe, expect, test } from "vitest"
import { mapPort } from "../../../src/commands/doctor/mapping.ts"
import type { Router } from "../../../src/commands/doctor/router.ts"
import { realNetwork } from "../../../src/network.ts"
import { startRouter, type RouterScript } from "../../support/router.ts"

const host = "127.0.0.1"
const real = realNetwork()
/** On loopback nothing takes as long as on the way to a router. */
const network = { ...real, sleep: (ms: number, signal: AbortSignal) => real.sleep(ms / 4, signal) }

async function mapping(script: RouterScript, options: Partial<Router> = {}) {
  const router = await startRouter(script)
  const { controlPort, ssdp } = router
  const signal = new AbortController().signal
  const context = {
    network,
    gateway: { host, ours: host },
    controlPort,
    ssdp,
    loopback: true,
    signal,
    ...options,
  }
  return { router, fact: await mapPort(context, 51413, ["tcp", "udp"]) }
}

const codes = ({ tried }: Awaited<ReturnType<typeof mapping>>["fact"]) =>
  tried.map(
    ({ protocol, failure }) => `${protocol} ${failure.code}${failure.detail ? `: ${failure.detail}` : ""}`,
  )

describe("asking the router for a port", () => {
  test("by PCP, and released", async () => {
    const { router, fact } = await mapping({ pcp: true, port: 40_000 })
    expect(fact.mapped).toEqual([
      { protocol: "pcp", transport: "tcp", outside: "203.0.113.9:40000", released: true },
      { protocol: "pcp", transport: "udp", outside: "203.0.113.9:40000", released: true },
    ])
    expect(router.mapped.size).toBe(0)
    expect(router.log).toHaveLength(4)
  })

  test("by NAT-PMP where PCP is not known", async () => {
    const { router, fact } = await mapping({ natPmp: true })
    expect(codes(fact)).toEqual(["pcp unsupported: NAT-PMP alone"])
    expect(fact.mapped.map(({ protocol, outside, released }) => [protocol, outside, released])).toEqual([
      ["nat-pmp", "203.0.113.9:51413", true],
      ["nat-pmp", "203.0.113.9:51413", true],
    ])
    expect([...router.mapped]).toEqual([])
    expect(router.log).toContain("nat-pmp tcp 51413>51413 for 120")
  })

  test("by UPnP where the gateway has neither", async () => {
    const { router, fact } = await mapping({ upnp: true })
    expect(codes(fact)).toEqual(["pcp timeout", "nat-pmp timeout"])
    expect(fact.mapped.map(({ protocol, transport, released }) => [protocol, transport, released])).toEqual([
      ["upnp", "tcp", true],
      ["upnp", "udp", true],
    ])
    expect(router.mapped.size).toBe(0)
    expect(router.log).toContain("AddPortMapping tcp 51413 to 127.0.0.1 for 120")
  })

  test("a UPnP gateway that knows no leases is asked without, and released all the same", async () => {
    const { router, fact } = await mapping({ upnp: true, leaseError: 725 })
    expect(fact.mapped.map(({ released }) => released)).toEqual([true, true])
    expect(router.log).toContain("AddPortMapping udp 51413 to 127.0.0.1 for 0")
    expect(router.mapped.size).toBe(0)
  })

  test("a release that is not confirmed is said", async () => {
    const { fact } = await mapping({ natPmp: true, silentRelease: true })
    expect(fact.mapped.map(({ released }) => released)).toEqual([false, false])
  })

  test.each<[string, RouterScript, string[]]>([
    [
      "that says no",
      { natPmp: true, result: 2 },
      [
        "pcp unsupported: NAT-PMP alone",
        "nat-pmp unsupported: not authorised",
        "upnp timeout: no UPnP gateway answered",
      ],
    ],
    [
      "whose port another machine has",
      { upnp: true, leaseError: 718 },
      ["pcp timeout", "nat-pmp timeout", "upnp unsupported: another machine has that port"],
    ],
    [
      "that answers garbage",
      { garbage: Buffer.from([2, 129, 0]) },
      ["pcp timeout", "nat-pmp timeout", "upnp timeout: no UPnP gateway answered"],
    ],
    [
      "that sends us elsewhere for its description",
      { upnp: true, location: "http://127.0.0.2:1/rootDesc.xml" },
      ["pcp timeout", "nat-pmp timeout", "upnp timeout: no UPnP gateway answered"],
    ],
    [
      "that sends us elsewhere with our calls",
      { upnp: true, controlUrl: "http://127.0.0.2:1/ctl" },
      ["pcp timeout", "nat-pmp timeout", "upnp bad-reply: no WAN connection in its description"],
    ],
    [
      "that describes without end",
      { upnp: true, description: "<service>".repeat(10_000) },
      ["pcp timeout", "nat-pmp timeout", "upnp too-large: more than 65536 bytes"],
    ],
  ])("a router %s maps nothing", async (_, script, tried) => {
    const { fact } = await mapping(script)
    expect(fact.mapped).toEqual([])
    expect(codes(fact)).toEqual(tried)
  })

  test("nobody but the gateway and private addresses is believed", async () => {
    const { fact, router } = await mapping(
      { upnp: true },
      { gateway: { host: "127.0.0.9", ours: host }, loopback: false },
    )
    expect(fact.mapped).toEqual([])
    expect(router.log).toContain("search")
  })

  test("without a known gateway UPnP is left", async () => {
    const { fact } = await mapping({ upnp: true, pcp: true }, { gateway: null })
    expect(codes(fact).every((code) => code.includes("no default gateway known"))).toBe(true)
    expect(fact.mapped).toHaveLength(2)
  })

  test("stopped: no further protocol is tried", async () => {
    const { fact } = await mapping({}, { signal: AbortSignal.abort() })
    expect(codes(fact)).toEqual(["pcp aborted"])
  })
})
