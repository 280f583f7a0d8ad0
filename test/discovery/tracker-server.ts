/** Hostile trackers that end with their test, and the replies that they give. */
import { afterEach } from "vitest"
import { hostileHttp, query, type Handler, type HostileHttp } from "./hostile-http.ts"

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

export const endWithTest = <T extends { close: () => Promise<void> }>(server: T): T => {
  cleanups.push(server.close)
  return server
}

export const tracker = async (handler: Handler, host?: string): Promise<HostileHttp> =>
  endWithTest(await hostileHttp(handler, host))

export const announceOf = (server: HostileHttp) => `${server.url}/announce`

const compact = (peers: readonly string[]) =>
  Buffer.concat(
    peers.map((peer) => {
      const [host = "", port] = peer.split(":")
      return Buffer.from([...host.split(".").map(Number), Number(port) >> 8, Number(port) & 255])
    }),
  )

/** `more` comes last: keys after `peers`. */
export const listing = (peers: readonly string[], more = ""): Buffer =>
  Buffer.concat([
    Buffer.from(`d8:completei2e10:incompletei3e8:intervali1800e5:peers${peers.length * 6}:`),
    compact(peers),
    Buffer.from(`${more}e`, "latin1"),
  ])

export const externalIp = (host: string): string =>
  `11:external ip4:${String.fromCharCode(...host.split(".").map(Number))}`

export const answering =
  (body: Uint8Array): Handler =>
  (_, response) =>
    response.end(body)

export const hanging: Handler = () => {}
export const closing: Handler = (request) => request.socket.destroy()

/** `started`, `scrape`, `update`, `stopped` as the tracker saw them. */
export const asked = (server: HostileHttp): string[] =>
  server.requests.map((url) => (url.startsWith("/scrape") ? "scrape" : (query(url).get("event") ?? "update")))
