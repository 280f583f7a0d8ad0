// bittorrent-tracker 11.2.3 ships no types. Only the client, and only what we use.
declare module "bittorrent-tracker/client" {
  import type { EventEmitter } from "node:events"

  export interface ClientOptions {
    infoHash: Uint8Array
    peerId: Uint8Array
    announce: string
    port: number
    /** Anything but false: the client then takes WebSocket trackers. */
    wrtc: object
  }

  export interface AnnounceOptions {
    numwant: number
    uploaded: number
    downloaded: number
    left: number
  }

  class Client extends EventEmitter {
    constructor(options: ClientOptions)
    start(options: AnnounceOptions): void
    update(options: AnnounceOptions): void
    stop(options: AnnounceOptions): void
    scrape(options?: object): void
    /** ms; 0: never again by itself. */
    setInterval(intervalMs: number): void
    destroy(done?: () => void): void
  }

  export default Client
}

declare module "bittorrent-tracker/websocket-tracker" {
  /** A class, of which we need a static alone. By announce URL: a client takes the socket that it finds there and opens none. */
  const WebSocketTracker: {
    readonly _socketPool: Record<string, import("node:events").EventEmitter>
  }

  export default WebSocketTracker
}
