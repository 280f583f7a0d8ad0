/** What every part of the evidence is made of. */
import * as z from "zod"
import { failureCodes } from "../failure.ts"

export const count = z.int().min(0)
export const ms = z.number().min(0)
/** Of a name, a path or a URL, in characters: far longer than any that we record. */
export const longestText = 100_000
export const ratio = z.number().min(0).max(1)
export const time = z.iso.datetime({ precision: 3 })

/** "host:port", IPv6 in brackets; in a redacted snapshot a token in place of the address. */
/** Of a vantage point: fit for a file name, a metric's label and a queue's name. */
export const vantageLabel = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}$/)

export const endpoint = z.string().max(100).meta({ description: "host:port, IPv6 in brackets" })
export type Endpoint = z.infer<typeof endpoint>

/** Lowercase hex: 40 (v1, SHA-1) or 64 (v2, SHA-256) digits, of `info` as received. */
export type InfoHash = string

export const familySchema = z.enum(["ipv4", "ipv6"])
export type Family = z.infer<typeof familySchema>

export const failureSchema = z.object({ code: z.enum(failureCodes), detail: z.string().max(200).nullable() })

/** An estimate: never a bare number. `censored`: a cap of ours was hit, so the truth may be higher. */
export const estimate = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number().nullable().meta({ description: "null: no upper bound is known" }),
  n: count.meta({ description: "independent observations behind it" }),
  confidence: ratio,
  censored: z.boolean(),
})
export type Estimate = z.infer<typeof estimate>
