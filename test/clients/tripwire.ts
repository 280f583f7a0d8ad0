/**
 * Says a line for whoever connects, and nothing to them: for places where nobody should.
 *
 *   node tripwire.ts HOST:PORT …
 */
import { createServer } from "node:net"

for (const place of process.argv.slice(2)) {
  const colon = place.lastIndexOf(":")
  const server = createServer((socket) => {
    console.log(`met ${place}`)
    socket.on("error", () => {})
    socket.end()
  })
  server.listen({ host: place.slice(0, colon), port: Number(place.slice(colon + 1)) }, () =>
    console.log(`set ${place}`),
  )
}
