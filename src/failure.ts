/** Failures that we expect: values, recorded as evidence. Codes are stable; other programs rely on them. */
export const failureCodes = [
  // any socket
  "timeout", // no answer in time
  "refused", // the host answered with a reset to our SYN, or ICMP port unreachable
  "reset", // an established connection was reset
  "closed", // an established connection was closed by the other side
  "unreachable", // no route to the host or the network
  "filtered", // our own rules forbid the address
  "dns", // the name does not resolve
  "tls", // certificate or TLS handshake
  "no-socket", // we are out of sockets, ports or memory
  "aborted", // we stopped: the run ended
  "proxy", // our own SOCKS proxy failed or refused, which says nothing of whom we meant to reach
  // tracker replies
  "http-status", // not 200
  "bad-redirect", // too many, looping, or to a place that we refuse
  "too-large", // more bytes than we accept
  "bad-encoding", // broken or bomb-like gzip
  "bad-bencode", // not well-formed bencode
  "bad-reply", // well-formed, but not what the BEP says
  "tracker-refused", // `failure reason`, or a UDP error action
  "unsupported", // the other side, or this program, does not offer it
  "not-due", // asking now would break the tracker's minimum interval
  // DHT replies
  "dht-error", // a KRPC error message
  // wire
  "handshake-timeout",
  "protocol-error", // bytes that BEP 3, 6 or 10 do not allow
  "wrong-info-hash",
  "self", // we reached ourselves
  "duplicate", // a second connection of a peer that we already talk to
  "idle", // nothing more to ask
  "slower", // another transport to the same peer opened first
  "encryption", // MSE: no agreement on a method, or bytes that are none of it
  "no-rendezvous", // BEP 55: whom we asked for a holepunch could or would not help
  // samples
  "choked", // choked before the piece was whole
  "rejected", // BEP 6 reject of a claimed piece, while unchoked
  "snubbed", // unchoked, but no block within the block deadline
  "short-block", // a block of another length than requested
  "hash-mismatch",
  "budget", // a budget of ours ended it
  "bad-proof", // BEP 52: hashes that don't lead to the root
  // web seeds
  "no-range", // the whole file instead of the part that was asked for
  "wrong-length", // the file, or the part of it, is longer or shorter than it should be
  "unknown",
] as const

export type FailureCode = (typeof failureCodes)[number]

/** `detail` is for people: bounded, and free of addresses so that redaction has nothing to find in it. */
export interface Failure {
  code: FailureCode
  detail: string | null
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure }

export const succeed = <T>(value: T): Outcome<T> => ({ ok: true, value })

export const fail = (code: FailureCode, detail: string | null = null): { ok: false; failure: Failure } => ({
  ok: false,
  failure: failure(code, detail),
})

const maxDetailLength = 200

export const failure = (code: FailureCode, detail: string | null = null): Failure => ({
  code,
  detail: detail === null ? null : detail.slice(0, maxDetailLength),
})

const codeByErrno: Record<string, FailureCode> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "closed",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EAFNOSUPPORT: "unreachable",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  ENODATA: "dns",
  EMFILE: "no-socket",
  ENFILE: "no-socket",
  ENOBUFS: "no-socket",
  ENOMEM: "no-socket",
  EADDRINUSE: "no-socket",
  EACCES: "filtered",
  EPERM: "filtered",
  ABORT_ERR: "aborted",
}

/** The one classifier of errors thrown by Node and by libraries. Never a guess: what it doesn't know is `unknown` with the detail. */
export function classify(error: unknown): Failure {
  if (!(error instanceof Error)) return failure("unknown", String(error))
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  if (error.name === "AbortError") return failure("aborted")
  if (error.name === "TimeoutError") return failure("timeout")
  const known = codeByErrno[code]
  if (known) return failure(known, code)
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)) return failure("tls", code)
  return failure("unknown", code || error.name)
}

/** Bad input from the user: thrown, printed as `error[code]: message` and `hint: …`, and mapped to an exit code by cli.ts. */
export class InputError extends Error {
  readonly code: string
  readonly hint: string
  /** What the run found was printed all the same: no other document may follow it. */
  isAfterwards = false
  constructor(code: string, message: string, hint: string) {
    super(message)
    this.name = "InputError"
    this.code = code
    this.hint = hint
  }
}
