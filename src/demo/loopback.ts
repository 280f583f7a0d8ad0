import { realNetwork, type Network } from "../network.ts"

/** Listens on 127.0.0.1 only and connects from it: nobody outside can reach the demo, nor it them. */
export const loopbackNetwork = (): Network => realNetwork({ bind: { ipv4: "127.0.0.1" }, families: ["ipv4"] })
