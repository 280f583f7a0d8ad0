/** A home router on loopback that speaks PCP, NAT-PMP and UPnP, as far as a test wants. */
import { createSocket } from "node:dgram"
import { once } from "node:events"
import http from "node:http"
import { onTestFinished } from "vitest"

export interface RouterScript {
  pcp?: boolean
  natPmp?: boolean
  upnp?: boolean
  /** In place of its answer to any datagram on the control port. */
  garbage?: Uint8Array
  /** NAT-PMP's and PCP's result. */
  result?: number
  outside?: string
  /** The outside port; without it the one that was asked for. */
  port?: number
  /** In place of the URL of its description. */
  location?: string
  /** In place of the URL that takes calls. */
  controlUrl?: string
  /** UPnP's errorCode for a leased mapping. */
  leaseError?: number
  description?: string
  silentRelease?: boolean
}

export interface TestRouter {
  readonly controlPort: number
  readonly ssdp: { host: string; port: number }
  /** "protocol transport inside>outside" of what is mapped now. */
  readonly mapped: ReadonlySet<string>
  /** Of all that it was asked, in order. */
  readonly log: readonly string[]
}

const host = "127.0.0.1"

export async function startRouter(script: RouterScript): Promise<TestRouter> {
  const mapped = new Set<string>()
  const log: string[] = []
  const outside = script.outside ?? "203.0.113.9"
  const note = (
    protocol: string,
    transport: string,
    inside: number,
    outsidePort: number,
    seconds: number,
  ) => {
    const entry = `${protocol} ${transport} ${inside}>${outsidePort}`
    log.push(`${entry} for ${seconds}`)
    if (seconds > 0) mapped.add(entry)
    else
      for (const each of mapped)
        if (each.startsWith(`${protocol} ${transport} ${inside}>`)) mapped.delete(each)
  }

  function natPmp(data: Buffer): Buffer | null {
    const op = data[1] ?? 0
    const reply = Buffer.alloc(op === 0 ? 12 : 16)
    reply[1] = op + 128
    reply.writeUInt16BE(script.result ?? 0, 2)
    if (op === 0) Buffer.from(outside.split(".").map(Number)).copy(reply, 8)
    else {
      const [inside, seconds] = [data.readUInt16BE(4), data.readUInt32BE(8)]
      if (seconds === 0 && script.silentRelease) return null
      const port = seconds === 0 ? 0 : (script.port ?? data.readUInt16BE(6))
      note("nat-pmp", op === 1 ? "udp" : "tcp", inside, port, seconds)
      reply.writeUInt16BE(inside, 8)
      reply.writeUInt16BE(port, 10)
      reply.writeUInt32BE(seconds, 12)
    }
    return reply
  }

  function pcp(data: Buffer): Buffer {
    const reply = Buffer.from(data)
    reply[1] = 129
    reply[3] = script.result ?? 0
    const [inside, seconds] = [data.readUInt16BE(40), data.readUInt32BE(4)]
    const port = script.port ?? data.readUInt16BE(42)
    note("pcp", data[36] === 6 ? "tcp" : "udp", inside, port, seconds)
    reply.writeUInt16BE(port, 42)
    Buffer.from([...Array<number>(10).fill(0), 255, 255, ...outside.split(".").map(Number)]).copy(reply, 44)
    return reply
  }

  const control = createSocket("udp4")
  control.on("message", (data, from) => {
    const answer =
      script.garbage ??
      (data[0] === 2 ? (script.pcp ? pcp(data) : refusedPcp(script)) : script.natPmp ? natPmp(data) : null)
    if (answer) control.send(answer, from.port, from.address)
  })
  control.bind(0, host)
  await once(control, "listening")
  onTestFinished(() => void control.close())

  /** A status, and what is said. */
  function soap(action: string, body: string): [number, string] {
    const value = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(body)?.[1] ?? ""
    if (action === "GetExternalIPAddress")
      return [200, `<u:R><NewExternalIPAddress>${outside}</NewExternalIPAddress></u:R>`]
    const adds = action === "AddPortMapping"
    const seconds = adds ? Number(value("NewLeaseDuration")) : 0
    if (seconds > 0 && script.leaseError !== undefined)
      return [500, `<UPnPError><errorCode>${script.leaseError}</errorCode></UPnPError>`]
    const entry = `${value("NewProtocol").toLowerCase()} ${value("NewExternalPort")}`
    log.push(`${action} ${entry}${adds ? ` to ${value("NewInternalClient")} for ${seconds}` : ""}`)
    if (adds) mapped.add(entry)
    else mapped.delete(entry)
    return [200, "<ok/>"]
  }

  const server = http.createServer((request, response) => {
    let body = ""
    request.on("data", (chunk: Buffer) => (body += chunk))
    request.on("end", () => {
      const action = /#(\w+)/.exec(String(request.headers["soapaction"]))?.[1] ?? ""
      const described = script.description ?? description(script.controlUrl ?? "/ctl")
      const [status, said] = request.url === "/rootDesc.xml" ? [200, described] : soap(action, body)
      response.statusCode = status
      response.end(said)
    })
  })
  server.listen(0, host)
  await once(server, "listening")
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("no port")
  const location = script.location ?? `http://${host}:${address.port}/rootDesc.xml`

  const ssdp = createSocket("udp4")
  ssdp.on("message", (data, from) => {
    log.push("search")
    if (script.upnp && data.toString().startsWith("M-SEARCH"))
      ssdp.send(`HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: ${location}\r\n\r\n`, from.port, from.address)
  })
  ssdp.bind(0, host)
  await once(ssdp, "listening")
  onTestFinished(() => void ssdp.close())
  return { controlPort: control.address().port, ssdp: { host, port: ssdp.address().port }, mapped, log }
}

/** RFC 6887 Appendix A: a NAT-PMP router answers in version 0, "unsupported version"; others say nothing. */
const refusedPcp = ({ natPmp }: RouterScript): Buffer | null =>
  natPmp ? Buffer.from([0, 129, 0, 1, 0, 0, 0, 0]) : null

const description = (controlUrl: string): string => `<?xml version="1.0"?><root><device><serviceList>
<service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/wrong</controlURL></service>
<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>
<controlURL>${controlUrl}</controlURL></service></serviceList></device></root>`
