/**
 * deluged, through its own RPC; deluge_rpc.py turns that into JSON on a Unix socket.
 *
 * Traps: by default it picks a random port, queues what it is given, and unchokes whoever is on a private network, whatever
 * its slots: `ignore_limits_on_local_network`. Its `pieces` are null for a seeder. It forks unless told `-d`.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { exchange } from "../api.ts"
import {
  countHeld,
  readyMs,
  refuseContact,
  refusePeers,
  usualDiscovery,
  wanted,
  type Contact,
  type Driver,
} from "../client.ts"
import { until } from "../processes.ts"

const script = fileURLToPath(new URL("deluge_rpc.py", import.meta.url))
const rpcPort = 58846
const peerPort = 6891
const user = "localclient"
const password = "lab"
const admin = 10
const completed = 3

interface Status {
  state: string
  message: string
  pieces: number[] | null
  peers: { ip: string }[]
}

/** Two JSON documents, one after the other: the format's version, then the settings. */
const configuration = (settings: Record<string, unknown>): string =>
  JSON.stringify({ file: 1, format: 1 }) + JSON.stringify(settings)

/** Policies: 0 forced, 1 enabled, 2 disabled. Levels: 0 plaintext after the handshake, 1 RC4, 2 either. */
function encryptionOf({ encryption, cipher }: Contact): Record<string, number> {
  const policy = encryption === "required" ? 0 : encryption === "off" ? 2 : 1
  const level = cipher === "plaintext" ? 0 : cipher === "rc4" ? 1 : 2
  return { enc_in_policy: policy, enc_out_policy: policy, enc_level: level }
}

export const deluge: Driver = {
  name: "deluge",
  command: "deluged",
  identity: {
    peerIdPrefix: /^-DE\d{3}[0-9A-Za-z]-/,
    v: /^Deluge\/\d+\.\d+\.\d+/,
    client: /^Deluge \d+\.\d+\.\d+/,
    uploadOnly: true,
  },

  async start({
    lab,
    host,
    payload,
    holding,
    uploadSlots,
    superSeeding = false,
    port = peerPort,
    paused = false,
    discovery = usualDiscovery,
    contact = {},
  }) {
    refusePeers("deluge", discovery)
    refuseContact("deluge", contact, { encryption: ["off", "required"], cipher: ["plaintext", "rc4"] })
    const config = join(host.directory, "config")
    const data = join(host.directory, "data")
    const socketPath = join(host.directory, "rpc")
    mkdirSync(config, { recursive: true })
    mkdirSync(data, { recursive: true })
    if (!paused) payload.writeTo(data, holding)
    writeFileSync(join(config, "auth"), `${user}:${password}:${admin}\n`)
    writeFileSync(
      join(config, "core.conf"),
      configuration({
        daemon_port: rpcPort,
        download_location: data,
        random_port: false,
        listen_ports: [port, port],
        dht: discovery.dht.length > 0,
        lsd: discovery.lsd,
        upnp: false,
        natpmp: false,
        utpex: discovery.pex,
        ignore_limits_on_local_network: false,
        auto_managed: false,
        max_active_limit: -1,
        new_release_check: false,
        enabled_plugins: [],
        ...encryptionOf(contact),
        ...(uploadSlots === undefined ? {} : { max_upload_slots_global: uploadSlots }),
      }),
    )
    const daemon = ["-d", "-c", config, "-p", String(rpcPort), "-u", "127.0.0.1", "-L", "warning"]
    const child = lab.start(host, "deluged", daemon)
    lab.start(host, "/usr/bin/python3", [script, socketPath, String(rpcPort), user, password])
    const rpc = async <T>(method: string, ...args: unknown[]): Promise<T> => {
      const reply = await exchange(socketPath, `${JSON.stringify([method, ...args])}\n`)
      const { result, error } = JSON.parse(reply.toString()) as { result: T; error?: string }
      if (error !== undefined) throw new Error(error)
      return result
    }

    const version = await until("deluged's RPC", readyMs, () => rpc<string>("daemon.info"))
    const torrent = payload.torrentBytes.toString("base64")
    const options = { add_paused: paused, super_seeding: superSeeding }
    await rpc("core.add_torrent_file", `${payload.name}.torrent`, torrent, options)
    const keys = ["state", "message", "pieces", "peers"]
    const status = () => rpc<Status>("core.get_torrent_status", payload.infoHash, keys)
    const piecesNow = ({ pieces }: Status) =>
      Array.from({ length: payload.pieceCount }, (_, piece) => pieces === null || pieces[piece] === completed)

    const seeds = wanted(payload, holding) === payload.pieceCount
    const settled = paused ? "Paused" : seeds ? "Seeding" : "Downloading"
    await until("deluge's hash check", readyMs, async () => {
      const now = await status()
      if (now.state === "Error") throw new Error(now.message)
      return now.state === settled && countHeld(piecesNow(now)) === wanted(payload, holding) ? true : null
    })

    return {
      driver: "deluge",
      host,
      port,
      child,
      async truth() {
        const now = await status()
        const pieces = piecesNow(now)
        return {
          pieces,
          haveCount: countHeld(pieces),
          version,
          listenPort: await rpc<number>("core.get_listen_port"),
          peers: now.peers.map(({ ip }) => ip.slice(0, ip.lastIndexOf(":"))),
        }
      },
      async resume() {
        await rpc("core.resume_torrent", payload.infoHash)
      },
    }
  },
}
