/**
 * Makes a port on 127.0.0.1 of a namespace reachable as a Unix socket: those are not bound to a network namespace.
 *
 *   ip netns exec NAMESPACE node relay.ts SOCKET HOST PORT
 */
import net from "node:net"

const [, , socketPath = "", host = "", port = ""] = process.argv

net
  .createServer((outside) => {
    const inside = net.connect({ host, port: Number(port) })
    outside.pipe(inside).pipe(outside)
    outside.on("error", () => inside.destroy())
    inside.on("error", () => outside.destroy())
  })
  .listen(socketPath)
