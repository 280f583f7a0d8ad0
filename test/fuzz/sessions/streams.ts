/** Two ends of a TCP connection in memory. Bytes arrive a moment later, and no more of them than the other end reads. */
import { Duplex } from "node:stream"
import type { Clock } from "./clock.ts"

const latencyMs = 1
const bufferBytes = 65_536

const systemError = (code: string) => Object.assign(new Error(`read ${code}`), { code, syscall: "read" })

export class End extends Duplex {
  readonly #clock: Clock
  #other: End | null = null
  /** Of the other end's write, that waits for us to read. */
  #more: (() => void) | null = null
  #finished = false
  /** Most that it ever held, in both directions. */
  peakBytes = 0

  constructor(clock: Clock, allowHalfOpen: boolean) {
    super({ highWaterMark: bufferBytes, allowHalfOpen })
    this.#clock = clock
  }

  join(other: End): void {
    this.#other = other
  }

  override _read(): void {
    const more = this.#more
    this.#more = null
    more?.()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done)
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  #send(chunk: Uint8Array, done: (error?: Error | null) => void): void {
    this.#measure()
    const other = this.#other!
    this.#clock.after(latencyMs, () => {
      // Whoever closed resets what still comes.
      if (other.destroyed) return done(this.destroyed ? null : systemError("EPIPE"))
      const wantsMore = other.push(chunk)
      other.#measure()
      if (wantsMore) done()
      else other.#more = done
    })
  }

  #measure(): void {
    this.peakBytes = Math.max(this.peakBytes, this.readableLength + this.writableLength)
  }

  override _final(done: () => void): void {
    this.#finished = true
    this.#clock.after(latencyMs, () => {
      if (!this.#other!.destroyed) this.#other!.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other!
    const isFinished = this.#finished
    this.#more?.()
    this.#more = null
    // A close says FIN; the other end hears of a reset when it writes.
    if (!isFinished)
      this.#clock.after(latencyMs, () => {
        if (!other.destroyed && !other.readableEnded) other.push(null)
      })
    done(error)
  }

  /** As `net.Socket` has it. */
  resetAndDestroy(): void {
    const other = this.#other!
    this.#finished = true
    this.destroy()
    this.#clock.after(latencyMs, () => void other.destroy(systemError("ECONNRESET")))
  }

  // What `node:http` asks of a socket.
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  setTimeout(): this {
    return this
  }
}

/** Ours closes when the other side has, as a `net.Socket` does; a stranger's may stay half open. */
export function streamPair(clock: Clock): { ours: End; theirs: End } {
  const ours = new End(clock, false)
  const theirs = new End(clock, true)
  ours.join(theirs)
  theirs.join(ours)
  theirs.on("error", () => {})
  return { ours, theirs }
}
