/** One web seed of a torrent: a server that holds its files (BEP 19), or that answers for its pieces (BEP 17). */
import type { AskedWebSeed, Sample, Torrent, WebSeedAttempt } from "../evidence.ts"
import { fail, failure, succeed, type Failure, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Address, Network } from "../network.ts"
import type { AddressRules } from "../torrent/endpoint.ts"
import { maskWebSeedUrl } from "../torrent/tracker-url.ts"
import { plainText } from "./plain-text.ts"
import type { Lane } from "./throttle.ts"
import { createErrands, type Errand } from "./web-seed/errands.ts"
import { createIntake, type Intake } from "./web-seed/intake.ts"
import { layoutOf } from "./web-seed/layout.ts"
import type { PieceHashes } from "./web-seed/piece-hash.ts"
import { admitUrl } from "./web-seed/place.ts"
import { requestOf, type Reply, type RequestContext, type WebSeedTiming } from "./web-seed/request.ts"
import { httpUrl } from "./web-seed/url.ts"

export type { PieceHashes } from "./web-seed/piece-hash.ts"

export interface WebSeedContext {
  readonly url: string
  readonly bep: 17 | 19
  readonly torrent: Torrent
  readonly hashes: PieceHashes
  /** 20 bytes; null: v2 only, for which BEP 17 has no word. */
  readonly infoHash: Uint8Array | null
  readonly rules: AddressRules
  readonly families: readonly Address["family"][]
  readonly userAgent: string
  readonly network: Pick<Network, "http" | "resolve" | "now" | "date" | "sleep">
  readonly lane: Pick<Lane, "reserve">
  readonly timing: WebSeedTiming
  readonly maxRequests: number
  readonly startedMs: number
  /** Requests beyond `maxRequests` were left out. */
  onDropped(): void
}

export interface WebSeedSession {
  /** Grows while it is asked. */
  readonly record: AskedWebSeed
  readonly payloadBytes: number
  /** Requests that a piece takes; a piece that must not be asked for takes Infinity. */
  requestsFor(piece: number): number
  /** The start of a piece, and of nothing else: does it answer, and how? */
  probe(piece: number, signal: AbortSignal): Promise<Failure | null>
  /** These pieces, one after the other, as long as they come. Each that was begun is a sample. Never rejects. */
  fetch(firstPiece: number, count: number, signal: AbortSignal): Promise<Failure | null>
  /** The piece on its way, as it stands. */
  unfinished(): readonly Sample[]
  /** What the last answer asked us to wait. */
  readonly retryMs: number | null
}

