/** A UDP tracker whose every datagram a test writes. It reads requests by the offsets of BEP 15, not by our codec. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram"

export interface UdpRequest {
  action: number
  transactionId: Buffer
  data: Buffer
  from: RemoteInfo
}

export interface HostileUdp {
  readonly port: number
  readonly url: string
  readonly requests: UdpRequest[]
  send(data: Uint8Array, to: RemoteInfo): void
  readonly close: () => Promise<void>
}

export const connectionId = Buffer.from("0011223344556677", "hex")

export const int32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => bytes.writeInt32BE(value | 0, i * 4))
  return bytes
}

export const connectReply = ({ transactionId }: UdpRequest, id: Uint8Array = connectionId): Buffer =>
  Buffer.concat([int32(0), transactionId, id])

/** interval, leechers, seeders, then peers. */
export const announceReply = (
  { transactionId }: UdpRequest,
  numbers: [number, number, number] = [1800, 3, 2],
  peers: Uint8Array = Buffer.from("0a0000011ae1", "hex"),
): Buffer => Buffer.concat([int32(1), transactionId, int32(...numbers), peers])

export async function hostileUdp(
  handler: (request: UdpRequest, tracker: HostileUdp) => void,
  host = "127.0.0.1",
): Promise<HostileUdp> {
  const socket: Socket = createSocket(host.includes(":") ? "udp6" : "udp4")
  const requests: UdpRequest[] = []
  await new Promise<void>((resolve) => socket.bind({ address: host, port: 0 }, resolve))
  const { port } = socket.address()
  const tracker: HostileUdp = {
    port,
    url: `udp://${host.includes(":") ? `[${host}]` : host}:${port}`,
    requests,
    send: (data, to) => socket.send(data, to.port, to.address),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
  socket.on("message", (data, from) => {
    const request = { action: data.readInt32BE(8), transactionId: data.subarray(12, 16), data, from }
    requests.push(request)
    handler(request, tracker)
  })
  return tracker
}
