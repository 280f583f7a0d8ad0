/** What a fleet's database holds, asked over its Unix socket: it is in a network that this process is not in. */
import { Client } from "pg"
import type { Snapshot } from "../../src/report.ts"
import { unpacked } from "../../src/store/history/body.ts"
import type { PostgresServer } from "../support/postgres-server.ts"

export interface DueRow {
  infoHash: string
  vantage: string
  dueAt: string
  state: string
  attempts: number
  worker: string | null
  auditId: string | null
}

export interface AuditRow {
  infoHash: string
  vantage: string
  id: string
  startedAt: string
  durationMs: number
  complete: number
  /** `["dead-tracker", "tracker:udp://…", "warn"]` */
  problems: [string, string, string][]
}

export interface FleetStore {
  /** As the superuser; a row for each object. Throws while the server is away. */
  ask<T>(sql: string, values?: readonly unknown[]): Promise<T[]>
  due(): Promise<DueRow[]>
  audits(): Promise<AuditRow[]>
  /** The newest snapshot of a torrent from each vantage point. */
  newestFrom(infoHash: string): Promise<Map<string, Snapshot>>
}

export function fleetStore({ socket, port }: PostgresServer, database: string): FleetStore {
  async function ask<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    // Anew each time: the server goes away, and comes back.
    const client = new Client({ host: socket, port, user: "postgres", database })
    client.on("error", () => {})
    try {
      await client.connect()
      return (await client.query(sql, [...values])).rows as T[]
    } finally {
      await client.end().catch(() => {})
    }
  }
  return {
    ask,
    due: () =>
      ask<DueRow>(
        `select info_hash as "infoHash", vantage, due_at as "dueAt", state, attempts, worker, audit_id as "auditId"
         from torrent_audit.due_audit`,
      ),
    audits: () =>
      ask<AuditRow>(
        `select info_hash as "infoHash", vantage, id, started_at as "startedAt", duration_ms as "durationMs", complete,
         problems::json as problems from torrent_audit.audit order by started_at`,
      ),
    async newestFrom(infoHash) {
      const rows = await ask<{ vantage: string; body: Uint8Array; format: number; id: string }>(
        `select distinct on (audit.vantage) audit.vantage, snapshot.body, snapshot.format, snapshot.id
         from torrent_audit.snapshot join torrent_audit.audit using (info_hash, started_at, id)
         where info_hash = $1 order by audit.vantage, started_at desc`,
        [infoHash],
      )
      const read = rows.map(async ({ vantage, body, format, id }) => {
        const snapshot = await unpacked(body, format, id)
        return [vantage, snapshot] as const
      })
      return new Map(await Promise.all(read))
    },
  }
}
