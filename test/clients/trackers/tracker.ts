/** A tracker in the lab, and what it counts itself: a plain HTTP scrape (BEP 48), sent from inside its namespace. */
import { openApi } from "../api.ts"
import { readyMs } from "../client.ts"
import type { Host, Lab } from "../netns.ts"
import { until } from "../processes.ts"

export interface Counts {
  seeders: number
  leechers: number
}

export interface Tracker {
  readonly httpUrl: string
  readonly udpUrl: string
  scrape(infoHash: string): Promise<Counts>
}

const percent = (infoHash: string): string => infoHash.replaceAll(/../g, (byte) => `%${byte}`)

/** A torrent without peers may be missing from the reply: nobody. */
const numberAfter = (reply: string, key: string): number =>
  Number(new RegExp(`${key}i(\\d+)e`).exec(reply)?.[1] ?? 0)

export async function trackerAt(options: {
  lab: Lab
  host: Host
  address: string
  port: number
  infoHash: string
  /** Where it counts; BEP 48's unless given. */
  path?: string
}): Promise<Tracker> {
  const { lab, host, address, port, path = "/scrape" } = options
  const api = openApi(lab, host, port, address)
  const scrape = async (infoHash: string): Promise<Counts> => {
    const { status, body } = await api({ path: `${path}?info_hash=${percent(infoHash)}` })
    if (status !== 200) throw new Error(`scrape: status ${status}`)
    const reply = body.toString("latin1")
    return { seeders: numberAfter(reply, "8:complete"), leechers: numberAfter(reply, "10:incomplete") }
  }
  await until("the tracker", readyMs, () => scrape(options.infoHash))
  const authority = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`
  return { httpUrl: `http://${authority}/announce`, udpUrl: `udp://${authority}/announce`, scrape }
}
