/**
 * A pool for graphile-worker, which says to nobody that a job has ended where the database is away just then: the rejection is awaited by
 * no one, and would end this process. What it takes for passing it tries again for hours, but it knows few errors for such: here they
 * all are, but for what no waiting mends.
 */
import type { Pool, PoolClient } from "pg"

/** `cannot_connect_now`: it tries again after three seconds, and then ever later. */
const passing = "57P03"
/** Syntax, names, rights. https://www.postgresql.org/docs/15/errcodes-appendix.html */
const ourFault = /^42/

/** What went wrong is its `cause`. */
function asPassing(error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  if (ourFault.test(code)) throw error
  throw Object.assign(new Error(String(error), { cause: error }), { code: passing })
}

export const patient = (pool: Pool): Pool =>
  instead(pool, {
    // With a callback it asks for the connection that it listens on, and connects again by itself.
    connect: (heard?: Parameters<Pool["connect"]>[0]) =>
      heard === undefined ? pool.connect().then(patientClient, asPassing) : pool.connect(heard),
  })

const patientClient = (client: PoolClient): PoolClient =>
  instead(client, {
    query: (...words: Parameters<PoolClient["query"]>) =>
      (client.query(...words) as unknown as Promise<unknown>).catch(asPassing),
  })

function instead<T extends object>(of: T, methods: Record<string, unknown>): T {
  return new Proxy(of, {
    get(_, name) {
      if (typeof name === "string" && Object.hasOwn(methods, name)) return methods[name]
      const value: unknown = Reflect.get(of, name)
      return typeof value === "function" ? value.bind(of) : value
    },
  })
}
