/** The router as those who ask it for a port know it. */
import type { Outcome } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"
import type { Gateway } from "./machine.ts"
import type { Transport } from "./pcp.ts"

export interface Router {
  network: Network
  /** Null: none known. */
  gateway: Gateway | null
  /** Of the gateway: PCP's and NAT-PMP's. */
  controlPort: number
  /** Where UPnP gateways are looked for. */
  ssdp: { host: string; port: number }
  /** Loopback is believed too, as where the gateway is one. */
  loopback: boolean
  signal: AbortSignal
}

export const wellKnown = { controlPort: 5351, ssdp: { host: "239.255.255.250", port: 1900 } }

/** What one protocol gave: a port, and how to be rid of it. */
export interface Grant {
  transport: Transport
  outside: string
  release(): Promise<Outcome<unknown>>
}

/** Mine goes even when we were stopped. */
export const releasing = () => AbortSignal.timeout(limits.doctor.releaseMs)
