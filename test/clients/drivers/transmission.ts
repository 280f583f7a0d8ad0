/**
 * transmission-daemon, through its JSON RPC.
 *
 * Traps: every call needs the session id that a 409 hands out. A new torrent whose files have the right lengths and whose
 * first piece is right counts as complete without a look at the rest: add it paused, verify, wait, then start. A download
 * limit of 0 makes it deaf: it then reads no requests either. Over encrypted uTP it leaves unread what came right behind the
 * handshake until more comes, and downloads nothing from a seeder that has nothing else to say: a downloader speaks TCP.
 * It announces to the DHT only once it knows nine nodes, four of them good. `dht.bootstrap` costs it 15 s a line, a saved
 * `dht.dat` two seconds a node.
 */
import { randomBytes } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { json, openApi, type Api } from "../api.ts"
import { encode } from "../bencode.ts"
import {
  countHeld,
  piecesOf,
  readyMs,
  refuseContact,
  refusePeers,
  refuseSuperSeeding,
  usualDiscovery,
  wanted,
  type Contact,
  type Driver,
} from "../client.ts"
import { until } from "../processes.ts"

const rpcPort = 9091
const peerPort = 51413
/** In the order of its setting's numbers. */
const encryptions: readonly Contact["encryption"][] = ["tolerated", "preferred", "required"]

interface Torrent {
  pieces: string
  status: number
  recheckProgress: number
  peers: { address: string; port: number }[]
}

function rpcOf(api: Api) {
  let session = ""
  return async function rpc<T>(method: string, params: Record<string, unknown>): Promise<T> {
    const body = JSON.stringify({ method, arguments: params })
    const send = () =>
      api({
        path: "/transmission/rpc",
        method: "POST",
        headers: { "x-transmission-session-id": session, "content-type": "application/json" },
        body,
      })
    let reply = await send()
    if (reply.status === 409) {
      session = String(reply.headers["x-transmission-session-id"])
      reply = await send()
    }
    const answer = await json<{ result: string; arguments: T }>(Promise.resolve(reply))
    if (answer.result !== "success") throw new Error(`${method}: ${answer.result}`)
    return answer.arguments
  }
}

/** What it saved when it last ran: its own id and the nodes that it knew (BEP 5: six bytes each). */
function knownNodes(nodes: readonly string[]): Buffer {
  const compact = nodes.map((node) => {
    const [address = "", port = ""] = node.split(":")
    const bytes = Buffer.from([...address.split(".").map(Number), 0, 0])
    bytes.writeUInt16BE(Number(port), 4)
    return bytes
  })
  return encode({ id: randomBytes(20), nodes: Buffer.concat(compact) })
}

export const transmission: Driver = {
  name: "transmission",
  command: "transmission-daemon",
  identity: {
    peerIdPrefix: /^-TR\d{3}[0-9A-Z]-/,
    v: /^Transmission \d+\.\d+/,
    client: /^Transmission \d+\.\d+/,
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
    refusePeers("transmission", discovery)
    refuseContact("transmission", contact, {
      encryption: encryptions,
      transport: ["tcp"],
    })
    refuseSuperSeeding("transmission", superSeeding)
    const config = join(host.directory, "config")
    const data = join(host.directory, "data")
    mkdirSync(config, { recursive: true })
    if (!paused) payload.writeTo(data, holding)
    writeFileSync(
      join(config, "settings.json"),
      JSON.stringify({
        "rpc-bind-address": "127.0.0.1",
        "rpc-port": rpcPort,
        "rpc-whitelist-enabled": false,
        "rpc-host-whitelist-enabled": false,
        "peer-port": port,
        "peer-port-random-on-start": false,
        "port-forwarding-enabled": false,
        "dht-enabled": discovery.dht.length > 0,
        "lpd-enabled": discovery.lsd,
        "pex-enabled": discovery.pex,
        "utp-enabled": !paused && contact.transport !== "tcp",
        ...(contact.encryption === undefined ? {} : { encryption: encryptions.indexOf(contact.encryption) }),
        "download-dir": data,
        "incomplete-dir-enabled": false,
        "rename-partial-files": false,
        preallocation: 0,
        ...(uploadSlots === undefined ? {} : { "upload-slots-per-torrent": uploadSlots }),
      }),
    )
    if (discovery.dht.length > 0) writeFileSync(join(config, "dht.dat"), knownNodes(discovery.dht))
    const child = lab.start(host, "transmission-daemon", ["--foreground", "--config-dir", config])
    const rpc = rpcOf(openApi(lab, host, rpcPort))

    const fields = ["pieces", "status", "recheckProgress", "peers"]
    const torrent = async () =>
      (await rpc<{ torrents: Torrent[] }>("torrent-get", { ids: [payload.infoHash], fields })).torrents[0]
    const session = await until("transmission's RPC", readyMs, () =>
      rpc<{ version: string }>("session-get", {}),
    )

    await rpc("torrent-add", { metainfo: payload.torrentBytes.toString("base64"), paused: true })
    await rpc("torrent-verify", { ids: [payload.infoHash] })
    // 0 stopped, 1 and 2 waiting for and doing the check.
    await until("transmission's hash check", readyMs, async () => {
      const now = await torrent()
      if (!now || now.status !== 0) return null
      const held = countHeld(piecesOf(Buffer.from(now.pieces, "base64"), payload.pieceCount))
      return held === wanted(payload, holding) ? true : null
    })
    const resume = async () => {
      await rpc("torrent-start-now", { ids: [payload.infoHash] })
    }
    if (!paused) await resume()

    return {
      driver: "transmission",
      host,
      port,
      child,
      async truth() {
        const now = await torrent()
        const pieces = piecesOf(Buffer.from(now?.pieces ?? "", "base64"), payload.pieceCount)
        return {
          pieces,
          haveCount: countHeld(pieces),
          version: session.version.split(" ")[0] ?? "",
          listenPort: port,
          peers: now?.peers.map((peer) => peer.address) ?? [],
        }
      },
      resume,
    }
  },
}
