/**
 * Message stream encryption on loopback: handshakes with their TCP connections, with both ends in this process and with the other end
 * in another, per second and per second of this process's CPU (a core to itself); goodput through one TCP connection from another process, plaintext and RC4; and, where python3-libtorrent
 * is installed, libtorrent's between two of its processes, which hash and write what they move. A goodput is that of the middle 90%
 * of the payload, the best of three.
 */
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { failure, type Outcome } from "../src/failure.ts"
import { realNetwork, type Connection } from "../src/network.ts"
import { encryptOutgoing, receiveEncryption } from "../src/wire/mse.ts"
import { record } from "./record.ts"

const host = "127.0.0.1"
const handshakes = 2_000
const atOnce = 20
const rounds = 3
const payloadBytes = 2 ** 28
const payloadMiB = payloadBytes / 2 ** 20
const blockBytes = 16_384
const network = realNetwork()
const infoHash = Buffer.alloc(20, 1)
const timeoutMs = 10_000
const signal = new AbortController().signal

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.code} ${outcome.failure.detail}`)
  return outcome.value
}

const answer = (connection: Connection, policy: "prefer" | "require") =>
  receiveEncryption(connection, { infoHashes: [infoHash], policy, network, timeoutMs })

async function dial(port: number): Promise<Connection> {
  return valueOf(await network.connect({ host, port, signal, timeoutMs }))
}

const encrypt = async (connection: Connection): Promise<Connection> =>
  valueOf(await encryptOutgoing(connection, { infoHash, offers: "rc4", network, timeoutMs, signal }))

interface Handshakes {
  perSecond: number
  /** Of this process. */
  cpuMs: number
}

/** The best of five times a fifth; a handshake is over when both ends know the method, as far as they are here. */
async function measureHandshakes(port: number, answered: () => Promise<unknown>): Promise<Handshakes> {
  async function dialMany(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      const connection = await encrypt(await dial(port))
      connection.close(failure("idle"))
    }
  }
  const run = (count: number) =>
    Promise.all(Array.from({ length: atOnce }, () => dialMany(count / atOnce))).then(answered)
  await run(handshakes / 5)
  const best = { perSecond: 0, cpuMs: Infinity }
  for (let round = 0; round < 5; round++) {
    const [cpu, start] = [process.cpuUsage(), performance.now()]
    await run(handshakes / 5)
    const ms = performance.now() - start
    const { user, system } = process.cpuUsage(cpu)
    best.perSecond = Math.max(best.perSecond, handshakes / 5 / (ms / 1_000))
    best.cpuMs = Math.min(best.cpuMs, (user + system) / 1_000 / (handshakes / 5))
  }
  return best
}

async function measureBothEnds(): Promise<Handshakes> {
  const answers: Promise<Outcome<Connection>>[] = []
  const onConnection = (connection: Connection) => void answers.push(answer(connection, "require"))
  const listener = valueOf(await network.listen(0, onConnection))
  const measured = await measureHandshakes(listener.port, () => Promise.all(answers))
  listener.close()
  return measured
}

/** As an audit dials: the other end is another process. */
async function measureOneEnd(): Promise<Handshakes> {
  const other = spawn(process.execPath, [import.meta.filename, "answer"], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const [port] = (await once(other.stdout, "data")) as [Buffer]
  const measured = await measureHandshakes(Number(port), () => Promise.resolve())
  other.stdin.end()
  if (other.exitCode === null) await once(other, "exit")
  return measured
}

/** The other process: whoever dials is answered, until the end of its input. */
async function answerAll(): Promise<void> {
  const listener = valueOf(
    await network.listen(0, (connection) => {
      void answer(connection, "require")
    }),
  )
  console.log(listener.port)
  process.stdin.on("end", () => listener.close()).resume()
}

/** The other process: as many blocks as the reader takes. */
async function send(port: number, encryption: string): Promise<void> {
  const connection = await dial(port)
  const { stream } = encryption === "rc4" ? await encrypt(connection) : connection
  const block = randomBytes(blockBytes)
  stream.on("error", () => {})
  for (let sent = 0; sent < payloadBytes; sent += blockBytes)
    if (!stream.write(block)) await once(stream, "drain")
  stream.end()
}

interface Goodput {
  mibPerSecond: number
  /** Of the reading process. */
  cpuMsPerMiB: number
}

async function measureGoodput(encryption: "rc4" | "none"): Promise<Goodput> {
  const accepted = Promise.withResolvers<Connection>()
  const listener = valueOf(await network.listen(0, accepted.resolve))
  const sender = spawn(process.execPath, [import.meta.filename, "send", String(listener.port), encryption], {
    stdio: "inherit",
  })
  const connection = await accepted.promise
  const { stream } = encryption === "rc4" ? valueOf(await answer(connection, "require")) : connection
  let received = 0
  let [from, to] = [0, 0]
  const cpu = process.cpuUsage()
  stream.on("data", (bytes: Buffer) => {
    received += bytes.length
    if (from === 0 && received > payloadBytes * 0.05) from = performance.now()
    if (to === 0 && received > payloadBytes * 0.95) to = performance.now()
  })
  await once(stream, "end")
  const { user, system } = process.cpuUsage(cpu)
  listener.close()
  if (sender.exitCode === null) await once(sender, "exit")
  if (received !== payloadBytes) throw new Error(`${received} bytes of ${payloadBytes} came`)
  return {
    mibPerSecond: (0.9 * payloadMiB) / ((to - from) / 1_000),
    cpuMsPerMiB: (user + system) / 1_000 / payloadMiB,
  }
}

/** Prints MiB/s and ms of CPU per MiB; argument: a folder, and whether to encrypt. Only MSE with RC4, or none at all. */
const libtorrentScript = `
import libtorrent as lt, os, subprocess, sys, time
folder, encryption, role = sys.argv[1], sys.argv[2], sys.argv[3]
policy = 0 if encryption == 'rc4' else 2
session = lt.session({'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False,
  'enable_natpmp': False, 'enable_incoming_utp': False, 'enable_outgoing_utp': False, 'in_enc_policy': policy,
  'out_enc_policy': policy, 'allowed_enc_level': 2, 'allow_multiple_connections_per_ip': True})
