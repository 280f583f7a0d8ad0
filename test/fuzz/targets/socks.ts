/** What a SOCKS5 proxy answers, over a real socket in a folder of ours: whatever follows its words is left to be read. */
import { once } from "node:events"
import net from "node:net"
import { join } from "node:path"
import { failureCodes } from "../../../src/failure.ts"
import { askProxy } from "../../../src/network/socks.ts"
import { choicesIn, inPieces, must, pieces, unsafeInTerminals } from "../claims.ts"
import { scratchFolder } from "../scratch.ts"
import type { FuzzTarget } from "../target.ts"

let said: readonly Uint8Array[] = []
let listening: Promise<string> | null = null

async function listen(): Promise<string> {
  const path = join(scratchFolder(), "proxy.sock")
  const server = net.createServer((socket) => {
    socket.on("error", () => {})
    // It hears us out before it says anything, and then says all of it.
    socket.once("data", () => {
      for (const part of said) socket.write(part)
      socket.end()
    })
  })
  server.unref().listen(path)
  await once(server, "listening")
  return path
}

export const socksReply: FuzzTarget = {
  name: "socks-reply",
  group: "discovery",
  maxBytes: 600,
  async run(input) {
    const choices = choicesIn(input)
    const login = choices.number(1) ? { user: "somebody", password: "a secret" } : null
    const command = choices.number(1) ? "associate" : "connect"
    said = pieces(choices)
    const path = await (listening ??= listen())
    // A path of a socket stands in for host and port, which name nothing here.
    const at = { host: "127.0.0.1", port: 1_080, path }
    const { signal } = new AbortController()
    const to = { host: "peer.example", port: 6_881 }
    const answer = await askProxy({ at, login, command, to, signal, timeoutMs: 20_000 })
    if (!answer.ok) {
      const { code, detail } = answer.failure
      must(failureCodes.includes(code), "a known code")
      must(code !== "timeout" || detail === "says the proxy", `the end of the connection is the end: ${code}`)
      must(!unsafeInTerminals.test(detail ?? "") && !(detail ?? "").includes("secret"), "why, in our words")
      return
    }
    const { socket, bound } = answer.value
    must(bound.port >= 0 && bound.port < 65_536, "a port")
    must(!socket.destroyed, "open, for whoever reads on")
    socket.on("error", () => {}).destroy()
  },
  *seeds() {
    const say = (login: number, ...bytes: number[]) =>
      Uint8Array.of(login, 0, ...inPieces(Uint8Array.from(bytes)))
    yield say(0, 5, 0, 5, 0, 0, 1, 127, 0, 0, 1, 26, 225, 1, 2, 3)
    yield say(1, 5, 2, 1, 0, 5, 0, 0, 4, ...new Uint8Array(16), 0, 80)
    yield say(0, 5, 0, 5, 0, 0, 3, 4, 97, 46, 98, 99, 0, 80, 9)
    yield say(0, 5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0)
    yield say(1, 5, 2, 1, 1)
    yield say(0, 5, 255)
    yield say(0, 0x48, 0x54, 0x54, 0x50)
  },
}
