/**
 * Token buckets sized so that the TCP payload rate is the number asked for.
 *
 * A bucket counts whole frames. With 1500-byte packets and TCP timestamps a frame of 1514 bytes (14 Ethernet + 20 IP +
 * 32 TCP) carries 1448 bytes of payload. BitTorrent then spends 13 of 16397 payload bytes on the header of each block.
 */
const frameBytes = 1514
const segmentBytes = 1448
const blockBytes = 16 * 1024
const pieceMessageBytes = blockBytes + 13

/** What a shaped host can send as piece data, given what it can send as TCP payload. */
export const pieceDataShare = blockBytes / pieceMessageBytes

/**
 * `bytesPerSecond` is piece data. The bucket holds 20 ms worth: with less, a busy machine loses tokens to late timers; with
 * more, a second after a pause shows it. The queue holds a quarter of a second, as home uplinks do, and never less than a
 * few packets, else TCP can't recover from a loss.
 */
export function shapeCommand(device: string, bytesPerSecond: number | null): string[] {
  if (bytesPerSecond === null) return ["qdisc", "del", "dev", device, "root"]
  const lineBytesPerSecond = (bytesPerSecond / pieceDataShare) * (frameBytes / segmentBytes)
  const burstBytes = Math.max(2 * frameBytes, Math.ceil(lineBytesPerSecond * 0.02))
  const queueBytes = Math.max(48 * 1024, Math.ceil(lineBytesPerSecond * 0.25))
  const rate = `${Math.round(lineBytesPerSecond * 8)}bit`
  const sizes = ["burst", `${burstBytes}b`, "limit", `${queueBytes + burstBytes}b`]
  return ["qdisc", "replace", "dev", device, "root", "tbf", "rate", rate, ...sizes]
}
