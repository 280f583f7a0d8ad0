// ws 8 ships no types. Only the client, and only what we use.
declare module "ws" {
  import type { ClientRequest, IncomingMessage } from "node:http"
  import type { Socket } from "node:net"

  export interface ClientOptions {
    createConnection: () => Socket
    headers: Record<string, string>
    followRedirects: false
    perMessageDeflate: false
    autoPong: boolean
    /** Bytes of a message. */
    maxPayload: number
    /** Bytes, for Node's HTTP parser. */
    maxHeaderSize: number
    /** ms */
    closeTimeout: number
  }

  interface Events {
    open: []
    upgrade: [response: IncomingMessage]
    "unexpected-response": [request: ClientRequest, response: IncomingMessage]
    /** With the default `binaryType`, and one buffer per message. */
    message: [data: Buffer, isBinary: boolean]
    close: [code: number, reason: Buffer]
    error: [error: Error]
  }

  class WebSocket {
    constructor(url: string, options: ClientOptions)
    on<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): this
    send(text: string, done: (error?: Error) => void): void
    close(code?: number): void
    terminate(): void
  }

  export default WebSocket
}
