/** What the role that workers have may not do, tried with psql. */
import type { Host, Lab } from "./netns.ts"
import { check, type Check } from "./table.ts"

const forbidden = [
  "drop table torrent_audit.audit",
  "drop table torrent_audit_jobs._private_jobs",
  "drop schema torrent_audit cascade",
  "truncate torrent_audit.audit cascade",
  "truncate torrent_audit.due_audit",
  "truncate torrent_audit_jobs._private_jobs",
  "alter table torrent_audit.audit add column note text",
  "alter table torrent_audit.setting owner to current_user",
  "create table torrent_audit.mine (note text)",
  "create table torrent_audit_jobs.mine (note text)",
  "create schema mine",
  "delete from torrent_audit.audit",
  "update torrent_audit.audit set status = 'ok'",
  "delete from torrent_audit.target",
  "delete from torrent_audit.fleet_target",
  "update torrent_audit.fleet_target set flags = '{}'",
  "insert into torrent_audit.fleet_target values ('x', 'x', null, 'magnet:', '{}', null, '* * * * *', null, 'x')",
  "update torrent_audit.schema_version set version = 99",
  "update torrent_audit.setting set value = ''",
  "create role another",
]

export async function checkRights(lab: Lab, host: Host, url: string): Promise<Check[]> {
  const options = { cwd: host.directory, env: {}, timeoutMs: 30_000 }
  const psql = (statement: string) =>
    lab.attempt(host, "psql", ["-X", "-v", "ON_ERROR_STOP=1", url, "-c", statement], options)
  const may = await psql("select count(*) from torrent_audit.audit")
  const checks = [check("the workers' role may read", may.code === 0, may.stderr)]
  for (const statement of forbidden) {
    const { code, stderr, stdout } = await psql(statement)
    const isRefused = code !== 0 && /permission denied|must be owner/.test(stderr)
    checks.push(check(`the workers' role may not: ${statement}`, isRefused, stderr || stdout))
  }
  return checks
}
