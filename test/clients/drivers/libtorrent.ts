/** libtorrent through its Python binding, as a plain peer and as a partial seed (BEP 21). */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { exchange } from "../api.ts"
import {
  countHeld,
  readyMs,
  refuseSuperSeeding,
  usualDiscovery,
  wanted,
  type ConnectionTruth,
  type Driver,
} from "../client.ts"
import { until } from "../processes.ts"

const script = fileURLToPath(new URL("libtorrent_peer.py", import.meta.url))
const peerPort = 6881

interface State {
  state: string
  version: string
  pieces: boolean[]
  port: number
  connections: ConnectionTruth[]
  alerts: string[]
}

const driverOf = (name: string, partialSeed: boolean): Driver => ({
  name,
  // Debian's own interpreter: that one sees the distribution's packages.
  command: "/usr/bin/python3",
  identity: {
    peerIdPrefix: /^-LT\d{3}[0-9A-Z]-/,
    v: /^libtorrent\/\d+\.\d+\.\d+/,
    client: /^libtorrent \d+\.\d+\.\d+/,
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
    if (partialSeed) refuseSuperSeeding(name, superSeeding)
    const data = join(host.directory, "data")
    mkdirSync(data, { recursive: true })
    if (!paused) payload.writeTo(data, holding)
    const socketPath = join(host.directory, "state")
    const options = {
      torrent: payload.torrentFile,
      data,
      listen: `0.0.0.0:${port},[::]:${port}`,
      uploadSlots,
      superSeeding,
      partialSeed,
      paused,
      discovery,
      contact,
    }
    const child = lab.start(host, "/usr/bin/python3", [script, socketPath, JSON.stringify(options)])
    const ask = async (command = "state") =>
      JSON.parse((await exchange(socketPath, `${command}\n`)).toString()) as State

    await until("libtorrent's hash check", readyMs, async () => {
      const now = await ask()
      if (/checking|allocating/.test(now.state)) return null
      // At least: among members that share it has begun to download.
      return countHeld(now.pieces) >= wanted(payload, holding) ? true : null
    })

    return {
      driver: name,
      host,
      port,
      child,
      async truth() {
        const { pieces, version, port: listenPort, connections } = await ask()
        const peers = connections.map(({ address }) => address)
        return { pieces, haveCount: countHeld(pieces), version, listenPort, peers, connections }
      },
      async resume() {
        await ask("resume")
      },
    }
  },
})

export const libtorrent: Driver = driverOf("libtorrent", false)
export const libtorrentPartialSeed: Driver = driverOf("libtorrent-partial", true)
