/** Help on --announce-log. */
export const announceLogScreen = `torrent-audit --announce-log FILE: what clients report to your tracker

  torrent-audit x.torrent --announce-log announces.ndjson
  torrent-audit x.torrent --announce-log /var/log/nginx/access.log
  torrent-audit report old.json --announce-log announces.ndjson.gz

Holds what each client told the tracker (uploaded, downloaded, left) against
what it showed its peers. The log is read once the audit is over, so that it
has the announces made meanwhile. One announce a line, plain or gzipped:

  {"at":"2026-03-14T09:15:00.000Z","infoHash":"9f86d081884c7d659a2f...",
   "ip":"192.0.2.7","port":6881,"peerId":"2d5452333030302d...",
   "event":"started","uploaded":0,"downloaded":0,"left":4194304}

  at          ISO 8601, or seconds or milliseconds since 1970
  infoHash    40 hex digits (64 for v2), or percent-encoded; peerId likewise
  ip          where the announce came from, not what it says of itself
  port        as announced
  event       started, completed, stopped; none for a regular one
  uploaded, downloaded, left    bytes, as reported

Other fields are ignored, other lines counted. Lines of an access log are
understood as well: nginx's and Apache's common and combined formats, if the
first field is the client's own address and not a proxy's.

bittorrent-tracker writes one line by line with this (\`fs\` is node:fs):

  for (const event of ['start', 'complete', 'update', 'stop'])
    server.on(event, (_, { info_hash, ip, port, peer_id, ...told }) =>
      fs.appendFileSync('announces.ndjson', JSON.stringify({
        at: Date.now(), infoHash: info_hash, ip, port, peerId: peer_id, event,
        uploaded: Number(told.uploaded), downloaded: Number(told.downloaded),
        left: Number(told.left) }) + '\\n'))

opentracker keeps no such figures; put a web server in front of it for a log.
`
