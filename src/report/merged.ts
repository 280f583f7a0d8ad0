/** What was concluded from audits of one torrent from several places, with all that it was concluded from (since 1.6). */
import * as z from "zod"
import {
  count,
  endpoint,
  estimate,
  evidence,
  failureSchema,
  familySchema,
  longestText,
  outcomes,
  ratio,
  sourceKinds,
  stages,
  time,
  torrent,
  vantageLabel,
} from "../evidence.ts"
import { limits } from "../limits.ts"
import { finding, verdict } from "../report.ts"

const { maxPlaces, maxRounds } = limits.merge

const role = z.object({
  claimed: count.nullable().meta({ description: "the highest count of any tracker, ourselves subtracted" }),
  reached: count,
  served: count,
  verified: count,
})

const vantage = z.object({
  label: vantageLabel,
  offline: z.boolean().meta({ description: "nothing at all answered: it tells of nobody but itself" }),
  verdict: verdict.meta({ description: "of its newest audit, by itself" }),
  swarm: z
    .object({
      seeders: role,
      leechers: role,
      heard: count.meta({ description: "peers that may be in the swarm, as far as it heard" }),
      reachRatio: ratio.nullable(),
      onlyHere: count.nullable().meta({ description: "peers that no other place reached; null: not known" }),
    })
    .meta({ description: "of its newest audit" }),
  rounds: z.array(evidence).min(1).max(maxRounds).meta({ description: "its audits, oldest first, whole" }),
})
export type MergedVantage = z.infer<typeof vantage>

const peer = z.object({
  address: endpoint,
  alsoAt: z.array(endpoint).max(10_000),
  client: z.string().max(1_000).nullable(),
  seeder: z.boolean().nullable().meta({ description: "by its own word; null: nobody reached it" }),
  seen: z
    .array(
      z.object({
        vantage: vantageLabel,
        stage: z.enum(stages),
        outcome: z.enum(outcomes),
        reached: z.boolean().meta({ description: "it told this place what it holds" }),
        sources: z
          .array(
            z.object({
              kind: z.enum(sourceKinds),
              via: z.string().max(longestText).nullable().meta({ description: "a tracker's URL" }),
            }),
          )
          .meta({ description: "who named it there, each once" }),
      }),
    )
    .meta({ description: "by the newest audit of each place" }),
})
export type MergedPeer = z.infer<typeof peer>

const answer = z.object({
  vantage: vantageLabel,
  at: time,
  by: z.enum(["announce", "scrape"]),
  family: familySchema.nullable(),
  ok: z.boolean(),
  failure: failureSchema.nullable(),
  ms: z.number().min(0).nullable(),
  reused: z.boolean(),
  seeders: count.nullable(),
  leechers: count.nullable().meta({ description: "ourselves subtracted" }),
  peers: count.nullable().meta({ description: "named in this reply, ourselves not counted" }),
})
export type MergedAnswer = z.infer<typeof answer>

const tracker = z.object({ url: z.string().max(longestText), answers: z.array(answer) })
export type MergedTracker = z.infer<typeof tracker>

const mergedRole = role.extend({
  reached: count.nullable().meta({ description: "by any place; null: peers can't be matched" }),
  served: count.nullable(),
  verified: count.nullable(),
  estimate: estimate.nullable().meta({ description: "as `population`, of this role" }),
})

export const mergedFinding = finding.extend({
  vantages: z.array(vantageLabel).meta({ description: "places that it is about, or that made it" }),
})
export type MergedFinding = z.infer<typeof mergedFinding>

/** What `merge --json` prints. */
export const merged = z
  .object({
    schemaVersion: z.string(),
    tool: z.object({ name: z.literal("torrent-audit"), version: z.string() }),
    document: z.literal("merge"),
    torrent,
    vantages: z.array(vantage).min(1).max(maxPlaces),
    notes: z.array(z.string()).meta({ description: "what to know before reading on" }),
    verdict,
    swarm: z.object({
      seeders: mergedRole,
      leechers: mergedRole,
      found: count.nullable().meta({ description: "peers named to any place; null: they can't be matched" }),
      reached: count.nullable(),
      reachRatio: ratio.nullable().meta({ description: "of those who may be in the swarm" }),
      population: estimate.nullable().meta({
        description:
          "how many can be reached from these places: capture and recapture, the places being the occasions",
      }),
      because: z.string().nullable().meta({ description: "why there is no such estimate" }),
      missingPieces: z
        .array(count)
        .nullable()
        .meta({ description: "held by nobody whom any place reached; null: nobody was reached" }),
    }),
    peers: z.array(peer),
    trackers: z.array(tracker),
    findings: z.array(mergedFinding),
    error: z.null(),
  })
  .meta({ description: "audits of one torrent from several places; since 1.6" })
export type Merged = z.infer<typeof merged>
