/** Does each client do what it is told about encryption and transports? libtorrent, told likewise, dials and is the judge. */
import type { ConnectionTruth, Contact, Discovery } from "../client.ts"
import { aria2 } from "../drivers/aria2.ts"
import { deluge } from "../drivers/deluge.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { rtorrent } from "../drivers/rtorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { strided } from "../payload.ts"
import { pause, until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { MiB, startMembers, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"

/** Who should come through takes a second or two, or as long again after a dial that failed; who should not has some more. */
const metMs = 45_000
const strangersMs = 3_000

const diallers = {
  "TCP plaintext": { encryption: "off", transport: "tcp" },
  "TCP MSE, then plaintext": { encryption: "required", cipher: "plaintext", transport: "tcp" },
  "TCP RC4": { encryption: "required", cipher: "rc4", transport: "tcp" },
  "uTP plaintext": { encryption: "off", transport: "utp" },
} satisfies Record<string, Contact>
type Way = keyof typeof diallers

const shown: Record<Way, Pick<ConnectionTruth, "transport" | "encryption">> = {
  "TCP plaintext": { transport: "tcp", encryption: "none" },
  "TCP MSE, then plaintext": { transport: "tcp", encryption: "mse-plaintext" },
  "TCP RC4": { transport: "tcp", encryption: "mse-rc4" },
  "uTP plaintext": { transport: "utp", encryption: "none" },
}

interface Case {
  plan: Pick<Plan, "driver" | "contact">
  open: readonly Way[]
}

const rc4 = { encryption: "required", cipher: "rc4" } as const
const cases: readonly Case[] = [
  { plan: { driver: transmission, contact: { encryption: "required" } }, open: ["TCP RC4"] },
  { plan: { driver: libtorrent, contact: rc4 }, open: ["TCP RC4"] },
  { plan: { driver: qbittorrent, contact: rc4 }, open: ["TCP RC4"] },
  { plan: { driver: aria2, contact: rc4 }, open: ["TCP RC4"] },
  { plan: { driver: rtorrent, contact: rc4 }, open: ["TCP RC4"] },
  { plan: { driver: deluge, contact: rc4 }, open: ["TCP RC4"] },
  {
    plan: { driver: libtorrent, contact: { encryption: "required", cipher: "plaintext" } },
    open: ["TCP MSE, then plaintext"],
  },
  {
    plan: { driver: libtorrent, contact: { encryption: "off" } },
    open: ["TCP plaintext", "uTP plaintext"],
  },
  {
    plan: { driver: qbittorrent, contact: { encryption: "off" } },
    open: ["TCP plaintext", "uTP plaintext"],
  },
  { plan: { driver: deluge, contact: { encryption: "off" } }, open: ["TCP plaintext", "uTP plaintext"] },
  { plan: { driver: rtorrent, contact: { encryption: "off" } }, open: ["TCP plaintext"] },
  { plan: { driver: libtorrent, contact: { transport: "utp" } }, open: ["uTP plaintext"] },
  { plan: { driver: qbittorrent, contact: { transport: "utp" } }, open: ["uTP plaintext"] },
  {
    // Encrypted, then in the clear, it speaks with nobody.
    plan: { driver: transmission, contact: { transport: "tcp", encryption: "tolerated" } },
    open: ["TCP plaintext", "TCP RC4"],
  },
]

export const contacts: Scenario = {
  name: "contacts",
  title:
    "clients told to encrypt, not to encrypt, or to speak uTP alone: who dials the wrong way stays outside",
  audits: false,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    // Nobody listens there. rTorrent wants a tracker or a DHT, else it drops the torrent without a word.
    const payload = payloadFor(stage, "contacts", [[`http://${stage.tracker.ipv4}:1/announce`]], 8 * MiB)
    // All hold the same half: they stay connected, and nobody completes.
    const half = { holding: strided(payload, 2, 1), uplinkBytesPerSecond: null }
    const discovery: Discovery = { dht: [], pex: false, lsd: false }
    const plans = cases.map(({ plan }): Plan => ({ ...half, ...plan, discovery }))
    const members = await startMembers(lab, payload, plans)
    const peers = members.map(({ address, client }) => `${address}:${client.port}`)
    const ways = Object.keys(diallers) as Way[]
    const dialling = await startMembers(
      lab,
      payload,
      ways.map((way) => ({
        ...half,
        driver: libtorrent,
        sharing: true,
        discovery: { ...discovery, peers },
        contact: diallers[way],
      })),
    )
    // Whoever once came through was let in, also if the connection has ended since.
    const met = members.map(() => new Set<Way>())
    const seen = async () => {
      const truths = await Promise.all(dialling.map(({ client }) => client.truth()))
      members.forEach(({ address }, member) => {
        for (const [index, way] of ways.entries()) {
          const { transport, encryption } = shown[way]
          const through = truths[index]?.connections?.some(
            (each) =>
              each.address === address && each.transport === transport && each.encryption === encryption,
          )
          if (through) met[member]?.add(way)
        }
      })
      return met.map((mine) => ways.filter((way) => mine.has(way)))
    }
    const missing = async () =>
      (await seen()).flatMap((open, index) => (cases[index]?.open ?? []).filter((way) => !open.includes(way)))
    // Who was not met is said below, one by one.
    await until("everybody to be met", metMs, async () => (await missing()).length === 0 || null).catch(
      () => {},
    )
    await pause(strangersMs)
    const open = await seen()
    const rows = [["client", ...ways]]
    const checks = members.map(({ host }, index): Check => {
      const mine = open[index] ?? []
      rows.push([host.name, ...ways.map((way) => (mine.includes(way) ? "yes" : "–"))])
      const told = JSON.stringify(cases[index]?.plan.contact)
      return equal(`${host.name}, told ${told}, is open to`, mine, cases[index]?.open)
    })
    const refused = await startMembers(lab, payload, [
      { ...half, driver: aria2, contact: { transport: "utp" } },
    ]).catch(String)
    return {
      tables: [table(rows)],
      checks: [
        ...checks,
        check("aria2 has no uTP", typeof refused === "string" && refused.includes("can't be told transport")),
      ],
    }
  },
}
