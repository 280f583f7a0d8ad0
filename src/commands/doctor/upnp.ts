/**
 * UPnP's Internet Gateway Device: SSDP finds it, its description names the URL that takes SOAP calls. Both are text of
 * strangers: bounded, scanned and never parsed as XML, and no URL in them leads anywhere but to where it came from.
 */
import { fail, succeed, type Outcome } from "../../failure.ts"
import { isServicePort } from "../../torrent/ports.ts"
import type { Transport } from "./pcp.ts"

const devices = [
  "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
  "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
]
const service = /^urn:schemas-upnp-org:service:WAN(?:IP|PPP)Connection:[12]$/

export const searches = (to: string): Uint8Array[] =>
  devices.map((target) =>
    Buffer.from(
      ["M-SEARCH * HTTP/1.1", `HOST: ${to}`, 'MAN: "ssdp:discover"', "MX: 1", `ST: ${target}`, "", ""].join(
        "\r\n",
      ),
    ),
  )

/** Where its description is, if that is at the address that answered, and no port of another service. */
export function locationOf(reply: Uint8Array, from: string): URL | null {
  const text = Buffer.from(reply.subarray(0, 2_000)).toString("latin1")
  if (!/^HTTP\/1\.[01] 200\b/.test(text)) return null
  const location = /^location:[ \t]*(\S{1,300})[ \t]*\r?$/im.exec(text)?.[1]
  const url = location === undefined ? null : URL.parse(location)
  const isThere = url?.protocol === "http:" && url.hostname === from && url.username === ""
  return isThere && !isServicePort(Number(url.port || 80), "http") ? url : null
}

export interface Control {
  url: URL
  /** What it speaks: the type of its service. */
  type: string
}

/** The first WAN connection that it describes. */
export function controlOf(description: Uint8Array, at: URL): Control | null {
  const text = Buffer.from(description).toString("latin1")
  for (const [, body = ""] of text.matchAll(/<service>([^]{0,4000}?)<\/service>/gi)) {
    const type = tagOf(body, "serviceType")
    const path = tagOf(body, "controlURL")
    const url = path === null ? null : URL.parse(path, at.href)
    if (
      type !== null &&
      service.test(type) &&
      url?.protocol === "http:" &&
      url.host === at.host &&
      url.username === ""
    )
      return { url, type }
  }
  return null
}

/** Without the entities that a URL or a number has no use for, `&amp;` aside. */
function tagOf(text: string, name: string): string | null {
  const found = new RegExp(`<${name}[^<>]{0,200}>([^<]{0,500})</${name}>`, "i").exec(text)?.[1]
  return found === undefined ? null : found.trim().replaceAll("&amp;", "&")
}

export interface PortMapping {
  transport: Transport
  insideHost: string
  insidePort: number
  outsidePort: number
  seconds: number
}

const described = "torrent-audit doctor"

export const addMapping = ({ transport, insideHost, insidePort, outsidePort, seconds }: PortMapping) =>
  ({
    action: "AddPortMapping",
    arguments: {
      NewRemoteHost: "",
      NewExternalPort: outsidePort,
      NewProtocol: transport.toUpperCase(),
      NewInternalPort: insidePort,
      NewInternalClient: insideHost,
      NewEnabled: 1,
      NewPortMappingDescription: described,
      NewLeaseDuration: seconds,
    },
  }) satisfies Call

export const deleteMapping = ({ transport, outsidePort }: PortMapping): Call => ({
  action: "DeletePortMapping",
  arguments: { NewRemoteHost: "", NewExternalPort: outsidePort, NewProtocol: transport.toUpperCase() },
})

export const getAddress: Call = { action: "GetExternalIPAddress", arguments: {} }

export interface Call {
  action: string
  /** In the order of the specification, which some gateways insist on. Nothing in them needs escaping. */
  arguments: Record<string, string | number>
}

export function encodeCall(
  { action, arguments: given }: Call,
  type: string,
): { headers: Record<string, string>; body: Uint8Array } {
  const inner = Object.entries(given).map(([name, value]) => `<${name}>${value}</${name}>`)
  const body = Buffer.from(
    [
      '<?xml version="1.0"?>',
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"',
      ' s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">',
      `<s:Body><u:${action} xmlns:u="${type}">${inner.join("")}</u:${action}></s:Body></s:Envelope>`,
    ].join(""),
  )
  const headers = {
    "content-type": 'text/xml; charset="utf-8"',
    soapaction: `"${type}#${action}"`,
    "content-length": String(body.length),
  }
  return { headers, body }
}

/** IGD:1 §2.4.16; what else there is says its number. */
const errors: Record<string, string> = {
  "401": "no such action",
  "501": "action failed",
  "606": "not authorised",
  "718": "another machine has that port",
  "725": "permanent mappings alone",
}

/** The value of `tag` in an answer that went well; empty for no tag. */
export function decodeAnswer(status: number, body: Uint8Array, tag: string | null): Outcome<string> {
  const text = Buffer.from(body).toString("latin1")
  if (status !== 200) {
    const code = tagOf(text, "errorCode")
    if (code === null || !/^\d{1,5}$/.test(code)) return fail("http-status", `HTTP ${status}`)
    return fail("unsupported", errors[code] ?? `error ${code}`)
  }
  if (tag === null) return succeed("")
  const value = tagOf(text, tag)
  return value === null ? fail("bad-reply", `no ${tag}`) : succeed(value)
}
