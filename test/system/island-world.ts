/** The servers of an island: DNS whose answers change from query to query, and HTTP on every address. Ends with a report of what came. */
import dgram from "node:dgram"
import http from "node:http"

export interface World {
  /** Where DNS is asked. */
  dns: string
  /** By name: the addresses that each answer has, in turn; the last one stays. Other names don't exist. */
  names: Record<string, string[][]>
  ports: number[]
  /** By host: where it redirects. */
  redirects: Record<string, string>
  /** Of a tracker's reply. */
  peers: string[]
}

export interface WorldReport {
  /** How often each name was asked for. */
  queries: Record<string, number>
  /** `address host path`, of each request. */
  requests: string[]
}

const typeA = 1
const typeAaaa = 28

function nameAt(packet: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  while (packet[at]) {
    labels.push(packet.toString("latin1", at + 1, at + 1 + packet[at]!))
    at += packet[at]! + 1
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 }
}

function bytesOf(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number))
  const [head = "", tail = ""] = address.split("::")
  const groups = (text: string) => text.split(":").filter((group) => group !== "")
  const gap = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array.from({ length: gap }, () => "0"), ...groups(tail)]
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex")
}

/** BEP 23 and 7. */
function compactOf(endpoint: string): Buffer {
  const port = Number(/\d+$/.exec(endpoint)?.[0])
  const address = endpoint.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")
  return Buffer.concat([bytesOf(address), Buffer.from([port >> 8, port & 255])])
}

function serve(world: World, report: WorldReport): void {
  const asked = new Map<string, number>()
  const dns = dgram.createSocket("udp4")
  dns.on("message", (query, from) => {
    const { name, end } = nameAt(query)
    const type = query.readUInt16BE(end)
    const count = asked.get(`${name} ${type}`) ?? 0
    asked.set(`${name} ${type}`, count + 1)
    report.queries[name] = Math.max(report.queries[name] ?? 0, count + 1)
    const turns = world.names[name]
    const turn = turns?.[Math.min(count, turns.length - 1)] ?? []
    const wanted = turn.filter((address) => type === (address.includes(":") ? typeAaaa : typeA))
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(turns ? 0x8180 : 0x8183, 2)
    header.writeUInt16BE(wanted.length, 6)
    header.fill(0, 8)
    const records = wanted.map((address) => {
      const data = bytesOf(address)
      // The question's name, its type and class, and no time to live.
      const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length])
      return Buffer.concat([head, data])
    })
    dns.send(Buffer.concat([header, query.subarray(12, end + 4), ...records]), from.port, from.address)
  })

  const compact = (isSixth: boolean) => {
    const peers = world.peers.filter((peer) => peer.startsWith("[") === isSixth)
    return Buffer.concat(peers.map(compactOf))
  }
  const [peers, peers6] = [compact(false), compact(true)]
  const reply = Buffer.concat([
    Buffer.from(`d8:intervali1e5:peers${peers.length}:`),
    peers,
    Buffer.from(`6:peers6${peers6.length}:`),
    peers6,
    Buffer.from("e"),
  ])
  const onRequest: http.RequestListener = ({ headers, url = "", socket }, response) => {
    const host = headers.host ?? ""
    report.requests.push(`${socket.localAddress} ${host} ${url.replace(/\?.*/s, "")}`)
    const location = world.redirects[host]
    if (location !== undefined) response.writeHead(302, { location }).end()
    else response.end(reply)
  }
  const listening = [
    new Promise<void>((resolve) => dns.bind(53, world.dns, resolve)),
    ...world.ports.map(
      (port) => new Promise<void>((resolve) => http.createServer(onRequest).listen(port, "::", resolve)),
    ),
  ]
  void Promise.all(listening).then(() => process.stdout.write("ready\n"))
}

if (process.argv[1] === import.meta.filename) {
  const report: WorldReport = { queries: {}, requests: [] }
  serve(JSON.parse(process.argv[2] ?? "") as World, report)
  process.on("SIGTERM", () => process.stdout.write(JSON.stringify(report), () => process.exit(0)))
}
