/** What the user asked about → the bytes of a .torrent file. */
import { open } from "node:fs/promises"
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import { refuseSpecialFile } from "../store/snapshot-file.ts"
import { parseInfoHash, parseMagnet } from "../torrent/magnet.ts"
import { nearest } from "./values.ts"

export const commandNames = ["scrape", "peers", "report", "inspect", "demo", "schema", "help"] as const

export async function readTarget(target: string, stdinIsTty: boolean): Promise<Uint8Array> {
  if (target === "-") return readStdin(stdinIsTty)
  if (target.startsWith("magnet:")) {
    parseMagnet(target)
    throw unsupported("a magnet link", "its metadata can't be fetched from peers yet")
  }
  if (/^https?:\/\//i.test(target)) throw unsupported("a URL", "torrents aren't fetched yet")
  if (/^[0-9a-f]{30,70}$/i.test(target) && !(await exists(target))) {
    parseInfoHash(target)
    throw unsupported("an info hash", "its metadata can't be fetched from peers yet")
  }
  return readFileBounded(target)
}

const unsupported = (what: string, why: string) =>
  new InputError("unsupported", `${what} alone is not enough: ${why}`, "Pass the .torrent file.")

const exists = (path: string): Promise<boolean> =>
  open(path).then(
    (file) => file.close().then(() => true),
    () => false,
  )

async function readFileBounded(path: string): Promise<Uint8Array> {
  await refuseSpecialFile(path)
  const file = await open(path).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? error.code : null
    if (code === "EACCES")
      throw new InputError("no-file", `cannot read ${path}: permission denied`, "Check its permissions.")
    const command = nearest(path, commandNames)
    throw new InputError(
      "no-file",
      `no such file: ${path}`,
      command === null
        ? "Check the path; quote it when it holds spaces."
        : `Did you mean command \`${command}\`?`,
    )
  })
  try {
    const { size } = await file.stat()
    if (size > limits.metainfo.maxBytes)
      throw new InputError(
        "not-bencode",
        `${path} is too large for a torrent`,
        "Pass the .torrent file, not its payload.",
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

async function readStdin(isTty: boolean): Promise<Uint8Array> {
  if (isTty) throw new InputError("stdin-tty", "`-` expects piped data", "cat x.torrent | torrent-audit -")
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limits.metainfo.maxBytes)
      throw new InputError(
        "not-bencode",
        "standard input is too large for a torrent",
        "Pipe the .torrent file.",
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
