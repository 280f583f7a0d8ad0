/** Where peers can dial us: one port over TCP and, where it is free there too, uTP. */
import type { Family } from "../evidence.ts"
import { InputError, type Failure } from "../failure.ts"
import type { Connection, Listener, Network, ProxyOff } from "../network.ts"
import { openUtp, type UtpSocket } from "../wire/utp.ts"
import type { SharedRun } from "./side-by-side.ts"

export interface DoorOptions {
  families: readonly Family[]
  /** null: any free port. */
  port: number | null
  /** Everything goes through a SOCKS5 proxy: nobody can dial us. */
  proxied: boolean
  /** What the proxy can't carry. */
  off?: readonly ProxyOff[]
}

/** Null where nobody can dial us. Throws InputError where a port was asked for and can't be had. */
export async function openListener(
  { port, proxied }: DoorOptions,
  network: Network,
  onConnection: (connection: Connection) => void,
): Promise<Listener | null> {
  if (proxied) return null
  const opened = await network.listen(port ?? 0, onConnection)
  if (!opened.ok && port !== null) throw cannotListen(port, opened.failure)
  return opened.ok ? opened.value : null
}

/** On the port where TCP listens, so that who knows one knows both; on any, for our own dials, where that is taken. */
export async function openUtpSocket(
  { families, proxied, off = [] }: DoorOptions,
  port: number | null,
  network: Network,
  onConnection: (connection: Connection) => void,
): Promise<UtpSocket | null> {
  if (off.includes("uTP")) return null
  const open = (at: number | null) => openUtp({ network, families, port: at, onConnection })
  const same = await open(proxied ? null : port)
  const opened = same.ok || port === null ? same : await open(null)
  return opened.ok ? opened.value : null
}

/** Takes a connection that somebody opened to us, at that time on the network's clock; absent: now. */
export type Answer = (connection: Connection, openedMs?: number) => void

export interface Door {
  /** Null: nobody can dial us. */
  readonly port: number | null
  readonly utp: UtpSocket | null
  closeListener(): void
  closeUtp(): void
}

/** Of one audit; the one that all audits share stays open. */
export async function doorOf(
  shared: Pick<SharedRun, "port" | "utp"> | null,
  options: DoorOptions,
  network: Network,
  onConnection: Answer,
): Promise<Door> {
  if (shared !== null) return { port: shared.port, utp: shared.utp, closeListener() {}, closeUtp() {} }
  const admit = (connection: Connection) => onConnection(connection)
  const listener = await openListener(options, network, admit)
  const port = listener?.port ?? null
  const utp = await openUtpSocket(options, port, network, admit)
  return { port, utp, closeListener: () => listener?.close(), closeUtp: () => utp?.close() }
}

const cannotListen = (port: number, { code, detail }: Failure): InputError =>
  new InputError(
    "bad-value",
    `--port ${port}: cannot listen there: ${detail ?? code}`,
    "Another program may hold it: choose another, or leave --port out.",
  )
