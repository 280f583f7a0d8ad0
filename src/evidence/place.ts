/** Where a peer's address is, as a database on this machine has it. */
import * as z from "zod"

export const place = z
  .object({
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .nullable()
      .meta({ description: "ISO 3166-1 alpha-2" }),
    asn: z.int().min(0).max(4_294_967_295).nullable(),
    network: z.string().max(100).nullable().meta({ description: "who runs the autonomous system" }),
  })
  .meta({ description: "by --mmdb, of the address before it was redacted; since 1.5" })
export type Place = z.infer<typeof place>