p = lt.add_torrent_params()
p.ti = lt.torrent_info(os.path.join(folder, 'payload.torrent'))
p.save_path = os.path.join(folder, role)
if role == 'seeder': p.flags |= lt.torrent_flags.seed_mode
p.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
handle = session.add_torrent(p)
if role == 'seeder':
  while session.listen_port() == 0: time.sleep(0.01)
  print(session.listen_port(), flush=True)
  sys.stdin.read()
else:
  handle.connect_peer(('127.0.0.1', int(sys.argv[4])))
  size, start = p.ti.total_size(), None
  deadline = time.monotonic() + 60
  while True:
    if time.monotonic() > deadline: sys.exit('libtorrent did not finish')
    done, now = handle.status().total_payload_download, time.monotonic()
    if start is None and done > size * 0.05: start = (now, done)
    if done > size * 0.95:
      print((done - start[1]) / 2 ** 20 / (now - start[0]), time.process_time() * 1000 * 2 ** 20 / done)
      break
    time.sleep(0.005)
`

const makeTorrentScript = `
import libtorrent as lt, os, sys
folder = sys.argv[1]
os.mkdir(os.path.join(folder, 'seeder')); os.mkdir(os.path.join(folder, 'leecher'))
with open(os.path.join(folder, 'seeder', 'payload'), 'wb') as f: f.write(os.urandom(int(sys.argv[2])))
files = lt.file_storage(); lt.add_files(files, os.path.join(folder, 'seeder', 'payload'))
t = lt.create_torrent(files, 2 ** 20, flags=lt.create_torrent.v1_only)
lt.set_piece_hashes(t, os.path.join(folder, 'seeder'))
with open(os.path.join(folder, 'payload.torrent'), 'wb') as f: f.write(lt.bencode(t.generate()))
`

async function python(...args: string[]): Promise<string> {
  const child = spawn("/usr/bin/python3", args, { stdio: ["ignore", "pipe", "inherit"] })
  const output: Buffer[] = []
  child.stdout.on("data", (bytes: Buffer) => output.push(bytes))
  const [code] = (await once(child, "exit")) as [number | null]
  if (code !== 0) throw new Error(`python3 ${args[0]} exited ${code}`)
  return Buffer.concat(output).toString()
}

async function measureLibtorrent(folder: string, encryption: "rc4" | "none"): Promise<Goodput> {
  const script = join(folder, "peer.py")
  const seeder = spawn("/usr/bin/python3", [script, folder, encryption, "seeder"], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  try {
    const [port] = (await once(seeder.stdout, "data")) as [Buffer]
    const printed = await python(script, folder, encryption, "leecher", port.toString().trim())
    const [mibPerSecond = NaN, cpuMsPerMiB = NaN] = printed.split(" ").map(Number)
    return { mibPerSecond, cpuMsPerMiB }
  } finally {
    seeder.stdin.end()
    if (seeder.exitCode === null) await once(seeder, "exit")
    rmSync(join(folder, "leecher"), { recursive: true, force: true })
  }
}

async function hasLibtorrent(): Promise<boolean> {
  return python("-c", "import libtorrent").then(
    () => true,
    () => false,
  )
}

if (process.argv[2] === "send") await send(Number(process.argv[3]), process.argv[4] ?? "")
else if (process.argv[2] === "answer") await answerAll()
else {
  const both = await measureBothEnds()
  const one = await measureOneEnd()
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-bench-"))
  const unmeasured: Goodput = { mibPerSecond: 0, cpuMsPerMiB: Infinity }
  const best = { plain: unmeasured, rc4: unmeasured, theirPlain: unmeasured, theirRc4: unmeasured }
  const better = (one: Goodput, other: Goodput): Goodput => ({
    mibPerSecond: Math.max(one.mibPerSecond, other.mibPerSecond),
    cpuMsPerMiB: Math.min(one.cpuMsPerMiB, other.cpuMsPerMiB),
  })
  const isCompared = await hasLibtorrent()
  if (isCompared) {
    writeFileSync(join(folder, "peer.py"), libtorrentScript)
    await python("-c", makeTorrentScript, folder, String(payloadBytes))
  }
  // In turns, so that whatever else the machine does burdens them alike.
  for (let round = 0; round < rounds; round++) {
    best.plain = better(best.plain, await measureGoodput("none"))
    best.rc4 = better(best.rc4, await measureGoodput("rc4"))
    if (!isCompared) continue
    best.theirPlain = better(best.theirPlain, await measureLibtorrent(folder, "none"))
    best.theirRc4 = better(best.theirRc4, await measureLibtorrent(folder, "rc4"))
  }
  rmSync(folder, { recursive: true })
  record("encryption", {
    handshakes,
    bothEndsPerSecond: both.perSecond,
    bothEndsPerCpuSecond: 1_000 / both.cpuMs,
    dialsPerSecond: one.perSecond,
    dialsPerCpuSecond: 1_000 / one.cpuMs,
    payloadMiB,
    plainMiBPerSecond: best.plain.mibPerSecond,
    plainCpuMsPerMiB: best.plain.cpuMsPerMiB,
    rc4MiBPerSecond: best.rc4.mibPerSecond,
    rc4CpuMsPerMiB: best.rc4.cpuMsPerMiB,
    rc4PerPlain: best.rc4.mibPerSecond / best.plain.mibPerSecond,
    ...(isCompared && {
      libtorrentPlainMiBPerSecond: best.theirPlain.mibPerSecond,
      libtorrentRc4MiBPerSecond: best.theirRc4.mibPerSecond,
      libtorrentRc4CpuMsPerMiB: best.theirRc4.cpuMsPerMiB,
      rc4PerLibtorrentRc4: best.rc4.mibPerSecond / best.theirRc4.mibPerSecond,
    }),
  })
}
