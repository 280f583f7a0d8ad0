/** One request to a web seed: redirects followed as far as they may be, every byte and every second bounded, the body handed on as it comes. */
import type { WebSeedRedirect } from "../../evidence.ts"
import { fail, failure, succeed, type Failure, type Outcome } from "../../failure.ts"
import { isRedirect, redirectTarget, type Address, type HttpHead, type Network } from "../../network.ts"
import { hostKind } from "../../torrent/endpoint.ts"
import { maskWebSeedUrl } from "../../torrent/tracker-url.ts"
import { judgeHead, retryMs, type Want } from "./answer.ts"
import { admitRedirect, type PlaceContext, type Way } from "./place.ts"

/** As in `limits.webSeed`. */
export interface WebSeedTiming {
  readonly answerMs: number
  readonly graceMs: number
  readonly leastBytesPerSecond: number
  readonly maxHeaderBytes: number
  readonly maxRedirects: number
}

export interface RequestContext extends PlaceContext {
  readonly network: Pick<Network, "http" | "resolve" | "now" | "sleep">
  readonly userAgent: string
  readonly timing: WebSeedTiming
  onRedirect(redirect: WebSeedRedirect): void
}

export interface Reply {
  readonly failure: Failure | null
  readonly status: number | null
  readonly headers: Readonly<Record<string, string>>
  readonly totalBytes: number | null
  readonly rangeSupported: boolean | null
  /** Of the wanted bytes. */
  readonly receivedBytes: number
  /** Where redirects led; null: there was none. */
  readonly finalUrl: string | null
  readonly retryMs: number | null
}

/** A BEP 17 server's 503 has a number as its body. */
const maxDelayBytes = 32

/** `take` gets what is wanted of the body, in order; false: enough. Never rejects. */
export async function requestOf(
  context: RequestContext,
  origin: Way["origin"],
  want: Want,
  take: (bytes: Uint8Array) => Promise<boolean>,
  signal: AbortSignal,
): Promise<Reply> {
  const { network, timing, userAgent } = context
  const patience = createPatience(network, timing, signal)
  let judged: ReturnType<typeof judgeHead> | null = null
  let head: HttpHead | null = null
  let skipBytes = 0
  let receivedBytes = 0
  let enough = false
  let surplus = false
  let delay = ""
  let url = origin.url
  let address = origin.address
  let isPublic = hostKind(address.host) === "public"

  const meet = (met: HttpHead) => {
    if (head !== null) return
    head = met
    patience.answered()
    judged = isRedirect(met) ? null : judgeHead(met, want)
    skipBytes = judged?.skipBytes ?? 0
  }
  const onBody = async (chunk: Uint8Array, met: HttpHead): Promise<boolean> => {
    meet(met)
    if (met.status === 503 && delay.length < maxDelayBytes) {
      delay += Buffer.from(chunk.subarray(0, maxDelayBytes)).toString("latin1")
      return delay.length < maxDelayBytes
    }
    if (judged === null || judged.failure !== null) return false
    const skipped = Math.min(skipBytes, chunk.length)
    skipBytes -= skipped
    const bytes = chunk.subarray(skipped, skipped + want.lengthBytes - receivedBytes)
    receivedBytes += bytes.length
    // Bytes after a part of a file are nobody's mistake; after a whole piece they are.
    surplus = want.range === null && chunk.length - skipped > bytes.length
    if (bytes.length > 0) {
      patience.pause()
      enough = !(await take(bytes))
      patience.received(bytes.length)
    }
    return !enough && !surplus && receivedBytes < want.lengthBytes
  }

  async function ask(): Promise<Failure | null> {
    const visited = new Set<string>()
    for (;;) {
      visited.add(url.href)
      head = null
      const got = await network.http({
        url,
        address,
        headers: headersFor(url, origin.url, want, userAgent),
        maxBodyBytes: Number.MAX_SAFE_INTEGER,
        maxHeaderBytes: timing.maxHeaderBytes,
        onBody,
        signal: patience.signal,
      })
      if (!got.ok) return judged?.failure ?? patience.why(got.failure)
      meet(got.value)
      if (!isRedirect(got.value)) return judged?.failure ?? shortfall()
      const next = await follow(got.value, visited)
      if (!next.ok) return patience.why(next.failure)
      url = next.value.url
      address = next.value.address
      isPublic ||= hostKind(address.host) === "public"
      patience.asked()
    }
  }

  function shortfall(): Failure | null {
    if (surplus) return failure("wrong-length", `more than ${want.lengthBytes} bytes`)
    if (enough || receivedBytes === want.lengthBytes) return null
    const headers = head?.headers ?? {}
    const isEndTold = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined
    const came = `${receivedBytes} bytes, not ${want.lengthBytes}`
    // Where only the connection's end tells that of the body, a connection that broke looks the same.
    return failure(isEndTold ? "wrong-length" : "closed", came)
  }

  async function follow(
    from: HttpHead,
    visited: ReadonlySet<string>,
  ): Promise<Outcome<{ url: URL; address: Address }>> {
    const to = redirectTarget(from, url)
    if (!to) return fail("bad-redirect", "no usable location")
    const admitted = await mayFollow(to, visited)
    context.onRedirect({
      from: maskWebSeedUrl(url.href),
      to: maskWebSeedUrl(to.href),
      status: from.status,
      failure: admitted.ok ? null : admitted.failure,
    })
    return admitted.ok ? succeed({ url: to, address: admitted.value }) : admitted
  }

  async function mayFollow(to: URL, visited: ReadonlySet<string>): Promise<Outcome<Address>> {
    if (to.protocol !== "http:" && to.protocol !== "https:") return fail("bad-redirect", "to another scheme")
    if (visited.has(to.href)) return fail("bad-redirect", "a loop")
    if (visited.size > timing.maxRedirects) return fail("bad-redirect", "too many")
    return admitRedirect(context, to, { origin, public: isPublic }, patience.signal)
  }

  const why = await ask()
  patience.end()
  const last = head as HttpHead | null
  const found = judged as ReturnType<typeof judgeHead> | null
  return {
    failure: why,
    status: last?.status ?? null,
    headers: last?.headers ?? {},
    totalBytes: found?.totalBytes ?? null,
    rangeSupported: found?.rangeSupported ?? null,
    receivedBytes,
    finalUrl: url === origin.url ? null : maskWebSeedUrl(url.href),
    retryMs: last === null ? null : retryMs(last, delay),
  }
}

