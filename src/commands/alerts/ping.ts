/** `--ping URL`: a watchdog (healthchecks.io and its kin) hears that an audit began, and how it ended. */
import type { Failure, Outcome } from "../../failure.ts"
import { fail } from "../../failure.ts"
import { limits } from "../../limits.ts"
import type { HttpReply, Network } from "../../network.ts"
import { version } from "../version.ts"

/** `https://host/uuid?x=1` and `start` → `https://host/uuid/start?x=1`. */
export function pingAt(url: URL, end: string): URL {
  const at = new URL(url)
  at.pathname = `${url.pathname.replace(/\/+$/, "")}/${end}`
  return at
}

/**
 * One POST, redirects included, of bounded time; null: it was taken. The user named the address, so it may be any, our own machine too; a redirect is followed on
 * the same host only, since nobody named another one.
 */
export async function post(url: URL, text: string, network: Network): Promise<Failure | null> {
  const { timeoutMs, maxRedirects } = limits.ping
  const signal = AbortSignal.timeout(timeoutMs)
  let at = url
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const reply = await postOnce(at, text, network, signal)
    if (!reply.ok) return reply.failure
    const { status, headers } = reply.value
    if (status >= 200 && status < 300) return null
    const next = status >= 300 && status < 400 ? redirected(at, headers["location"]) : null
    if (next === null)
      return fail(status >= 300 && status < 400 ? "bad-redirect" : "http-status", `${status}`).failure
    at = next
  }
  return fail("bad-redirect", "too many").failure
}

function redirected(from: URL, location: string | undefined): URL | null {
  const to = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : null
  if (to === null || to.hostname !== from.hostname) return null
  // Never from https to http: the address is a key.
  return to.protocol === "https:" || to.protocol === from.protocol ? to : null
}

/** At each address of the name, until one takes the connection. */
async function postOnce(
  url: URL,
  text: string,
  network: Network,
  signal: AbortSignal,
): Promise<Outcome<HttpReply>> {
  const { maxBodyBytes, maxHeaderBytes } = limits.ping
  const found = await network.resolve(url.hostname.replace(/^\[|\]$/g, ""), signal)
  if (!found.ok) return found
  let last: Outcome<HttpReply> = fail("dns")
  for (const address of found.value) {
    last = await network.http({
      url,
      address,
      headers: { "user-agent": `torrent-audit/${version}`, "content-type": "text/plain; charset=utf-8" },
      post: new TextEncoder().encode(text),
      maxBodyBytes,
      maxHeaderBytes,
      signal,
    })
    if (last.ok || signal.aborted) return last
  }
  return last
}
