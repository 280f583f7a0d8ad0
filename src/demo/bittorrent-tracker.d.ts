// bittorrent-tracker 11.2.3 ships no types. Only the server, and only what we use.
declare module "bittorrent-tracker/server" {
  import type { EventEmitter } from "node:events"
  import type { Server as HttpServer } from "node:http"
  import type { Socket } from "node:dgram"

  export interface AnnounceParams {
    type: "http" | "udp" | "ws"
    numwant: number
    ip: string
    port: number
    left: number
    event?: string
  }
  export interface SwarmCounts {
    complete: number
    incomplete: number
    /** Not by the library's own swarm. */
    downloaded?: number
  }
  export type AnnounceReply = SwarmCounts & { peers: unknown[] } & Record<string, unknown>
  type Callback<T> = (error: Error | null, reply: T) => void

  /** «The default implementation of an interface that you need to support when overriding createSwarm.» */
  export interface Swarm {
    announce(params: AnnounceParams, callback: Callback<AnnounceReply>): void
    scrape(params: { ip?: string }, callback: Callback<SwarmCounts>): void
  }

  export interface ServerOptions {
    http?: boolean
    udp?: boolean
    ws?: boolean
    stats?: boolean
    trustProxy?: boolean
    /** ms */
    interval?: number
    peersCacheLength?: number
  }

  class Server extends EventEmitter {
    static Swarm: new (infoHash: string, server: Server) => Swarm
    constructor(options?: ServerOptions)
    readonly http: HttpServer
    readonly udp4: Socket
    udp6: Socket | null
    /** By info hash in hex. */
    readonly torrents: Record<string, Swarm>
    createSwarm(infoHash: string, callback: Callback<Swarm>): void
    listen(port: { http: number; udp: number }, hostname: string): void
    close(callback?: () => void): void
  }

  export default Server
}
