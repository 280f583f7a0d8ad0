/** By what users call a target or an audit: hashes and their beginnings, names, short ids. */
import type { Kysely } from "kysely"
import { limits } from "../../limits.ts"
import type { KeptAudit, KeptName } from "../history.ts"
import { text } from "../database/columns.ts"
import type { Tables } from "../database/tables.ts"

type Queries = Kysely<Tables>

const { leastDigits } = limits.history
const hexOfHash = new RegExp(`^[0-9a-f]{${leastDigits},64}$`, "i")
const hexOfId = new RegExp(`^[0-9a-f]{${leastDigits},8}$`, "i")

/** After every text of hexadecimal digits that begins so, and before all others. */
const after = (beginning: string): string => `${beginning}g`

const nameOf = (found: { info_hash: unknown; name: unknown }): KeptName => ({
  infoHash: text(found.info_hash),
  name: text(found.name),
})

const latestFirst = (queries: Queries) =>
  queries
    .selectFrom("target")
    .innerJoin("audit", "audit.info_hash", "target.info_hash")
    .select(["target.info_hash", "target.name"])
    .groupBy(["target.info_hash", "target.name"])
    .orderBy((by) => by.fn.max("audit.started_at"), "desc")

export async function all(queries: Queries): Promise<KeptName[]> {
  return (await latestFirst(queries).execute()).map(nameOf)
}

/** A name comes before a hash that begins alike: whoever calls a torrent `beef` can't be reached otherwise. */
export async function named(queries: Queries, wanted: string): Promise<KeptName[]> {
  const byName = await latestFirst(queries).where("target.name", "=", wanted).execute()
  if (byName.length > 0 || !hexOfHash.test(wanted)) return byName.map(nameOf)
  const hash = wanted.toLowerCase()
  const found = await latestFirst(queries)
    .where((where) =>
      where.or([
        where.between("target.info_hash", hash, after(hash)),
        where.between("target.info_hash_v2", hash, after(hash)),
      ]),
    )
    .execute()
  const exact = found.filter(({ info_hash }) => info_hash === hash)
  return (exact.length > 0 ? exact : found).map(nameOf)
}

export async function withId(queries: Queries, beginning: string): Promise<KeptAudit[]> {
  if (!hexOfId.test(beginning)) return []
  const id = beginning.toLowerCase()
  const found = await queries
    .selectFrom("audit")
    .select(["info_hash", "id", "started_at"])
    .where((where) => where.between("id", id, after(id)))
    .orderBy("started_at", "desc")
    .execute()
  return found.map((each) => ({
    infoHash: text(each.info_hash),
    id: text(each.id),
    startedAt: text(each.started_at),
  }))
}

export async function shortId(queries: Queries, infoHash: string, id: string): Promise<string> {
  const head = id.slice(0, leastDigits)
  const alike = await queries
    .selectFrom("audit")
    .select("id")
    .where("info_hash", "=", infoHash)
    .where((where) => where.between("id", head, after(head)))
    .execute()
  const others = alike.map((each) => text(each.id)).filter((each) => each !== id)
  let digits = leastDigits
  while (digits < id.length && others.some((other) => other.startsWith(id.slice(0, digits)))) digits++
  return id.slice(0, digits)
}