export function createWebSeed(context: WebSeedContext): WebSeedSession {
  const { url, bep, torrent, network, timing } = context
  const layout = layoutOf(torrent)
  const errands = createErrands(context, layout)
  const now = () => network.now() - context.startedMs
  const record: AskedWebSeed = {
    url: maskWebSeedUrl(url),
    bep,
    ok: false,
    failure: null,
    attempts: [],
    redirects: [],
    finalUrl: null,
    rangeSupported: null,
    lengthsRight: null,
    server: null,
    lastModified: null,
    etag: null,
    samples: [],
    goodputBytesPerSecond: null,
  }
  let addresses: Address[] | null = null
  let intake: Intake | null = null
  let payloadBytes = 0
  let requests = 0
  let lastRetryMs: number | null = null

  const requestContext: RequestContext = {
    network,
    rules: context.rules,
    families: context.families,
    userAgent: context.userAgent,
    timing,
    onRedirect(redirect) {
      const known = record.redirects.some(({ from, to }) => from === redirect.from && to === redirect.to)
      if (!known && record.redirects.length < limits.webSeed.maxRedirectsKept) record.redirects.push(redirect)
    },
  }

  /** Whether it may be asked at all, and where; asked again only until it is known. */
  async function addressesOf(to: URL, signal: AbortSignal): Promise<Outcome<Address[]>> {
    if (addresses !== null) return succeed(addresses)
    const enough = new AbortController()
    const late = network.sleep(timing.answerMs, enough.signal).then(() => enough.abort())
    const found = await admitUrl(requestContext, to, AbortSignal.any([signal, enough.signal]))
    const timedOut = enough.signal.aborted
    enough.abort()
    await late
    if (!found.ok) return timedOut && !signal.aborted ? fail("timeout") : found
    addresses = found.value
    return found
  }

  /** The next address of its name, where this one did not even answer. */
  function turnAway(why: Failure): void {
    const unheard = why.code === "refused" || why.code === "unreachable" || why.code === "timeout"
    if (unheard && addresses !== null) addresses.push(...addresses.splice(0, 1))
  }

  async function ask(
    piece: number,
    errand: Errand,
    sink: Intake | null,
    signal: AbortSignal,
  ): Promise<Failure | null> {
    const refuse = (why: Failure): Failure => {
      record.failure = why
      return why
    }
    if (errand.url === null) return refuse(failure("unsupported", "no HTTP URL can be made of it"))
    if (requests >= context.maxRequests) {
      context.onDropped()
      return refuse(failure("budget", "requests"))
    }
    requests++
    const at = network.date().toISOString()
    const atMs = now()
    const found = await addressesOf(errand.url, signal)
    const address = found.ok ? found.value[0] : undefined
    const reply =
      found.ok && address
        ? await send({ url: errand.url, address }, errand, sink, signal)
        : unanswered(found.ok ? failure("dns") : found.failure)
    if (reply.status === null && reply.failure) turnAway(reply.failure)
    note(errand, piece, reply, { at, atMs })
    return reply.failure
  }

  function send(
    origin: { url: URL; address: Address },
    { offset, lengthBytes, fileBytes }: Errand,
    sink: Intake | null,
    signal: AbortSignal,
  ): Promise<Reply> {
    const range = fileBytes === null ? null : { offset, fileBytes }
    const want = { lengthBytes, range, wholeUpToBytes: sink === null ? 0 : torrent.pieceBytes }
    sink?.asked()
    return requestOf(
      requestContext,
      origin,
      want,
      async (bytes) => {
        payloadBytes += bytes.length
        const waitMs = context.lane.reserve(bytes.length) - network.now()
        if (waitMs > 0) sink?.capped()
        sink?.add(bytes)
        if (waitMs <= 0) return true
        await network.sleep(waitMs, signal)
        return !signal.aborted
      },
      signal,
    )
  }

  function note(
    { path, offset, lengthBytes, fileBytes }: Errand,
    piece: number,
    reply: Reply,
    when: { at: string; atMs: number },
  ): void {
    const { status, totalBytes, receivedBytes } = reply
    const attempt: WebSeedAttempt = {
      ...when,
      ms: now() - when.atMs,
      path,
      piece,
      offset,
      wantedBytes: lengthBytes,
      receivedBytes,
      status,
      totalBytes,
      ok: reply.failure === null,
      failure: reply.failure,
    }
    record.attempts.push(attempt)
    record.failure = reply.failure
    record.ok ||= attempt.ok
    record.finalUrl ??= reply.finalUrl
    // Once is enough to know that it doesn't always.
    if (reply.rangeSupported !== null)
      record.rangeSupported = reply.rangeSupported && record.rangeSupported !== false
    if (totalBytes !== null && fileBytes !== null)
      record.lengthsRight = totalBytes === fileBytes && record.lengthsRight !== false
    const { headers } = reply
    record.server ??= headerText(headers["server"])
    record.lastModified ??= headerText(headers["last-modified"])
    record.etag ??= headerText(headers["etag"])
    lastRetryMs = reply.retryMs
  }

  return {
    record,
    get payloadBytes() {
      return payloadBytes
    },
    get retryMs() {
      return lastRetryMs
    },
    requestsFor(piece) {
      const real = errands.of(piece, 1).filter(({ pad }) => !pad)
      return real.some((errand) => errand.url === null) ? Infinity : real.length
    },
    async probe(piece, signal) {
      if (httpUrl(url) === null) return (record.failure = failure("unsupported", "not HTTP"))
      const first = errands.toProbe(piece)
      return first && ask(piece, first, null, signal)
    },
    async fetch(firstPiece, count, signal) {
      const sink = createIntake({
        firstPiece,
        count,
        hashes: context.hashes,
        pieceBytes: (piece) => layout.pieceBytes(piece),
        now,
        onSample: (sample) => void record.samples.push(sample),
      })
      intake = sink
      let why: Failure | null = null
      for (const errand of errands.of(firstPiece, count)) {
        if (errand.pad) addZeros(sink, errand.lengthBytes)
        else why = await ask(firstPiece, errand, sink, signal)
        if (signal.aborted) why ??= failure("aborted")
        if (why !== null) break
      }
      intake = null
      const rest = why && sink.unfinished(why)
      if (rest) record.samples.push(rest)
      return why
    },
    unfinished: () => [intake?.unfinished(null)].filter((sample) => sample != null),
  }
}

const zeros = new Uint8Array(65_536)

function addZeros(sink: Intake, lengthBytes: number): void {
  for (let left = lengthBytes; left > 0; left -= zeros.length) sink.add(zeros.subarray(0, left), true)
}

const unanswered = (why: Failure): Reply => ({
  failure: why,
  status: null,
  headers: {},
  totalBytes: null,
  rangeSupported: null,
  receivedBytes: 0,
  finalUrl: null,
  retryMs: null,
})

const headerText = (text: string | undefined): string | null =>
  text === undefined ? null : plainText(Buffer.from(text), limits.webSeed.maxHeaderText)
