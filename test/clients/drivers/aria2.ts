/**
 * aria2c, through its JSON-RPC.
 *
 * Traps: `--seed-ratio` defaults to 1.0, after which it exits; `--seed-ratio=0.0` seeds for ever. It trusts nothing without
 * `--check-integrity`, and would otherwise refuse existing files. Files get a `.aria2` control file while incomplete. TERM
 * makes it leave without a word to its tracker.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { json, openApi } from "../api.ts"
import {
  countHeld,
  piecesOf,
  readyMs,
  refuseContact,
  refusePeers,
  refuseSuperSeeding,
  usualDiscovery,
  wanted,
  type Driver,
} from "../client.ts"
import { until } from "../processes.ts"

const rpcPort = 6800
const peerPort = 6888

interface Status {
  gid: string
  status: string
  bitfield?: string
  verifyIntegrityPending?: string
  verifiedLength?: string
}

export const aria2: Driver = {
  name: "aria2",
  command: "aria2c",
  identity: {
    peerIdPrefix: /^A2-\d-\d\d-/,
    v: /^aria2\/\d+\.\d+/,
    client: /^aria2 \d+\.\d+/,
    uploadOnly: null,
  },

  async start({
    lab,
    host,
    payload,
    holding,
    superSeeding,
    port = peerPort,
    paused = false,
    discovery = usualDiscovery,
    contact = {},
  }) {
    refusePeers("aria2", discovery)
    refuseContact("aria2", contact, {
      encryption: ["tolerated", "required"],
      cipher: ["plaintext", "rc4"],
      transport: ["tcp"],
    })
    refuseSuperSeeding("aria2", superSeeding)
    const data = join(host.directory, "data")
    mkdirSync(data, { recursive: true })
    if (!paused) payload.writeTo(data, holding)
    const child = lab.start(host, "aria2c", [
      "--no-conf=true",
      "--enable-rpc=true",
      `--rpc-listen-port=${rpcPort}`,
      `--dir=${data}`,
      `--listen-port=${port}`,
      "--check-integrity=true",
      "--allow-overwrite=true",
      "--file-allocation=none",
      "--seed-ratio=0.0",
      "--auto-save-interval=0",
      `--enable-dht=${discovery.dht.length > 0}`,
      ...discovery.dht.slice(0, 1).map((node) => `--dht-entry-point=${node}`),
      `--dht-listen-port=${port}`,
      `--dht-file-path=${join(host.directory, "dht.dat")}`,
      "--enable-dht6=false",
      `--enable-peer-exchange=${discovery.pex}`,
      `--bt-enable-lpd=${discovery.lsd}`,
      `--bt-require-crypto=${contact.encryption === "required"}`,
      `--bt-min-crypto-level=${contact.cipher === "rc4" ? "arc4" : "plain"}`,
      "--show-console-readout=false",
      "--summary-interval=0",
      `--pause=${paused}`,
      payload.torrentFile,
    ])
    const api = openApi(lab, host, rpcPort)
    const rpc = async <T>(method: string, ...params: unknown[]): Promise<T> => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: `aria2.${method}`, params })
      const answer = await json<{ result: T }>(api({ path: "/jsonrpc", method: "POST", body }))
      return answer.result
    }
    const keys = ["gid", "status", "bitfield", "verifyIntegrityPending", "verifiedLength"]
    const download = async () =>
      (await rpc<Status[]>("tellActive", keys))[0] ?? (await rpc<Status[]>("tellWaiting", 0, 1, keys))[0]
    const piecesNow = (status: Status | undefined) =>
      piecesOf(Buffer.from(status?.bitfield ?? "", "hex"), payload.pieceCount)

    await until("aria2's hash check", readyMs, async () => {
      const now = await download()
      if (!now || now.verifyIntegrityPending !== undefined || now.verifiedLength !== undefined) return null
      // At least: among members that share it has begun to download.
      return countHeld(piecesNow(now)) >= wanted(payload, holding) ? true : null
    })
    const { version } = await rpc<{ version: string }>("getVersion")

    return {
      driver: "aria2",
      host,
      port,
      child,
      async truth() {
        const now = await download()
        const pieces = piecesNow(now)
        const peers = now ? await rpc<{ ip: string }[]>("getPeers", now.gid) : []
        return {
          pieces,
          haveCount: countHeld(pieces),
          version,
          listenPort: port,
          peers: peers.map((peer) => peer.ip),
        }
      },
      async resume() {
        const now = await download()
        await rpc("unpause", now?.gid)
      },
    }
  },
}
