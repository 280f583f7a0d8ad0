/** Ports that no other test gets by chance: below those that a system gives (from 32,768 on), where nobody listens. */
import { createSocket } from "node:dgram"
import { createServer } from "node:net"

const [from, count] = [15_000, 5_000]

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(isFreeForUdp(port))))
  })

const isFreeForUdp = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket("udp4").once("error", () => resolve(false))
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)))
  })

export async function quietPort(): Promise<number> {
  const port = from + Math.floor(Math.random() * count)
  return (await isFree(port)) ? port : quietPort()
}
