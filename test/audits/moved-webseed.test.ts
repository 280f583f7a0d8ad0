import { expect, test } from "vitest"
import { movedWebseed } from "../../src/audits/moved-webseed.ts"
import type { Evidence, WebSeed } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import {
  aFailedAnnounce,
  anEvidence,
  aSample,
  aSeeder,
  aSilentPeer,
  at,
  aTracker,
} from "../support/builders.ts"
import { anAttemptAt, aRedirect, aWebSeed, failedBy, refusedWith, seedUrl } from "../support/web-seeds.ts"

const judge = (seeds: WebSeed[], overrides: Partial<Evidence> = {}) =>
  movedWebseed.judge(anEvidence({ webSeeds: seeds, ...overrides }))
const alone = { trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })], peers: [aSilentPeer(1)] }
const inward = failure("bad-redirect", "to a loopback address")
const astray = aWebSeed({
  attempts: [failedBy(inward, 302), failedBy(inward, 302)],
  redirects: [aRedirect("http://127.0.0.1:8080/", { failure: inward })],
})

test.each([404, 410])("gone: %i twice", (status) => {
  const seed = aWebSeed({ attempts: [refusedWith(status), refusedWith(status, { path: "b.bin" })] })
  expect(judge([seed])).toMatchObject([
    {
      verdict: "warn",
      subject: `webseed:${seedUrl}`,
      because: `${seedUrl} answered HTTP ${status} for a.bin, b.bin`,
      measured: String(status),
    },
  ])
})

test("some files gone, others there", () => {
  const attempts = [anAttemptAt(), refusedWith(404, { path: "b.bin" }), refusedWith(404, { path: "b.bin" })]
  const seed = aWebSeed({ attempts, samples: [aSample(3)] })
  expect(judge([seed])).toMatchObject([
    { verdict: "warn", because: `${seedUrl} answered HTTP 404 for b.bin, and other pieces right` },
  ])
})

test("a redirect inward: told where to, and that it was not followed", () => {
  expect(judge([astray])).toMatchObject([
    {
      verdict: "warn",
      because: `${seedUrl} redirects to http://127.0.0.1:8080/, which was not followed: to a loopback address`,
      measured: "302",
      evidence: { redirects: [{ to: "http://127.0.0.1:8080/", failure: "to a loopback address" }] },
    },
  ])
})

test.each([301, 308])("moved for good: HTTP %i, and where to", (status) => {
  const to = "http://new.example.org/example/a.bin"
  const seed = aWebSeed({ redirects: [aRedirect(to, { status })], finalUrl: to })
  expect(judge([seed])).toMatchObject([
    {
      verdict: "warn",
      because: `${seedUrl} has moved for good (HTTP ${status}) to ${to}, where it answers`,
      advice: expect.stringContaining("Name the new place"),
    },
  ])
})

test.each<[string, WebSeed, Partial<Evidence>, string]>([
  ["one 404", aWebSeed({ attempts: [refusedWith(404)] }), {}, "once is too little"],
  [
    "a name that it may spell otherwise",
    aWebSeed({ attempts: [refusedWith(404, { path: "ü.bin" }), refusedWith(404, { path: "ö.bin" })] }),
    {},
    "spell such a name otherwise",
  ],
  [
    "404s where nothing else answers",
    aWebSeed({ attempts: [refusedWith(404), refusedWith(404)] }),
    alone,
    "between",
  ],
  ["a redirect inward where nothing else answers", astray, alone, "between"],
  [
    "a redirect inward where only our own network answers",
    astray,
    {
      trackers: [aTracker({ url: "http://192.168.1.2:6969/announce" })],
      peers: [aSeeder(1, { sources: [{ kind: "lsd", via: null, at: at(10) }] })],
      webSeeds: [astray, aWebSeed({ url: "http://192.168.1.3/" })],
    },
    "between",
  ],
  [
    "403",
    aWebSeed({ attempts: [refusedWith(403), refusedWith(403)] }),
    {},
    "answered HTTP 403, which may pass",
  ],
  ["429", aWebSeed({ attempts: [refusedWith(429)] }), {}, "may pass"],
  ["503", aWebSeed({ attempts: [refusedWith(503), refusedWith(503)] }), {}, "may pass"],
  ["silence", aWebSeed({ attempts: [failedBy(failure("timeout"), null)] }), {}, "no answer (timeout)"],
  [
    "a name that doesn't resolve",
    aWebSeed({ attempts: [failedBy(failure("dns"), null)] }),
    {},
    "no answer (dns)",
  ],
  [
    "our own rules",
    aWebSeed({ attempts: [], failure: failure("filtered", "our rules forbid a private address") }),
    {},
    "was not asked (our rules forbid a private address)",
  ],
])("%s accuses nobody", (_, seed, overrides, why) => {
  expect(judge([seed], overrides)).toMatchObject([
    { verdict: "inconclusive", because: expect.stringContaining(why) as string, advice: null },
  ])
})

test("where it should be: by itself, by a redirect for now, or by a step to https", () => {
  const seeds = [
    aWebSeed(),
    aWebSeed({ redirects: [aRedirect("http://cdn.example.org/x")], finalUrl: "http://cdn.example.org/x" }),
    aWebSeed({ redirects: [aRedirect("https://files.example.org/pub/example/a.bin", { status: 301 })] }),
    // A server of mirrors, one of which has moved.
    aWebSeed({
      redirects: [
        aRedirect("http://mirror.example.edu/a.bin"),
        aRedirect("http://b.example.edu/a.bin", { from: "http://mirror.example.edu/a.bin", status: 301 }),
        aRedirect("http://c.example.edu/a.bin", { from: "http://b.example.edu/a.bin", status: 308 }),
      ],
      finalUrl: "http://c.example.edu/a.bin",
    }),
  ]
  expect(judge(seeds)).toMatchObject([
    { verdict: "pass", because: "4 web seeds asked, all where the torrent says" },
  ])
  expect(judge([{ url: seedUrl }])).toEqual([])
})