/** A user name and a password are for the host that the torrent names, and for nobody else; `identity`: hashes are of the file as it is. */
function headersFor(url: URL, origin: URL, want: Want, userAgent: string): Record<string, string> {
  const { range, lengthBytes } = want
  const { username, password } = origin
  const trusted = url.origin === origin.origin && username !== ""
  const credentials = () => Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")
  return {
    "user-agent": userAgent,
    accept: "*/*",
    "accept-encoding": "identity",
    ...(range === null ? {} : { range: `bytes=${range.offset}-${range.offset + lengthBytes - 1}` }),
    ...(trusted ? { authorization: `Basic ${credentials()}` } : {}),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Ends what takes too long: an answer after `answerMs`; then silence, and less than so much a second. What we hold back ourselves doesn't count. */
function createPatience(
  network: Pick<Network, "now" | "sleep">,
  timing: WebSeedTiming,
  outer: AbortSignal,
): {
  readonly signal: AbortSignal
  asked(): void
  answered(): void
  pause(): void
  received(bytes: number): void
  why(otherwise: Failure): Failure
  end(): void
} {
  const stop = new AbortController()
  const finished = new AbortController()
  const answerDueMs = network.now() + timing.answerMs
  let dueMs = answerDueMs
  let answeredMs = 0
  let pausedMs = 0
  let pausedSinceMs = 0
  let bytes = 0
  let expired = false
  const onAbort = () => stop.abort(outer.reason)
  outer.addEventListener("abort", onAbort, { once: true })
  if (outer.aborted) onAbort()

  void (async () => {
    while (!finished.signal.aborted) {
      const leftMs = dueMs - network.now()
      if (leftMs <= 0) {
        expired = true
        return stop.abort(new DOMException("deadline", "TimeoutError"))
      }
      await network.sleep(Math.min(leftMs, timing.graceMs), finished.signal)
    }
  })()

  return {
    signal: stop.signal,
    asked() {
      dueMs = answerDueMs
    },
    answered() {
      answeredMs = network.now()
      dueMs = answeredMs + timing.graceMs
    },
    pause() {
      pausedSinceMs = network.now()
      dueMs = Infinity
    },
    received(more) {
      const nowMs = network.now()
      bytes += more
      pausedMs += nowMs - pausedSinceMs
      const earnedMs = (1_000 * bytes) / timing.leastBytesPerSecond
      dueMs = Math.min(nowMs, answeredMs + pausedMs + earnedMs) + timing.graceMs
    },
    why: (otherwise) => (outer.aborted ? failure("aborted") : expired ? failure("timeout") : otherwise),
    end() {
      finished.abort()
      outer.removeEventListener("abort", onAbort)
    },
  }
}
