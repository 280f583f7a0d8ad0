/** HTTP trackers that send us elsewhere: nobody else's port is knocked at. */
import { createServer } from "node:net"
import type { HostileCase, Stage } from "../case.ts"
import { headOf, rawServer } from "./tracker-server.ts"
import { trackerCase } from "./tracker-stage.ts"

const rule = "address rules"

interface Elsewhere {
  id: string
  does: string
  bound?: string
  /** Of the redirect; `port` is the tracker's own, `victim` somebody else's. */
  to(at: { port: number; victim: number; request: number }): string
}

const elsewhere: readonly Elsewhere[] = [
  {
    id: "http-tracker-redirect-loop",
    does: "redirects to itself",
    bound: "tracker.maxRedirects",
    to: ({ port }) => `http://127.0.0.1:${port}/announce?again`,
  },
  {
    id: "http-tracker-redirect-chain",
    does: "redirects from one page of its own to the next, for ever",
    bound: "tracker.maxRedirects",
    to: ({ port, request }) => `http://127.0.0.1:${port}/${request}`,
  },
  {
    id: "http-tracker-redirect-file",
    does: "redirects to file:///etc/passwd",
    to: () => "file:///etc/passwd",
  },
  {
    id: "http-tracker-redirect-metadata",
    does: "redirects to a cloud's metadata address",
    to: () => "http://169.254.169.254/latest/meta-data/",
  },
  {
    id: "http-tracker-redirect-numbers",
    does: "redirects to that address written as one number",
    to: () => "http://2852039166/latest/meta-data/",
  },
  {
    id: "http-tracker-redirect-mapped",
    does: "redirects to it as an IPv4-mapped IPv6 address",
    to: () => "http://[::ffff:169.254.169.254]/latest/",
  },
  {
    id: "http-tracker-redirect-port",
    does: "redirects to another port of loopback",
    to: ({ victim }) => `http://127.0.0.1:${victim}/`,
  },
  {
    id: "http-tracker-redirect-name",
    does: "redirects to localhost by name",
    to: ({ victim }) => `http://localhost:${victim}/`,
  },
  {
    id: "http-tracker-redirect-ipv6",
    does: "redirects to [::1]",
    to: ({ victim }) => `http://[::1]:${victim}/`,
  },
  {
    id: "http-tracker-redirect-any",
    does: "redirects to 0.0.0.0, which some systems take for loopback",
    to: ({ victim }) => `http://0.0.0.0:${victim}/`,
  },
  {
    id: "http-tracker-redirect-nowhere",
    does: "redirects to what is no URL",
    to: () => "http://[::::]:99999/",
  },
]

/** Counts who connects: nobody may. */
async function victim(stage: Stage): Promise<{ port: number; visits: () => number }> {
  let visits = 0
  const server = createServer((socket) => {
    visits++
    socket.on("error", () => {})
    socket.end()
  })
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve))
  stage.defer(() => server.close())
  const at = server.address()
  return { port: at !== null && typeof at === "object" ? at.port : 0, visits: () => visits }
}

export const trackerHttpRedirectCases: readonly HostileCase[] = elsewhere.map((each) =>
  trackerCase("http-tracker", {
    id: each.id,
    does: each.does,
    bound: each.bound ?? rule,
    expect: /bad-redirect/,
    async start(stage) {
      const other = await victim(stage)
      const { port, requests } = await rawServer(stage, (line) => {
        line.write(
          headOf(
            [`Location: ${each.to({ port, victim: other.port, request: requests.length })}`],
            "301 Moved",
          ),
        )
        line.end()
      })
      return {
        url: `http://127.0.0.1:${port}/announce`,
        seen() {
          if (other.visits() > 0) throw new Error(`${other.visits()} connections to somebody else`)
          return `${requests.length} requests`
        },
      }
    },
  }),
)
