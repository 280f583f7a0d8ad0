/** What the benchmarks and tests use of it. */
declare module "bittorrent-dht" {
  import type { Socket } from "node:dgram"
  import type { EventEmitter } from "node:events"

  export interface DhtOptions {
    bootstrap?: readonly { host: string; port: number }[] | false
    concurrency?: number
    nodeId?: Uint8Array
    /** In place of one of its own. */
    socket?: Socket
    /** BEP 44: without it, mutable items are refused. */
    verify?: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean
  }

  export default class DHT extends EventEmitter {
    readonly ready: boolean
    readonly nodeId: Uint8Array
    constructor(options?: DhtOptions)
    listen(port: number, host: string): void
    address(): { address: string; port: number }
    announce(infoHash: Uint8Array, port: number, done: (error: Error | null) => void): void
    lookup(infoHash: Uint8Array, done: (error: Error | null, nodes: number) => void): () => void
    addNode(node: { host: string; port: number }): void
    removeNode(id: Uint8Array): void
    destroy(done?: () => void): void
  }
}
