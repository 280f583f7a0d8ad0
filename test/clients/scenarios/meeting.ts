/** Do the lab's peers find each other by the DHT alone, by PEX alone, by LSD alone? libtorrent, as a newcomer, is the judge. */
import { dhtMessage, lsdMessage, pexOffer, startCapture, type Capture } from "../capture.ts"
import type { Discovery } from "../client.ts"
import { startDht } from "../dht.ts"
import { aria2 } from "../drivers/aria2.ts"
import { deluge } from "../drivers/deluge.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { strided, type Payload } from "../payload.ts"
import { until } from "../processes.ts"
import { payloadFor, type Outcome, type Scenario, type Stage } from "../scenario.ts"
import { MiB, startMembers, untilRegistered, type Member, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

/** rTorrent's first PEX message comes after 83 s, LSD's first word from some after a minute. */
const meetingMs = 90_000

const everyClient = [libtorrent, transmission, aria2, qbittorrent, deluge, rtorrent]

/** All hold the same half: leechers, who look for more, and never get it. */
const half = (payload: Payload) => ({ holding: strided(payload, 2, 1), uplinkBytesPerSecond: null })

async function meet(
  { lab }: Stage,
  payload: Payload,
  members: readonly Member[],
  discovery: Discovery,
): Promise<Outcome> {
  const began = performance.now()
  const plan: Plan = { ...half(payload), driver: libtorrent, sharing: true, discovery }
  let capture: Capture | null = null
  const [newcomer] = await startMembers(lab, payload, [plan], async (host) => {
    capture = await startCapture(lab, host)
  })
  if (!newcomer) throw new Error("a newcomer was planned")
  const metMs = new Map<string, number>()
  const met = until("everybody to be met", meetingMs, async () => {
    const { peers } = await newcomer.client.truth()
    for (const { address } of members)
      if (peers.includes(address) && !metMs.has(address)) metMs.set(address, performance.now() - began)
    return metMs.size === members.length || null
  })
  // Who was not met is said below, one by one.
  await met.catch(() => {})
  const rows = [["client", "s"]]
  const checks = members.map((member): Check => {
    const ms = metMs.get(member.address)
    rows.push([member.host.name, ms === undefined ? "–" : (ms / 1_000).toFixed(1)])
    return check(`${member.host.name}: met`, ms !== undefined)
  })
  return { tables: [table(rows)], checks: [...checks, ...(await checkCapture(capture, discovery))] }
}

/** What shows that our own tool stays away from something must show a client that doesn't. */
async function checkCapture(capture: Capture | null, { dht, pex, lsd }: Discovery): Promise<Check[]> {
  if (!capture) throw new Error("nothing was captured")
  await capture.stop()
  const expected = [
    ["DHT", dhtMessage, dht.length > 0],
    ["PEX", pexOffer, pex],
    ["LSD", lsdMessage, lsd],
  ] as const
  return Promise.all(
    expected.map(async ([name, filter, on]) =>
      equal(`the capture shows ${name}`, (await capture.sentMs(filter)).length > 0, on),
    ),
  )
}

export const meetingByDht: Scenario = {
  name: "meet-dht",
  title: "libtorrent finds every client by the DHT alone",
  audits: false,
  beside: 6,
  async run(stage) {
    const payload = payloadFor(stage, "meet-dht", [], 8 * MiB)
    const { nodes } = await startDht(stage.lab)
    const discovery: Discovery = { dht: nodes, pex: false, lsd: false }
    const plans = everyClient.map((driver): Plan => ({ ...half(payload), driver, discovery }))
    return meet(stage, payload, await startMembers(stage.lab, payload, plans), discovery)
  },
}

export const meetingByPex: Scenario = {
  name: "meet-pex",
  title: "libtorrent, told of one client, finds the others by PEX alone",
  audits: false,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const payload = payloadFor(stage, "meet-pex", opentrackerTiers(stage.tracker), 8 * MiB)
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plans = everyClient.map((driver): Plan => ({ ...half(payload), driver, sharing: true }))
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const peers = members.slice(0, 1).map(({ address, client }) => `${address}:${client.port}`)
    const discovery: Discovery = { dht: [], pex: true, lsd: false, peers }
    return meet(stage, payload.with("meet-pex-alone", {}), members, discovery)
  },
}

export const meetingByLsd: Scenario = {
  name: "meet-lsd",
  title: "libtorrent finds every client that has LSD on its own segment",
  audits: false,
  beside: 6,
  async run(stage) {
    const payload = payloadFor(stage, "meet-lsd", [], 8 * MiB)
    const discovery: Discovery = { dht: [], pex: false, lsd: true }
    // rTorrent 0.9.8 has no LSD.
    const drivers = everyClient.filter((driver) => driver !== rtorrent)
    const plans = drivers.map((driver): Plan => ({ ...half(payload), driver, discovery }))
    return meet(stage, payload, await startMembers(stage.lab, payload, plans), discovery)
  },
}
