/** Whole audits of a torrent with web seeds: what is asked of them, when, and what it comes to. */
import { expect, onTestFinished, test } from "vitest"
import { judge } from "../../src/audit.ts"
import { gatherOptions } from "../../src/commands/request.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { forgetful } from "../../src/discovery/answers.ts"
import { noNodes } from "../../src/discovery/dht.ts"
import { evidence as schema, type Evidence } from "../../src/evidence.ts"
import { gather, type GatherOptions } from "../../src/gather.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { hostileHttp, type Handler } from "../discovery/hostile-http.ts"
import { castOf, seeder } from "../support/audit.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

const sizes = new Map([
  ["a.bin", [0, 700_000]],
  ["b.bin", [700_000, 600_000]],
])

function bytesAt(start: number, length: number): Buffer {
  const { pieceBytes } = smallPayload
  const out = Buffer.alloc(length)
  for (let at = 0; at < length;) {
    const piece = Math.floor((start + at) / pieceBytes)
    const offset = (start + at) % pieceBytes
    const part = Math.min(length - at, smallPayload.pieceLength(piece) - offset)
    out.set(smallPayload.read(piece, offset, part), at)
    at += part
  }
  return out
}

/** `change` may spoil what is sent. */
const web =
  (change: (body: Buffer) => Buffer = (body) => body): Handler =>
  (request, response, path) => {
    const [start = 0, length = 0] = sizes.get(path.split("/").at(-1) ?? "") ?? []
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")
    if (length === 0 || !range) {
      response.writeHead(404).end()
      return
    }
    const [first, last] = [Number(range[1]), Number(range[2])]
    response.writeHead(206, { "content-range": `bytes ${first}-${last}/${length}` })
    response.end(change(bytesAt(start + first, last - first + 1)))
  }

async function auditOf(
  handlers: readonly Handler[],
  options: Partial<GatherOptions> = {},
  swarmOptions = castOf(),
): Promise<{ evidence: Evidence; requests: string[][] }> {
  const swarm = await swarmFor(swarmOptions)
  const servers = await Promise.all(handlers.map((handler) => hostileHttp(handler)))
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.close()))))
  const metainfo = parseMetainfo(swarm.torrentBytes)
  const evidence = await gather(
    {
      metainfo: {
        ...metainfo,
        webSeeds: servers.map(({ url }) => ({ url: `${url}/pub/`, bep: 19 as const })),
      },
    },
    {
      ...gatherOptions({ pace: ["lab"], timeout: ["40s"], "allow-local": true }),
      families: ["ipv4"],
      dht: false,
      pex: false,
      ...options,
    },
    {
      network: loopbackNetwork(),
      answers: forgetful,
      nodes: noNodes,
      onProgress: () => {},
      stop: new AbortController().signal,
    },
  )
  expect(schema.parse(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence)
  return { evidence, requests: servers.map(({ requests }) => requests) }
}

const problems = (evidence: Evidence) =>
  judge(evidence)
    .findings.filter(({ verdict }) => verdict === "warn" || verdict === "fail")
    .map(({ audit }) => audit)

test("nobody but a web seed: downloadable, and said to be only there", async () => {
  const { evidence } = await auditOf([web()])
  const [seed] = evidence.webSeeds
  expect(seed).toMatchObject({ ok: true, failure: null, rangeSupported: true, lengthsRight: true, bep: 19 })
  expect(seed?.samples?.length).toBeGreaterThan(7)
  expect(seed?.samples?.filter(({ verified }) => verified === false)).toEqual([])
  expect(evidence.run).toMatchObject({ complete: true, discovery: { webSeeds: "on" } })
  const taken = seed?.samples?.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
  expect(evidence.run.usage.payloadBytes).toBeGreaterThanOrEqual(taken)
  const report = judge(evidence)
  expect(report.verdict).toMatchObject({
    status: "ok",
    downloadable: "yes",
    because: expect.stringMatching(/^Every piece is only on 1 web seed; \d+ sampled pieces verified$/),
  })
  expect(report.swarm.webSeeds).toEqual({ asked: 1, whole: 1, onlyThere: 20 })
})

