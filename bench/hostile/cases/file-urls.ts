/** A .torrent by its URL, from a server that serves something else. */
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import type { HostileCase, Stage, Staged } from "../case.ts"
import { borne, refused, repeated, torrent } from "./file-stage.ts"

const tooLarge = /is too large for a torrent/
const isPage = /is a web page/

/** Whatever it does, it is asked for on the loopback address, which the user names. */
const served = (
  id: string,
  does: string,
  bound: string,
  says: RegExp,
  listener: RequestListener,
  honest?: HostileCase["honest"],
): HostileCase => ({
  id: `url-${id}`,
  stranger: "file",
  does,
  bound,
  ...(honest && { honest }),
  async stage(stage: Stage) {
    const url = await urlOf(stage, listener)
    const code = says === isPage ? "is-html" : "fetch-failed"
    return refused(code, { args: [url, "--no-dht", "--allow-local"], withinMs: 60_000 }, says)
  },
})

async function urlOf(stage: Stage, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  stage.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.torrent`
}

/** As large as is read. */
async function honestLarge(stage: Stage): Promise<Staged> {
  const bytes = torrent({}, { announce: "http://127.0.0.1:9/announce", zz: new Uint8Array(63 * 1_048_576) })
  const url = await urlOf(stage, (_, response) => response.end(bytes))
  const args = [url, "--no-dht", "--allow-local", "--pace", "lab", "--timeout", "5s", "--json"]
  return borne({ args, exits: [0, 1, 2, 3], check: () => "read" })
}

const chunk = Buffer.alloc(65_536, "d")

export const urlCases: readonly HostileCase[] = [
  served(
    "endless",
    "sends bytes without end",
    "metainfo.maxBytes",
    tooLarge,
    (_, response) => {
      const write = () => {
        while (response.write(chunk));
      }
      response.on("drain", write)
      write()
    },
    honestLarge,
  ),
  served("slow", "sends a byte a second", "fetch.totalMs", /did not come within/, (_, response) => {
    response.write("d")
    const beat = setInterval(() => response.write("1"), 1_000)
    response.on("close", () => clearInterval(beat))
  }),
  served(
    "gzip-bomb",
    "sends a gzip of 300 MB",
    "metainfo.maxBytes",
    /decodes to more than/,
    (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" })
      response.end(gzipSync(repeated(" ", 300_000_000)))
    },
  ),
  served(
    "private-redirect",
    "sends us to 127.0.0.2",
    "address rules",
    /an address that we refuse/,
    (_, response) => {
      response.writeHead(302, { location: "http://127.0.0.2:80/x.torrent" })
      response.end()
    },
  ),
  served(
    "file-redirect",
    "sends us to file:///etc/passwd",
    "address rules",
    /to another scheme/,
    (_, response) => {
      response.writeHead(302, { location: "file:///etc/passwd" })
      response.end()
    },
  ),
  served(
    "redirect-loop",
    "sends us round in circles",
    "fetch.maxRedirects",
    /too many/,
    ({ url = "/" }, response) => {
      response.writeHead(302, { location: `${url}x` })
      response.end()
    },
  ),
  served("web-page", "sends a web page", "the answer counts as none", isPage, (_, response) => {
    response.end("<!DOCTYPE html><script>alert(1)</script>")
  }),
  served("headers", "sends 1 MB of headers", "fetch.maxHeaderBytes", tooLarge, (_, response) => {
    response.socket?.write(`HTTP/1.1 200 OK\r\n${"x: ".padEnd(1_000_000, "y")}\r\n\r\n`)
  }),
]
