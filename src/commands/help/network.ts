/** Help on what goes over the network, and how. */
export const dhtScreen = `torrent-audit dht: ask the DHT (BEP 5) and nothing else

  dht ping HOST:PORT                     does this node answer?
  dht get-peers INFOHASH|MAGNET|FILE     who is named for this torrent?
  dht scrape INFOHASH...                 how many seeders and leechers (BEP 33)?
  dht sample [TARGET]                    info hashes that nodes hold (BEP 51)
  dht get TARGET                         an item: 40 hex digits (BEP 44)
  dht get PUBLICKEY [--salt TEXT]        one that can change: 64 hex digits
  dht announce INFOHASH --port N --yes   name this machine as a peer
  dht put TEXT|@FILE|- --yes             store an item, 1000 bytes at most
  dht put ... --key FILE [--salt TEXT] [--seq N] [--cas N] [--new-key] --yes
                                         one that can change, signed

  --dht-bootstrap HOST:PORT   begin with this node too (repeatable)
  --allow-local               admit private and loopback nodes; the public
                              ones are then left alone
  -4  -6  --timeout 60s  --json  -v  -o FILE   (dht get -o: the value itself)

What announce and put send is public. \`dht get\` into a pipe gives the value's
own bytes. A private torrent is never taken to the DHT.
Exit status: 0 found or stored, 3 not found or no answer, 64, 65 bad input.
`

export const doctorScreen = `torrent-audit doctor: what this machine and its network let an audit see

  torrent-audit doctor                             addresses, UDP, DNS, DHT
  torrent-audit doctor --tracker URL               the clock too, by its date
  torrent-audit doctor --port 51413 --map          can the router map this port?
  torrent-audit doctor --proxy socks5://HOST:PORT  what is left through a proxy

  --tracker URL               an HTTP tracker: the clock is held against it
  --dht-bootstrap HOST:PORT   ask this DHT node too (repeatable)
  --port N                    the port that an audit would listen on
  --map                       ask the router for it by PCP, NAT-PMP or UPnP;
                              the mapping is released at once
  --allow-local               ask local nodes; no public one is asked then
  -4  -6  --bind IP  --timeout 20s  --json

It asks DHT nodes for a ping and the named tracker for its date, no one else.
Exit status: 0 all is well, 1 warnings, 2 problems; 64 and above: bad input.
`

export const encryptionScreen = `--encryption: how peers are dialled (MSE, also called PE)

  --encryption prefer    plaintext first; encrypted where that fails (default)
  --encryption require   encrypted only, with RC4 for the payload as well
  --encryption off       plaintext only

Some networks close plaintext BitTorrent connections, and some peers accept
encrypted ones only: \`prefer\` reaches both. MSE hides what is spoken from
devices on the way; it authenticates nobody, and keeps nothing secret from a
peer. Incoming connections of both kinds are taken, save with \`require\`.

PEERS marks encrypted ones with E; the snapshot has each attempt's way:
  jq -r '.peers[].attempts[]|select(.ok)|.encryption' x.json | sort | uniq -c
`

export const proxyScreen = `--proxy URL: go through a SOCKS5 proxy (RFC 1928)

  torrent-audit x.torrent --proxy socks5://127.0.0.1:1080
  torrent-audit x.torrent --proxy socks5://user:password@host:1080

Everything goes through it or is left out: tracker, web seed and peer
connections, host names too (they are left to the proxy), and with UDP
ASSOCIATE the DHT and UDP trackers. What it can't carry is switched off and
listed on the first lines: incoming connections, LSD, uTP; without UDP also
the DHT and UDP trackers. Nothing ever goes around it.

The proxy is asked first whether it takes us. A password is sent to it alone
and shown nowhere; in a URL write %40 for @ and %3A for :.
On the command line others on this machine see it: a configuration file
(0600) or TORRENT_AUDIT_PROXY keeps it from them.

--port and a proxy exclude each other: nobody can reach us through one.
\`torrent-audit doctor --proxy URL\` says what is left. A proxy that is dead or
refuses exits 3; a URL that is none exits 64.
`

export const webSeedScreen = `Web seeds: HTTP servers that hold the files (BEP 19 and 17)

Each is asked for a few pieces by range, and they are hashed; then, while no
peer needs our link, for its rate. Three findings may follow:

  stale-webseed       other bytes, or another length, than the torrent says
  moved-webseed       gone, or behind a redirect for good or to nowhere
  rangeless-webseed   the whole file for a part of it

A web seed all of whose samples were right, and that nothing speaks against,
counts as one who has every piece: the torrent is downloadable without any
seeder, and missing-pieces and no-seeder say so.

  --no-web-seeds      don't ask them
  --depth full        more pieces, up to half of --max-download

Redirects are followed five times at most and never to an address that we
don't contact; see --allow-local. Internet Archive torrents often outlive
their files: \`torrent-audit inspect x.torrent\` lists the URLs offline.
`
