/**
 * Peers of the demo's cast on one host of the lab, each with an address of its own: real wire peers that take little, for many torrents.
 *
 *   ip netns exec NAMESPACE node cast.ts FILE
 *
 * Prints where each liar is, and `ready` once every tracker has heard of all of them.
 */
import { readFileSync, writeFileSync } from "node:fs"
import http from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { share } from "../../src/demo/holdings.ts"
import { clients } from "../../src/demo/identity.ts"
import { corrupter } from "../../src/demo/liars.ts"
import { createPayload, type PayloadOptions } from "../../src/demo/payload.ts"
import { startPeer } from "../../src/demo/peer.ts"
import { realNetwork } from "../../src/network.ts"
import type { Host, Lab } from "./netns.ts"
import { tail, until } from "./processes.ts"

export interface CastTorrent {
  payload: PayloadOptions
  /** Announce URLs, HTTP. */
  trackers: readonly string[]
  peers: readonly CastPeer[]
}

export interface CastPeer {
  address: string
  client: keyof typeof clients
  /** Of the pieces, from 0 to 1. */
  holds: number
  /** Sends wrong bytes. */
  lies?: boolean
}

const script = fileURLToPath(import.meta.url)
const readyMs = 60_000

/** Resolves once the trackers know them all, with the addresses of those that lie. */
export async function startCast(
  lab: Lab,
  host: Host,
  torrents: readonly CastTorrent[],
): Promise<readonly string[]> {
  const options = join(host.directory, "cast.json")
  writeFileSync(options, JSON.stringify(torrents))
  const child = lab.start(host, process.execPath, [script, options])
  await until(host.name, readyMs, () => {
    if (!child.running) throw new Error(tail(child.logFile))
    return tail(child.logFile).includes("ready") || null
  })
  return [...readFileSync(child.logFile, "utf8").matchAll(/^liar (\S+)$/gm)].map(
    ([, address = ""]) => address,
  )
}

async function announce(url: string, localAddress: string, query: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  http
    .get(`${url}?${query}`, { localAddress }, (reply) => {
      reply.resume()
      reply.on("end", () => (reply.statusCode === 200 ? resolve() : reject(new Error(`${reply.statusCode}`))))
    })
    .on("error", reject)
  return promise
}

const percent = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").replaceAll(/../g, "%$&")

async function play({ payload: made, trackers, peers }: CastTorrent): Promise<void> {
  const payload = createPayload(made)
  for (const { address, client, holds, lies } of peers) {
    const network = realNetwork({ bind: { ipv4: address }, families: ["ipv4"] })
    const { port, peerId } = await startPeer(network, {
      payload,
      client: clients[client],
      ...(holds < 1 && { holds: share(payload.pieceCount, holds) }),
      behaviours: lies ? [corrupter()] : [],
    })
    if (lies) console.log(`liar ${address}:${port}`)
    const who = `info_hash=${percent(payload.infoHash)}&peer_id=${percent(peerId)}&port=${port}`
    const left = Math.round((1 - holds) * payload.sizeBytes)
    const query = `${who}&uploaded=0&downloaded=0&left=${left}&event=started&compact=1&numwant=1`
    for (const url of trackers) await announce(url, address, query)
  }
}

const [, started, file] = process.argv
if (started === script && file) {
  for (const torrent of JSON.parse(readFileSync(file, "utf8")) as CastTorrent[]) await play(torrent)
  console.log("ready")
}
