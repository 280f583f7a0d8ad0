/** nginx (Debian) with nothing of the machine's own configuration: one server per port, all below one host's directory. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readyMs } from "./client.ts"
import type { Host, Lab } from "./netns.ts"
import { until } from "./processes.ts"

export interface Site {
  readonly port: number
  /** Lines of its `server` block. */
  readonly lines: readonly string[]
}

export interface Nginx {
  /** Requests that a site has answered, as `METHOD path status range user-agent`. */
  requests(port: number): string[]
}

export async function startNginx(lab: Lab, host: Host, sites: readonly Site[]): Promise<Nginx> {
  const home = join(host.directory, "nginx")
  mkdirSync(home, { recursive: true })
  const logOf = (port: number) => join(home, `access-${port}.log`)
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `  ${name}_temp_path ${join(home, name)};`,
  )
  const servers = sites.map(
    ({ port, lines }) =>
      `  server {\n    listen ${host.ipv4}:${port};\n    access_log ${logOf(port)} short;\n    ${lines.join("\n    ")}\n  }`,
  )
  const config = [
    // What is below the lab's directory is root's alone.
    "user root;",
    "worker_processes 1;",
    "daemon off;",
    `pid ${join(home, "pid")};`,
    `error_log ${join(home, "error.log")};`,
    "events {}",
    "http {",
    "  default_type application/octet-stream;",
    "  log_format short '$request_method $uri $status $http_range $http_user_agent';",
    ...temporary,
    ...servers,
    "}",
    "",
  ].join("\n")
  const file = join(home, "nginx.conf")
  writeFileSync(file, config)
  lab.start(host, "nginx", ["-p", home, "-e", join(home, "error.log"), "-c", file])
  await until("nginx", readyMs, () => readFileSync(join(home, "pid"), "utf8").trim() !== "" || null)
  return {
    requests: (port) =>
      readFileSync(logOf(port), "utf8")
        .split("\n")
        .filter((line) => line !== ""),
  }
}
