/** Web seeds (BEP 19) that send us elsewhere. */
import type { HostileCase } from "../case.ts"
import { headOf } from "./tracker-server.ts"
import { webSeedCase, type WebSeedBehaviour } from "./web-seed-stage.ts"

const redirect = (to: string) => headOf([`Location: ${to}`, "Content-Length: 0"], "302 Found")
const rule = "address rules"

const redirects: readonly WebSeedBehaviour[] = [
  {
    id: "web-seed-redirect-loop",
    does: "redirects to itself",
    bound: "webSeed.maxRedirects",
    expect: /bad-redirect/,
    onRequest: (line, { port }) => line.write(redirect(`http://127.0.0.2:${port}/again`)),
  },
  {
    id: "web-seed-redirect-chain",
    does: "redirects from page to page for ever",
    bound: "webSeed.maxRedirects",
    expect: /bad-redirect: too many/,
    onRequest: (line, { port, index }) => line.write(redirect(`http://127.0.0.2:${port}/${index}`)),
  },
  {
    id: "web-seed-redirect-metadata",
    does: "redirects to a cloud's metadata address",
    bound: rule,
    expect: /bad-redirect/,
    onRequest: (line) => line.write(redirect("http://169.254.169.254/latest/meta-data/")),
  },
  {
    id: "web-seed-redirect-loopback",
    does: "redirects to another port of loopback",
    bound: rule,
    expect: /bad-redirect/,
    onRequest: (line, { port }) =>
      line.write(redirect(`http://127.0.0.1:${port === 1_025 ? 1_026 : 1_025}/`)),
  },
  {
    id: "web-seed-redirect-file",
    does: "redirects to file:///etc/passwd",
    bound: rule,
    expect: /bad-redirect/,
    onRequest: (line) => line.write(redirect("file:///etc/passwd")),
  },
]

export const webSeedRedirectCases: readonly HostileCase[] = redirects.map(webSeedCase)
