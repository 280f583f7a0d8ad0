/** The swarm in numbers: claimed beside measured. */
import * as z from "zod"
import { count, estimate, ratio, sourceKinds } from "../evidence.ts"

export const claims = ["supported", "plausible", "contradicted", "untestable"] as const
export type Claim = (typeof claims)[number]

const coverageRatio = ratio.nullable().optional()

export const roleCount = z.object({
  claimed: count.nullable().meta({ description: "the highest count of any tracker, ourselves subtracted" }),
  reached: count.meta({ description: "peers that told us what they hold" }),
  served: count.meta({ description: "reached peers that sent us a whole piece" }),
  verified: count.meta({ description: "reached peers that sent pieces and only right ones" }),
  possible: count.meta({ description: "reached, and every sighted peer that never told us" }),
  estimate: estimate
    .nullable()
    .meta({ description: "at least how many can be reached, by which sources named those whom we reached" }),
  coverageRatio: coverageRatio.meta({ description: "of `estimate`: Good–Turing, since 1.2" }),
  claim: z.enum(claims),
})
export type RoleCount = z.infer<typeof roleCount>

export const sourceCount = z.object({
  kind: z.enum(sourceKinds),
  via: z
    .string()
    .nullable()
    .meta({ description: "the tracker's URL; null: all who speak of this kind are one" }),
  peers: count.meta({ description: "addresses that it named, ourselves not counted" }),
  onlyHere: count.meta({ description: "named by no other source; what the user gave is none" }),
  reached: count.meta({ description: "of those named: they told us what they hold" }),
})
export type SourceCount = z.infer<typeof sourceCount>

const time = z.string().meta({ description: "ISO 8601 UTC, of a reading" })

const change = z.object({
  address: z.string(),
  client: z.string().nullable(),
  from: time,
  to: time,
  fromCount: count,
  toCount: count,
})

export const progress = z
  .object({
    from: time,
    to: time,
    runs: count.meta({ description: "this one included" }),
    confirmedCompletions: z
      .array(change)
      .meta({ description: "leechers seen with a part and later with every piece, by their own word" }),
    downloadsRise: z.array(
      z.object({
        url: z.string(),
        from: time,
        to: time,
        fromDownloads: count,
        toDownloads: count,
        rise: z.int().meta({ description: "of the tracker's own count; below zero: it counts anew" }),
      }),
    ),
    rewinds: z.array(
      change.extend({
        lost: count.meta({ description: "pieces claimed before and no longer" }),
        samePeerId: z.boolean(),
        regainedAt: time.nullable().meta({ description: "when it claimed as many again; null: not yet" }),
      }),
    ),
    stalled: z
      .array(
        z.object({
          address: z.string(),
          client: z.string().nullable(),
          from: time,
          to: time,
          haveCount: count,
          runs: count,
        }),
      )
      .meta({ description: "leechers that gained nothing over at least three runs, this one included" }),
  })
  .meta({ description: "what changed since earlier runs; not given: none is known; since 1.4" })
export type SwarmProgress = z.infer<typeof progress>

export const swarm = z.object({
  seeders: roleCount,
  leechers: roleCount,
  superSeeders: count.optional().meta({
    description: "of the seeders reached: they show their pieces one by one (BEP 16), since 1.3",
  }),
  partialSeeds: count.optional().meta({
    description: "of the leechers reached: they have what they want and only upload (BEP 21), since 1.3",
  }),
  population: estimate
    .nullable()
    .meta({ description: "all whom the sources name or would name, the departed whom they still list too" }),
  coverageRatio: coverageRatio.meta({
    description: "of `population`: Good–Turing, the share of sightings that other sources repeat; since 1.2",
  }),
  sources: z.array(sourceCount).optional().meta({ description: "who named whom; since 1.2" }),
  reachRatio: z.number().min(0).max(1).nullable(),
  funnel: z.object({
    sighted: count,
    dialled: count,
    connected: count,
    identified: count,
    claimed: count,
    unchoked: count,
    served: count,
    verified: count,
  }),
  webSeeds: z
    .object({
      asked: count,
      whole: count.meta({
        description: "sampled pieces were right, and nothing that it answered speaks against the rest",
      }),
      onlyThere: count.meta({ description: "pieces that no reached peer holds and a whole web seed has" }),
    })
    .optional()
    .meta({ description: "not given: none was asked; since 1.3" }),
  availability: z
    .object({
      rarest: count.meta({ description: "copies of the rarest piece among reached peers" }),
      distributedCopies: z.number().min(0),
      missingPieces: z.array(count),
      histogram: z
        .array(z.object({ copies: count, pieces: count }))
        .meta({ description: "ascending by copies" }),
      copies: z.array(count).max(1024).meta({
        description:
          "fewest copies in each of equal bins over the pieces, in order; one bin a piece when they fit",
      }),
    })
    .nullable(),
  files: z
    .array(z.object({ path: z.string(), rarest: count, missingPieces: z.array(count) }))
    .meta({ description: "files that are not padding, worst first, at most 1000; null-free" }),
  goodputBytesPerSecond: z.object({
    median: estimate.nullable(),
    total: z
      .number()
      .min(0)
      .nullable()
      .meta({ description: "a shared uplink counted once, at most what our link carries" }),
    ceiling: estimate
      .nullable()
      .optional()
      .meta({ description: "what our own link carried when peers slowed each other; since 1.1" }),
  }),
  fullCopyMs: estimate.nullable(),
  downloads: z
    .object({
      measured: count.meta({ description: "leechers whose HAVEs told a rate" }),
      leechers: count.meta({ description: "reached, and they want pieces: partial seeds (BEP 21) don't" }),
      bytesPerSecond: estimate.meta({ description: "of the measured, all together" }),
      grantedBytesPerSecond: z.number().min(0).nullable().meta({
        description: "beside it: what the reached seeders granted us, a shared uplink counted once",
      }),
    })
    .optional()
    .meta({ description: "what leechers receive; not given: of none is it known; since 1.4" }),
  completionsPerHour: estimate.nullable().meta({
    description:
      "copies that the leechers' downloads amount to; censored, without an upper end: not every leecher was measured",
  }),
  progress: progress.optional(),
  sampledPieces: z.object({
    verified: z.array(count),
    failed: z.array(count),
    unservableRatioHigh: z.number().min(0).max(1).nullable().meta({ description: "95% upper bound" }),
  }),
})
export type Swarm = z.infer<typeof swarm>
