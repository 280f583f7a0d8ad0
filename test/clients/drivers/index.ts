/** Every client that the lab can start. */
import type { Driver } from "../client.ts"
import { aria2 } from "./aria2.ts"
import { deluge } from "./deluge.ts"
import { libtorrent, libtorrentPartialSeed } from "./libtorrent.ts"
import { qbittorrent } from "./qbittorrent.ts"
import { rtorrent } from "./rtorrent.ts"
import { transmission } from "./transmission.ts"

export const drivers: readonly Driver[] = [
  transmission,
  aria2,
  qbittorrent,
  deluge,
  libtorrent,
  libtorrentPartialSeed,
  rtorrent,
]
