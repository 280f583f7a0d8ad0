/** Web seeds with what a test cares about said, and the rest plausible. */
import type { AskedWebSeed, WebSeedAttempt, WebSeedRedirect } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import { aSample, at, pieceBytes } from "./builders.ts"

export const seedUrl = "http://files.example.org/pub/"

export const anAttemptAt = (overrides: Partial<WebSeedAttempt> = {}): WebSeedAttempt => ({
  at: at(300),
  atMs: 300,
  ms: 40,
  path: "a.bin",
  piece: 0,
  offset: 0,
  wantedBytes: pieceBytes,
  receivedBytes: pieceBytes,
  status: 206,
  totalBytes: 8 * pieceBytes,
  ok: true,
  failure: null,
  ...overrides,
})

const failed = { ok: false, receivedBytes: 0, totalBytes: null } as const

export const refusedWith = (status: number, overrides: Partial<WebSeedAttempt> = {}): WebSeedAttempt =>
  anAttemptAt({ ...failed, status, failure: failure("http-status", `HTTP ${status}`), ...overrides })

export const failedBy = (
  why: ReturnType<typeof failure>,
  status: number | null,
  overrides: Partial<WebSeedAttempt> = {},
): WebSeedAttempt => anAttemptAt({ ...failed, status, failure: why, ...overrides })

/** Sent right pieces, unless its attempts or samples say otherwise. */
export function aWebSeed(overrides: Partial<AskedWebSeed> = {}): AskedWebSeed {
  const attempts = overrides.attempts ?? [anAttemptAt(), anAttemptAt({ piece: 3 })]
  const ok = attempts.some((attempt) => attempt.ok)
  return {
    url: seedUrl,
    bep: 19,
    ok,
    failure: attempts.at(-1)?.failure ?? null,
    attempts,
    redirects: [],
    finalUrl: null,
    rangeSupported: ok ? true : null,
    lengthsRight: ok ? true : null,
    server: "nginx/1.22.1",
    lastModified: null,
    etag: null,
    samples: ok ? [aSample(3, { atMs: 300 }), aSample(9, { atMs: 600 })] : [],
    goodputBytesPerSecond: null,
    ...overrides,
  }
}

export const aRedirect = (to: string, overrides: Partial<WebSeedRedirect> = {}): WebSeedRedirect => ({
  from: `${seedUrl}example/a.bin`,
  to,
  status: 302,
  failure: null,
  ...overrides,
})
