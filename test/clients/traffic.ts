/**
 * What a link really carries: a plain TCP transfer, no BitTorrent involved.
 *
 *   node traffic.ts send PORT               serves endless bytes to whoever connects
 *   node traffic.ts receive HOST PORT MS    prints payload bytes per second, the first half second left out
 */
import net from "node:net"

const settleMs = 500

function send(port: number): void {
  const chunk = Buffer.alloc(64 * 1024)
  const server = net.createServer((socket) => {
    const fill = () => {
      while (socket.writable && socket.write(chunk));
    }
    socket.on("drain", fill)
    socket.on("error", () => socket.destroy())
    fill()
  })
  server.listen(port, "0.0.0.0", () => console.log("ready"))
}

/** A sender that has only been started refuses for a moment. */
const triesToConnect = 50

function receive(host: string, port: number, durationMs: number, tries = triesToConnect): void {
  const socket = net.connect({ host, port })
  let startedAt = 0
  let lastAt = 0
  let bytes = 0
  let first = 0
  socket.on("data", (data) => {
    const now = performance.now()
    first ||= now
    if (now - first < settleMs) return
    if (startedAt === 0) startedAt = now
    else bytes += data.length
    lastAt = now
    if (now - startedAt < durationMs) return
    console.log(String((bytes / (lastAt - startedAt)) * 1000))
    socket.destroy()
  })
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED" && tries > 1) {
      setTimeout(() => receive(host, port, durationMs, tries - 1), 100)
      return
    }
    console.error(error.message)
    process.exitCode = 1
  })
}

const [, , role, first = "", second = "", third = ""] = process.argv
if (role === "send") send(Number(first))
else receive(first, Number(second), Number(third))
