/** What leaves a host, judged by tshark when it is over. */
import { join } from "node:path"
import { readyMs } from "./client.ts"
import type { Host, Lab } from "./netns.ts"
import { pause, tail, until } from "./processes.ts"

export interface Capture {
  /** Ends it. */
  stop(): Promise<void>
  /** When the packets left that this display filter shows, ms since the epoch. Call it after `stop`. */
  sentMs(filter: string): Promise<number[]>
}

/** dumpcap writes what the kernel still held. */
const drainMs = 500

/** KRPC (BEP 5): every message says whether it is a query, a reply or an error; keys are sorted, so `y` comes last but for what begins with z. */
export const dhtQuery = 'udp contains "1:y1:q"'
export const dhtMessage = `(${dhtQuery} or udp contains "1:y1:r" or udp contains "1:y1:e")`
/** BEP 10 and 11: named in the extension handshake, else nobody sends us any. */
export const pexOffer = 'frame contains "6:ut_pex"'
/** BEP 14 */
export const lsdMessage = "(ip.dst == 239.192.152.143 or ipv6.dst == ff15::efc0:988f:6771)"

let captures = 0

export async function startCapture(lab: Lab, host: Host): Promise<Capture> {
  const file = join(host.directory, `capture-${++captures}.pcapng`)
  const own = (await lab.run(host, "cat", ["/sys/class/net/eth0/address"])).trim()
  // ICMP quotes others' packets.
  const sent = `ether src ${own} and not icmp and not icmp6`
  const child = lab.start(host, "dumpcap", ["-q", "-i", "eth0", "-s", "512", "-f", sent, "-w", file])
  await until("dumpcap", readyMs, () => tail(child.logFile, 100).includes(file) || null)
  return {
    async stop() {
      await pause(drainMs)
      await child.stop()
    },
    async sentMs(filter) {
      const args = ["-n", "-r", file, "-Y", filter, "-T", "fields", "-e", "frame.time_epoch"]
      const printed = await lab.run(host, "tshark", args, 60_000)
      return printed
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => Number(line) * 1_000)
    },
  }
}
