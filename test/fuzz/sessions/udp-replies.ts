/** BEP 15 from the tracker's side: none, one or several datagrams for each that comes. */
import * as frames from "../../wire/frames.ts"
import type { Plan } from "./plan.ts"
import { peersOf } from "./tracker-replies.ts"

export interface UdpReply {
  readonly reply: Uint8Array
  readonly afterMs: number
  /** From another address than the one that was asked. */
  readonly spoofed: boolean
}

const connectionId = Buffer.from("0123456789abcdef", "hex")

/** Zeros of the plan make an honest one. */
export function answerUdp(plan: Plan, request: Uint8Array): UdpReply[] {
  const asked = Buffer.from(request)
  const odd = plan.byte()
  const times = odd & 1 ? plan.upTo(5) : 1
  return Array.from({ length: times }, () => ({
    reply: oneReply(plan, asked, odd),
    afterMs: odd & 2 ? plan.byte() * 40 : 1,
    spoofed: odd & 4 ? plan.flag() : false,
  }))
}

function oneReply(plan: Plan, asked: Buffer, odd: number): Buffer {
  const isConnect = asked.length === 16
  const isScrape = !isConnect && asked.length < 98
  const own = isConnect ? 0 : isScrape ? 2 : 1
  const action = odd & 8 ? plan.upTo(4) : own
  const transaction = odd & 16 ? plan.u32() : asked.readUInt32BE(12)
  const number = () => (odd & 32 ? plan.u32() : 1)
  const bodies = [
    () => connectionId,
    () => Buffer.concat([frames.u32(odd & 32 ? number() : 1_800, number(), number()), peersOf(plan)]),
    () => frames.u32(number(), number(), number()),
    () => Buffer.from(plan.take(plan.upTo(60))),
    () => Buffer.from(plan.take(plan.upTo(60))),
  ]
  const body = bodies[action]?.() ?? Buffer.alloc(0)
  const whole = Buffer.concat([frames.u32(action, transaction), body])
  if (odd & 64) return whole.subarray(0, plan.upTo(whole.length))
  return odd & 128 ? Buffer.concat([whole, Buffer.from(plan.take(plan.upTo(40)))]) : whole
}
