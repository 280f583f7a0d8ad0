/**
 * rtorrent as a daemon, through XML-RPC over SCGI on a Unix socket (those cross network namespaces).
 *
 * Traps: without `system.daemon.set=true` it wants a terminal. It never reads ~/.rtorrent.rc with `-n`. Its own listening
 * port range must be one port to be known. It hashes on start when it has no session of its own. On the wire it is known
 * by its library's version, so that is its version here. It has no fast extension and drops whoever sends have-none. With
 * neither trackers nor a DHT it drops a torrent without a word.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { exchange } from "../api.ts"
import {
  countHeld,
  piecesOf,
  readyMs,
  refuseContact,
  refusePeers,
  usualDiscovery,
  wanted,
  type Contact,
  type Driver,
} from "../client.ts"
import { until } from "../processes.ts"

const peerPort = 6990

const escapeXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

/** SCGI: a netstring of NUL-separated headers, then the body. */
async function call(socketPath: string, method: string, ...params: string[]): Promise<string> {
  const values = params.map((value) => `<param><value><string>${escapeXml(value)}</string></value></param>`)
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values.join("")}</params></methodCall>`
  const headers = `CONTENT_LENGTH\0${Buffer.byteLength(body)}\0SCGI\x001\0`
  const reply = (await exchange(socketPath, `${headers.length}:${headers},${body}`)).toString()
  if (reply.includes("<fault>")) throw new Error(`${method}: ${/<string>(.*?)<\/string>/s.exec(reply)?.[1]}`)
  return reply
}

const scalar = (reply: string): string => /<(?:string|i4|i8)>(.*?)<\//s.exec(reply)?.[1] ?? ""

const strings = (reply: string): string[] =>
  [...reply.matchAll(/<string>(.*?)<\/string>/gs)].map((match) => match[1] ?? "")

function encryptionOf({ encryption = "tolerated", cipher }: Contact): string {
  if (encryption === "off") return "none"
  const words = ["allow_incoming"]
  if (encryption !== "tolerated") words.push("try_outgoing")
  if (encryption === "required") words.push("require")
  if (cipher === "rc4") words.push("require_RC4")
  if (cipher === "plaintext") words.push("prefer_plaintext")
  return words.join(",")
}

export const rtorrent: Driver = {
  name: "rtorrent",
  command: "rtorrent",
  identity: {
    peerIdPrefix: /^-lt[0-9A-F]{4}-/,
    v: /^libTorrent \d+\.\d+\.\d+/,
    client: /^(rTorrent|libTorrent).* \d+\.\d+\.\d+/,
    uploadOnly: null,
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
    refusePeers("rtorrent", discovery)
    refuseContact("rtorrent", contact, {
      encryption: ["off", "tolerated", "preferred", "required"],
      cipher: ["plaintext", "rc4"],
      transport: ["tcp"],
    })
    const data = join(host.directory, "data")
    const session = join(host.directory, "session")
    const socketPath = join(host.directory, "scgi")
    mkdirSync(session, { recursive: true })
    mkdirSync(data, { recursive: true })
    if (!paused) payload.writeTo(data, holding)
    const rc = join(host.directory, "rtorrent.rc")
    writeFileSync(
      rc,
      [
        "system.daemon.set = true",
        `session.path.set = ${session}`,
        `directory.default.set = ${data}`,
        `network.scgi.open_local = ${socketPath}`,
        `network.port_range.set = ${port}-${port}`,
        "network.port_random.set = no",
        `dht.mode.set = ${discovery.dht.length > 0 ? "on" : "disable"}`,
        `dht.port.set = ${port}`,
        `protocol.pex.set = ${discovery.pex ? "yes" : "no"}`,
        "trackers.use_udp.set = yes",
        `protocol.encryption.set = ${encryptionOf(contact)}`,
        ...(uploadSlots === undefined ? [] : [`throttle.max_uploads.set = ${uploadSlots}`]),
        "",
      ].join("\n"),
    )
    const child = lab.start(host, "rtorrent", ["-n", "-o", `import=${rc}`])
    const ask = (method: string, ...params: string[]) => call(socketPath, method, ...params)
    const hash = payload.infoHash.toUpperCase()

    const version = await until("rtorrent's SCGI", readyMs, async () =>
      scalar(await ask("system.library_version")),
    )
    for (const node of discovery.dht) await ask("dht.add_node", "", node)
    const first = superSeeding ? ["d.connection_seed.set=initial_seed"] : []
    await ask(paused ? "load.normal" : "load.start", "", payload.torrentFile, ...first)
    const piecesNow = async () =>
      piecesOf(Buffer.from(scalar(await ask("d.bitfield", hash)), "hex"), payload.pieceCount)
    await until("rtorrent's hash check", readyMs, async () => {
      if (scalar(await ask("d.hashing", hash)) !== "0") return null
      if (scalar(await ask("d.is_active", hash)) !== (paused ? "0" : "1")) return null
      // At least: among members that share it has begun to download.
      return countHeld(await piecesNow()) >= wanted(payload, holding) ? true : null
    })

    return {
      driver: "rtorrent",
      host,
      port,
      child,
      async truth() {
        const pieces = await piecesNow()
        const peers = strings(await ask("p.multicall", hash, "", "p.address="))
        return { pieces, haveCount: countHeld(pieces), version, listenPort: port, peers }
      },
      async resume() {
        await ask("d.start", hash)
      },
    }
  },
}
