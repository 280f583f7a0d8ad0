/**
 * qbittorrent-nox, through its Web API.
 *
 * Traps: it asks for the legal notice on stdin unless the configuration accepts it. Its API wants a matching Host and
 * no foreign Referer; on localhost it lets us in without a password. Partial files get no suffix by default. After the
 * hash check its torrent is really paused for up to a second, whatever the API says, and peers are turned away: it has
 * started once it announces. Its DHT is entered by names that are built in, and only once every one of them resolved or
 * failed; a torrent that is added before the DHT has a node is announced there a quarter of an hour later.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { json, openApi } from "../api.ts"
import {
  countHeld,
  readyMs,
  refuseContact,
  refusePeers,
  usualDiscovery,
  wanted,
  type Contact,
  type Discovery,
  type Driver,
} from "../client.ts"
import { until } from "../processes.ts"

const apiPort = 8080
const peerPort = 16881
const downloaded = 2
/** In the order of its setting's numbers; RC4 is all that it ever selects. */
const encryptions: readonly Contact["encryption"][] = ["preferred", "required", "off"]
/** Trackers: 0 disabled, 1 not contacted yet, then working, updating, not working. */
const contacted = 2

function configuration(
  data: string,
  port: number,
  {
    uploadSlots,
    paused,
    discovery,
    contact: { encryption, transport },
  }: { uploadSlots: number | undefined; paused: boolean; discovery: Discovery; contact: Contact },
): string {
  const slots = uploadSlots === undefined ? "" : `Session\\MaxUploadsPerTorrent=${uploadSlots}\n`
  // How old, in ms, what the API says may be; 1500 by default. A download is timed by it.
  const refresh = paused ? "Session\\RefreshInterval=100\n" : ""
  const policy = encryption === undefined ? "" : `Session\\Encryption=${encryptions.indexOf(encryption)}\n`
  const protocol = transport === undefined ? "" : `Session\\BTProtocol=${transport.toUpperCase()}\n`
  return `[LegalNotice]
Accepted=true

[BitTorrent]
Session\\Port=${port}
Session\\DefaultSavePath=${data}
Session\\DHTEnabled=${discovery.dht.length > 0}
Session\\PeXEnabled=${discovery.pex}
Session\\LSDEnabled=${discovery.lsd}
Session\\QueueingSystemEnabled=false
Session\\Preallocation=false
${slots}${refresh}${policy}${protocol}
[Network]
PortForwardingEnabled=false

[Preferences]
WebUI\\Address=127.0.0.1
WebUI\\Port=${apiPort}
WebUI\\LocalHostAuth=false
WebUI\\CSRFProtection=false
WebUI\\HostHeaderValidation=false
`
}

function form(parts: Record<string, string>, torrent: Buffer): { body: Buffer; contentType: string } {
  const boundary = "torrent-audit-lab"
  const fields = Object.entries(parts).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const file =
    `--${boundary}\r\nContent-Disposition: form-data; name="torrents"; filename="a.torrent"\r\n` +
    "Content-Type: application/x-bittorrent\r\n\r\n"
  return {
    body: Buffer.concat([
      Buffer.from(fields.join("") + file),
      torrent,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
    contentType: `multipart/form-data; boundary=${boundary}`,
  }
}

export const qbittorrent: Driver = {
  name: "qbittorrent",
  command: "qbittorrent-nox",
  identity: {
    peerIdPrefix: /^-qB\d{3}[0-9A-Z]-/,
    v: /^qBittorrent\/\d+\.\d+\.\d+/,
    client: /^qBittorrent \d+\.\d+\.\d+/,
    uploadOnly: true,
  },

  async start({
    lab,
    host,
    payload,
    holding,
    uploadSlots,
    superSeeding,
    port = peerPort,
    paused = false,
    discovery = usualDiscovery,
    contact = {},
  }) {
    refusePeers("qbittorrent", discovery)
    refuseContact("qbittorrent", contact, {
      encryption: encryptions,
      cipher: ["rc4"],
      transport: ["tcp", "utp"],
    })
    // It knows a hybrid by the other hash.
    const id = payload.infoHashV2?.slice(0, 40) ?? payload.infoHash
    const data = join(host.directory, "data")
    const config = join(host.directory, "qBittorrent", "config")
    mkdirSync(config, { recursive: true })
    mkdirSync(data, { recursive: true })
    if (!paused) payload.writeTo(data, holding)
    const settings = { uploadSlots, paused, discovery, contact }
    writeFileSync(join(config, "qBittorrent.conf"), configuration(data, port, settings))
    const child = lab.start(host, "qbittorrent-nox", [`--profile=${host.directory}`])
    const api = openApi(lab, host, apiPort)
    const get = (path: string) => api({ path: `/api/v2/${path}` })

    const version = await until("qBittorrent's API", readyMs, async () => {
      const reply = await get("app/version")
      return reply.status === 200 ? reply.body.toString().replace(/^v/, "") : null
    })
    if (discovery.dht.length > 0)
      await until("qBittorrent's DHT", readyMs, async () => {
        const info = await json<{ dht_nodes: number }>(get("transfer/info"))
        return info.dht_nodes > 0 || null
      })
    const post = async (path: string, contentType: string, body: string | Buffer) => {
      const headers = { "content-type": contentType, "content-length": String(body.length) }
      const reply = await api({ path: `/api/v2/torrents/${path}`, method: "POST", headers, body })
      if (reply.status !== 200) throw new Error(`${path}: status ${reply.status}`)
      return reply.body.toString()
    }
    const tell = (path: string, more = "") =>
      post(path, "application/x-www-form-urlencoded", `hashes=${id}${more}`)
    const fields = { savepath: data, skip_checking: "false", paused: String(paused) }
    const { body, contentType } = form(fields, payload.torrentBytes)
    const answer = await post("add", contentType, body)
    if (answer !== "Ok.") throw new Error(`qBittorrent refused the torrent: ${answer}`)

    const states = async () => {
      const list = await json<number[]>(get(`torrents/pieceStates?hash=${id}`))
      return Array.from({ length: payload.pieceCount }, (_, piece) => list[piece] === downloaded)
    }
    await until("qBittorrent's hash check", readyMs, async () => {
      const [info] = await json<{ state: string }[]>(get(`torrents/info?hashes=${id}`))
      if (!info || /^checking|^queued|allocating/i.test(info.state)) return null
      if (info.state.startsWith("paused") !== paused) return null
      return countHeld(await states()) === wanted(payload, holding) ? true : null
    })
    if (superSeeding) await tell("setSuperSeeding", "&value=true")
    if (!paused && payload.trackers.length > 0)
      await until("qBittorrent's announce", readyMs, async () => {
        const list = await json<{ url: string; status: number }[]>(get(`torrents/trackers?hash=${id}`))
        // The first ones stand for DHT, PEX and LSD.
        return list.some(({ url, status }) => !url.startsWith("**") && status >= contacted) || null
      })

    return {
      driver: "qbittorrent",
      host,
      port,
      child,
      async truth() {
        const pieces = await states()
        const seen = await json<{ peers?: Record<string, { ip: string }> }>(
          get(`sync/torrentPeers?hash=${id}`),
        )
        return {
          pieces,
          haveCount: countHeld(pieces),
          version,
          listenPort: port,
          peers: Object.values(seen.peers ?? {}).map((peer) => peer.ip),
        }
      },
      async resume() {
        await tell("resume")
      },
    }
  },
}
