/**
 * Passes announces on with other figures, as ratio cheaters do.
 *
 *   node rewriting-proxy.ts '{"port", "to", "uploadedFactor", "uploadedBytesPerSecond", "downloaded", "left"}'
 *
 * The query stays as the client wrote it, byte for byte, but for the numbers. Says so once it listens.
 */
import { createServer, get } from "node:http"

const lie = JSON.parse(process.argv[2] ?? "{}") as {
  port: number
  to: string
  uploadedFactor?: number
  uploadedBytesPerSecond?: number
  downloaded?: number
  left?: number
}
const beganMs = performance.now()

function rewritten(url: string): string {
  const seconds = (performance.now() - beganMs) / 1000
  const { uploadedFactor = 1, uploadedBytesPerSecond = 0, downloaded, left } = lie
  return url
    .replace(/([?&]uploaded=)(\d+)/, (_, name: string, bytes: string) => {
      const told = Number(bytes) * uploadedFactor + uploadedBytesPerSecond * seconds
      return `${name}${Math.round(told)}`
    })
    .replace(/([?&]downloaded=)(\d+)/, (_, name: string, bytes: string) => `${name}${downloaded ?? bytes}`)
    .replace(/([?&]left=)(\d+)/, (_, name: string, bytes: string) => `${name}${left ?? bytes}`)
}

createServer((request, response) => {
  const { "user-agent": agent = "" } = request.headers
  get(`${lie.to}${rewritten(request.url ?? "/")}`, { headers: { "user-agent": agent } }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, { "content-type": "text/plain" })
    reply.pipe(response)
  }).on("error", () => response.destroy())
}).listen(lie.port, "127.0.0.1", () => console.log("listening"))
