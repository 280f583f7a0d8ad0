/** A name server with one fault: `dns-server.ts servfail|nxdomain|garbage|slow|silent|honest`, on 127.0.0.1:53 of a network of its own. Honest: every name is 127.0.0.1. */
import { createSocket } from "node:dgram"

const fault = process.argv[2] ?? "honest"
const socket = createSocket("udp4")

/** RFC 1035 §4.1: the question as it came, and what follows from `code`. */
function answer(query: Buffer, code: number, isAddress: boolean): Buffer {
  const end = query.indexOf(0, 12) + 5
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(isAddress ? 1 : 0, 6)
  head.writeUInt16BE(0, 8)
  head.writeUInt16BE(0, 10)
  const record = Buffer.from("c00c000100010000000000047f000001", "hex")
  return Buffer.concat([head, query.subarray(12, end), ...(isAddress ? [record] : [])])
}

socket.on("message", (query, { address, port }) => {
  const send = (reply: Buffer) => socket.send(reply, port, address)
  const end = query.indexOf(0, 12)
  const isA = query.readUInt16BE(end + 1) === 1
  if (fault === "servfail") send(answer(query, 2, false))
  else if (fault === "nxdomain") send(answer(query, 3, false))
  else if (fault === "garbage") send(Buffer.concat([query.subarray(0, 2), Buffer.alloc(400, 0xc0)]))
  else if (fault === "slow") setTimeout(() => send(answer(query, 0, isA)), 30_000)
  else if (fault === "honest") send(answer(query, 0, isA))
})
socket.bind(53, "127.0.0.1", () => process.stdout.write("ready\n"))
