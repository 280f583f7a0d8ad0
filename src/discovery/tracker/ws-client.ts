/**
 * bittorrent-tracker's own client, contained. It gets a socket of ours instead of opening one, so that it can reach nothing; it
 * hears only messages that `parseMessage` has taken apart and this file has put together again; and it keeps no timer, as it never
 * sees an interval and its own is switched off.
 */
import { EventEmitter } from "node:events"
import type { AnnounceOptions } from "bittorrent-tracker/client"
import { classify, fail, succeed, type Outcome } from "../../failure.ts"
import type { AnnounceEvent, Counts } from "./reply.ts"
import { binary, type SaidAnnounce, type SaidScrape } from "./ws-codec.ts"

export interface ClientRequest {
  infoHash: Uint8Array
  peerId: Uint8Array
  /** Null: scrape. */
  announce: { event: AnnounceEvent; leftBytes: number } | null
}

/** One request of the client's. No method throws. */
export interface ContainedClient {
  /** What it has to say, as it would write it to its socket. */
  ask(): Outcome<string>
  /** What it makes of a tracker's reply. */
  hear(said: SaidAnnounce | SaidScrape): Outcome<Counts>
  destroy(): void
}

export type ClientFactory = (request: ClientRequest) => Outcome<ContainedClient>

/** Loaded only when there is a WebSocket tracker to ask: it brings half of bittorrent-tracker along. */
export async function loadClient(): Promise<Outcome<ClientFactory>> {
  try {
    const [{ default: Client }, { default: WebSocketTracker }] = await Promise.all([
      import("bittorrent-tracker/client"),
      import("bittorrent-tracker/websocket-tracker"),
    ])
    // oxlint-disable-next-line no-underscore-dangle -- the library's own name
    const pool = WebSocketTracker._socketPool
    return succeed((request) => {
      // No two may share a socket; and the tracker's own URL, which may hold a passkey, is none of its business.
      let number = 0
      const address = () => `ws://request-${number}.invalid`
      while (Object.hasOwn(pool, address())) number++
      const announce = address()
      const socket = new ScriptedSocket()
      pool[announce] = socket
      const forget = () => void delete pool[announce]
      const made = attempt(() => {
        const { infoHash, peerId } = request
        const client = new Client({ infoHash, peerId, announce, port: 1, wrtc: {} })
        client.on("error", () => {})
        client.on("warning", () => {})
        return contain(client, socket, request, forget)
      })
      if (!made.ok) forget()
      return made
    })
  } catch {
    return fail("unsupported", "the WebSocket tracker client could not be loaded")
  }
}

type LibraryClient = import("bittorrent-tracker/client").default

function contain(
  client: LibraryClient,
  socket: ScriptedSocket,
  request: ClientRequest,
  forget: () => void,
): ContainedClient {
  const { announce } = request
  return {
    ask: () =>
      attempt(() => {
        // We take no WebRTC connections: with no offers made, the tracker has nobody to pass on to others.
        const options: AnnounceOptions = {
          numwant: 0,
          uploaded: 0,
          downloaded: 0,
          left: announce?.leftBytes ?? 0,
        }
        if (announce === null) client.scrape()
        else if (announce.event === "started") client.start(options)
        else if (announce.event === "update") client.update(options)
        else client.stop(options)
        client.setInterval(0)
        const [message] = socket.sent
        if (message === undefined) throw new Error("the client said nothing")
        return message
      }),
    hear: (said) =>
      attempt(() => {
        const heard: object[] = []
        client.on("update", (reply: object) => heard.push(reply))
        client.on("scrape", (reply: object) => heard.push(reply))
        socket.emit("data", Buffer.from(JSON.stringify(written(said, binary(request.infoHash)))))
        // It says nothing of a reply without `complete`.
        return heard[0] ? countsOf(heard[0]) : said
      }),
    destroy() {
      attempt(() => {
        client.destroy()
        // It waits a second for a reply that may still come, unless one comes.
        socket.emit("data", Buffer.from("{}"))
      })
      forget()
    },
  }
}

function written(said: SaidAnnounce | SaidScrape, infoHash: string): object {
  const counts = { complete: said.seeders, incomplete: said.leechers, downloaded: said.downloads }
  return said.action === "announce"
    ? { action: "announce", info_hash: infoHash, ...counts }
    : { action: "scrape", files: { [infoHash]: counts } }
}

function countsOf(heard: object): Counts {
  const count = (name: string): number | null => {
    const value: unknown = Object.hasOwn(heard, name) ? Reflect.get(heard, name) : null
    return typeof value === "number" ? value : null
  }
  return { seeders: count("complete"), leechers: count("incomplete"), downloads: count("downloaded") }
}

function attempt<T>(work: () => T): Outcome<T> {
  try {
    return succeed(work())
  } catch (error) {
    return { ok: false, failure: classify(error) }
  }
}

/** What the client takes for its WebSocket: open, silent, and it never fails, so that the client never dials again. */
class ScriptedSocket extends EventEmitter {
  readonly connected = true
  /** The client's own count of its users. */
  consumers = 0
  readonly sent: string[] = []
  send(message: string): void {
    this.sent.push(message)
  }
  destroy(): void {
    this.emit("close")
    this.removeAllListeners()
  }
}
