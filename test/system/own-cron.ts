/** Debian's cron and crontab as they are, with a spool, a configuration and a mail program of their own: nothing of the machine's is seen or touched. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export interface OwnCron {
  /** A directory whose `crontab` is that of this cron. */
  path: string
  /** As it lies in the spool, after the three lines that `crontab` puts first; null: there is none. */
  crontab(): Buffer | null
  /** As a user would. */
  write(crontab: Buffer): void
  /** From now on what is due is started. */
  start(): void
  /** Whole messages, as handed to the mail program, in no order. */
  mails(): string[]
  stop(): Promise<void>
}

const spool = "/var/spool/cron/crontabs"

/** Needs root, for a mount namespace. */
export async function ownCron(folder: string): Promise<OwnCron> {
  const [programs, mail, path] = [join(folder, "sbin"), join(folder, "mail"), join(folder, "bin")]
  for (const each of [programs, mail, path]) mkdirSync(each)
  const program = (file: string, script: string) =>
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  program(join(programs, "sendmail"), `cat > '${mail}/'part$$ && mv '${mail}/'part$$ '${mail}/'whole$$`)
  const script = `set -e
    cp /usr/sbin/cron '${programs}'
    mount -t tmpfs none /var/spool/cron
    mkdir -m 1730 ${spool}
    chgrp crontab ${spool}
    mount -t tmpfs none /etc/cron.d
    mount --bind /dev/null /etc/crontab
    mount -t tmpfs none /run
    mount --bind '${programs}' /usr/sbin
    echo ready
    exec cat`
  // It lives as long as its input: it ends with us, however we end.
  const keeper = spawn("unshare", ["-m", "--propagation", "private", "sh", "-c", script], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once("data", () => resolve())
    keeper.once("close", (status) => reject(new Error(`no namespace: exit status ${status}`)))
  })
  const inside = ["-t", String(keeper.pid), "-m", "--"]
  program(
    join(path, "crontab"),
    `PATH=/usr/bin:/bin; export PATH\nexec nsenter ${inside.join(" ")} crontab "$@"`,
  )
  const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("close", resolve))
  let daemon: ChildProcess | null = null

  return {
    path,
    crontab() {
      const { status, stdout } = spawnSync("nsenter", [...inside, "sh", "-c", `tail -n +4 ${spool}/*`])
      return status === 0 ? stdout : null
    },
    write(input) {
      const { status, stderr } = spawnSync(join(path, "crontab"), ["-"], { input })
      if (status !== 0) throw new Error(String(stderr))
    },
    start() {
      daemon = spawn("nsenter", [...inside, "/usr/sbin/cron", "-f"], { stdio: "ignore" })
    },
    mails: () =>
      readdirSync(mail)
        .filter((name) => name.startsWith("whole"))
        .map((name) => readFileSync(join(mail, name), "utf8")),
    async stop() {
      if (daemon !== null) {
        const down = ended(daemon)
        daemon.kill()
        await down
      }
      const gone = ended(keeper)
      keeper.stdin.end()
      await gone
    },
  }
}