test("pieces that no peer holds count as the web seed's", async () => {
  const half = seeder("half", { holds: Uint8Array.of(0xff, 0xf0, 0) })
  const { evidence } = await auditOf([web()], {}, castOf(half))
  const report = judge(evidence)
  expect(report.verdict.because).toMatch(/^8 pieces of 20 only on 1 web seed; /)
  expect(report.swarm.webSeeds).toEqual({ asked: 1, whole: 1, onlyThere: 8 })
  expect(report.swarm.availability?.missingPieces).toHaveLength(8)
  expect(problems(evidence)).toEqual([])
})

test("wrong bytes, beside a right one: accused, and not counted", async () => {
  const { evidence } = await auditOf([web((body) => body.fill(0, 0, 1)), web()])
  const [stale, right] = evidence.webSeeds
  const found = judge(evidence).findings.filter(({ verdict }) => verdict === "warn")
  expect(found).toMatchObject([{ audit: "stale-webseed", subject: `webseed:${stale?.url}` }])
  expect(judge(evidence).swarm.webSeeds).toMatchObject({ asked: 2, whole: 1 })
  expect(stale?.samples?.filter(({ verified }) => verified === false)).toHaveLength(3)
  expect(right?.samples?.some(({ verified }) => verified === false)).toBe(false)
})

test("gone, ignoring ranges, and redirecting inward: each its own finding, after few requests", async () => {
  const inner = await hostileHttp(web())
  onTestFinished(() => inner.close())
  const { evidence, requests } = await auditOf([
    (_, response) => void response.writeHead(410).end(),
    (_, response) => void response.end(Buffer.alloc(700_000)),
    (_, response) => void response.writeHead(302, { location: inner.url }).end(),
  ])
  expect(problems(evidence).toSorted()).toEqual([
    "moved-webseed",
    "moved-webseed",
    "no-seeder",
    "rangeless-webseed",
  ])
  expect(requests.map((each) => each.length)).toEqual([3, 3, 3])
  expect(inner.requests).toEqual([])
  expect(evidence.webSeeds[2]?.redirects?.[0]).toMatchObject({
    to: `${inner.url}/`,
    failure: { code: "bad-redirect", detail: "to a loopback address" },
  })
  expect(judge(evidence).verdict.downloadable).toBe("no")
})

test("busy: asked twice, and nothing is said against it", async () => {
  const { evidence, requests } = await auditOf([(_, response) => void response.writeHead(503).end()])
  expect(problems(evidence)).toEqual([])
  expect(requests[0]?.length).toBe(3)
  expect(judge(evidence).verdict.downloadable).toBe("unknown")
})

test.each<[string, Partial<GatherOptions>, number, string]>([
  ["--no-web-seeds", { webSeeds: false }, 0, "off"],
  ["depth discover", { depth: "discover" }, 0, "off"],
  ["depth handshake: one block", { depth: "handshake" }, 1, "on"],
  ["no --allow-local", { allowLocal: false }, 0, "on"],
])("%s", async (_, options, count, use) => {
  const { evidence, requests } = await auditOf([web()], options)
  expect(requests[0]).toHaveLength(count)
  expect(evidence.run.discovery?.webSeeds).toBe(use)
  expect(evidence.webSeeds[0]?.samples ?? []).toEqual([])
})

test("depth full takes every piece, in as few requests as there are files", async () => {
  const { evidence, requests } = await auditOf([web()], { depth: "full", samplePieces: 1 })
  const right = new Set(evidence.webSeeds[0]?.samples?.map(({ piece, verified }) => verified && piece))
  expect(right.size).toBe(20)
  expect(requests[0]?.length).toBeLessThanOrEqual(5)
})

test("the budget holds", async () => {
  const { evidence } = await auditOf([web(), web(), web()], { maxDownloadBytes: 600_000 })
  const { payloadBytes } = evidence.run.usage
  expect([payloadBytes > 0, payloadBytes <= 600_000]).toEqual([true, true])
  const none = await auditOf([web()], { maxDownloadBytes: 10_000 })
  expect(none.evidence.run.usage.payloadBytes).toBe(0)
  expect(none.evidence.run.capsHit.map(({ cap }) => cap)).toContain("max-download")
})
